import { silentLogger } from '@pw/cache-models';
import { expect, it } from 'vitest';
import { LockLost } from '../../src/lock/lock-lost.ts';
import { type LaneParts, ShardLane } from '../../src/shard/shard-lane.ts';

/** A lane whose writer runs these functions one after another; the lock is always free. */
function laneOf(
  writes: (() => boolean)[],
  { refreshes = [] as (() => void)[], whenSettled = () => {} } = {},
): ShardLane {
  const parts = {
    shard: {
      refreshSteps: () => ({ next: () => ({ done: true, value: refreshes.shift()?.() }) }),
      requireFullRead() {},
      end: 0,
      garbage: 0,
      lines: {},
    },
    lock: { tryTake: () => true, confirmHeld: () => true, settle: () => whenSettled() },
    writer: { run: () => ({ answers: [writes.shift()!()], elsewhere: [] }) },
    logger: silentLogger,
    isCurrent: () => true,
    compactSoon() {},
    removeElsewhere: async () => [],
  };
  return new ShardLane(parts as unknown as LaneParts);
}

const lostWhenWritten = (): boolean => {
  throw new LockLost({ answers: [true], elsewhere: [] });
};
const remove = (key: string) => ({ kind: 'delete', key, now: 0, onlyExpired: false }) as const;

it('an answer that was true in a lost write stays true when the write is repeated', async () => {
  expect(await laneOf([lostWhenWritten, () => false]).submit(remove('a'))).toBe(true);
});

it('operations queued after a failure do not inherit answers of the failed ones', async () => {
  let later: Promise<boolean | number> | undefined;
  const refreshes = [
    () => {},
    () => {
      throw new Error('no file');
    },
  ];
  const lane = laneOf([lostWhenWritten, () => false], {
    refreshes,
    whenSettled: () => {
      later ??= lane.queue(remove('b'));
    },
  });
  await expect(lane.submit(remove('a'))).rejects.toThrow('could not read a shard');
  expect(await later).toBe(false);
});
