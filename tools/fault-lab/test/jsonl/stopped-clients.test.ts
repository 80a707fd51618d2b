import { count, FULL_TIME } from '@pw/test-support';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AccidentLab, type AccidentSweep, ALL_RIVALS } from '../../src/jsonl/accident/accident-sweep.ts';
import { OPERATIONS, PROXYWHIRL } from '../../src/jsonl/accident/operations.ts';

/** Accidents at the same time in one test; in a short run, vitest also runs five tests at the same time. */
const AT_ONCE = count(4, 12);
const stride = count(30, 1);
const LOSS = /\b(lost|old), as/;

/** The shortest lifetime a lock may have: rivals of a stopped client wait until it expires. */
const SHORT = { staleMs: 2000, updateMs: 1000, deadlineMs: 20_000 };

describe.each([
  ['is stopped and continues', 'SIGSTOP', SHORT],
  // The lock lives longer than the rivals wait: they get it only if they detect that its holder is dead.
  ['is killed', 'SIGKILL', { staleMs: 60_000, updateMs: 1000, deadlineMs: 3000 }],
] as const)('a client that %s', (_, signal, lock) => {
  let lab: AccidentLab;
  beforeAll(async () => {
    lab = await AccidentLab.start(AT_ONCE);
  });
  afterAll(() => lab.close());

  const sweep = { signal, lock, stride, rivals: ALL_RIVALS };

  // In a short run, a client is stopped at one half of the calls and killed at the other, and the next operation swaps
  // the halves: most operations make the same calls.
  it.concurrent.each(OPERATIONS.map((operation, at) => [operation.name, operation, at] as const))(
    'at each call of a %s loses no acknowledged write and restores no old value',
    async (_name, operation, at) => {
      const half = (at + (signal === 'SIGSTOP' ? 0 : 1)) % 2 === 0 ? 0 : 1;
      const report = await lab.sweep({ ...sweep, operation, half } satisfies AccidentSweep, console.log);
      const { calls, accidents, acknowledged, delay, failures } = report;
      console.log(
        `${operation.name}, ${signal}: ${accidents} accidents at ${calls} calls, ${acknowledged} acknowledged, ` +
          `first rival after at most ${Math.round(delay)} ms, ${failures.length} failures`,
      );
      expect(failures).toEqual([]);
      expect(accidents).toBeGreaterThan(calls / stride / count(2, 1));
    },
    FULL_TIME,
  );
});

it(
  'a client without the check for takeovers loses writes: the proof above can fail',
  async () => {
    const lab = await AccidentLab.start(AT_ONCE, 'no check');
    try {
      const operations = OPERATIONS.filter(({ name }) => ['put', 'delete'].includes(name));
      for (const operation of operations) {
        const rivals = ALL_RIVALS.slice(0, 1);
        const sweep = { operation, signal: 'SIGSTOP', lock: SHORT, stride: 2, rivals, enough: LOSS } as const;
        const { failures } = await lab.sweep(sweep);
        expect(failures.filter((failure) => LOSS.test(failure)).length).toBeGreaterThan(0);
        console.log(`${operation.name} without the check: ${failures.length} failures`);
      }
    } finally {
      await lab.close();
    }
  },
  FULL_TIME,
);

describe('turns of ProxyWhirl, which ignores our locks', () => {
  let lab: AccidentLab;
  beforeAll(async () => {
    lab = await AccidentLab.start(AT_ONCE);
  });
  afterAll(() => lab.close());

  const turnsBeside = async (operation: (typeof OPERATIONS)[number]) => {
    const rivals = [[PROXYWHIRL]];
    const { failures, accidents } = await lab.sweep({ operation, signal: 'SIGSTOP', lock: SHORT, stride, rivals });
    expect(accidents).toBeGreaterThan(1);
    return failures;
  };

  it.each(OPERATIONS.filter(({ name }) => ['put', 'batch', 'delete', 'clear', 'sweep'].includes(name)))(
    'lose nothing if a client of ours is stopped in a $name during them and continues afterwards',
    async (operation) => {
      expect(await turnsBeside(operation)).toEqual([]);
    },
    FULL_TIME,
  );

  it(
    'are lost only if a compaction of ours is stopped between its last check and the rename',
    async () => {
      const failures = await turnsBeside(OPERATIONS.find(({ name }) => name === 'compaction')!);
      const isTooLate = (failure: string) => /(before call \d+ \(rename\)|after call \d+ \(fstat\))/.test(failure);
      expect(failures.filter((failure) => !isTooLate(failure))).toEqual([]);
      expect(failures.length).toBeLessThanOrEqual(2);
    },
    FULL_TIME,
  );

  it('lose nothing that our clients write while ProxyWhirl is stopped, holding its lock, before it reads', async () => {
    const operation = { name: 'turn', numShards: 1, opens: false, essential: 'rename', work: PROXYWHIRL };
    for (const [at, side] of [
      [1, 'before'],
      [1, 'after'],
      [2, 'before'],
    ] as const)
      for (const rivals of ALL_RIVALS) {
        const stop = { at, side, signal: 'SIGSTOP' } as const;
        const { isReached, problems } = await lab.run({ operation, stop, rivals, lock: SHORT });
        expect({ isReached, problems }).toEqual({ isReached: true, problems: [] });
      }
  });
});
