import { silentLogger } from '@pw/cache-models';
import { expect, it } from 'vitest';
import { type LaneParts, ShardLane } from '../../src/shard/shard-lane.ts';

/** A lane that counts its repairs; `onRepair` runs in the middle of each, and the lock is free from the given attempt on. */
function laneOf({ freeFrom = 0, onRepair = (_lane: ShardLane, _count: number): unknown => undefined } = {}) {
  let attempts = 0;
  let repairs = 0;
  const parts = {
    shard: {
      refreshSteps: () => [][Symbol.iterator](),
      sideIndexDue: () => undefined,
      file: { close() {} },
      lines: {},
    },
    lock: { tryTake: () => attempts++ >= freeFrom, confirmHeld: () => true, settle() {}, release() {} },
    writer: {
      *repairSteps() {
        const count = ++repairs;
        yield Promise.resolve();
        onRepair(lane, count);
      },
    },
    logger: silentLogger,
    isCurrent: () => true,
  };
  const lane = new ShardLane(parts as unknown as LaneParts);
  return { lane, repairs: () => repairs };
}

it('a repair that is asked for while another one runs is made before the close ends', async () => {
  const { lane, repairs } = laneOf({ onRepair: (own, count) => count === 1 && own.repairSoon() });
  lane.repairSoon();
  await lane.close();
  expect(repairs()).toBe(2);
});

it('a repair that finds the lock taken is made before the close ends', async () => {
  const { lane, repairs } = laneOf({ freeFrom: 2 });
  lane.repairSoon();
  await lane.close();
  expect(repairs()).toBe(1);
});

it('a close makes no repair that nobody has asked for', async () => {
  const { lane, repairs } = laneOf();
  await lane.close();
  expect(repairs()).toBe(0);
});
