import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { count, FULL_TIME } from '../src/count.ts';
import { AccidentLab, type AccidentSweep, ALL_RIVALS } from '../src/jsonl/accident-sweep.ts';
import { OPERATIONS } from '../src/jsonl/works.ts';

const AT_ONCE = 12;
const stride = count(5, 1);

describe.each([
  // The shortest life that a lock may have: the rivals of one who is stopped wait for its end.
  ['is stopped and goes on', 'SIGSTOP', { stale: 2000, update: 1000, deadline: 20_000 }],
  // A lock that outlives its rivals' patience: only if they know that its holder is dead do they come by it.
  ['is killed', 'SIGKILL', { stale: 60_000, update: 1000, deadline: 5000 }],
] as const)('a client that %s', (_, signal, lock) => {
  let lab: AccidentLab;
  beforeAll(() => {
    lab = new AccidentLab(AT_ONCE);
  });
  afterAll(() => lab.close());

  const sweep = { signal, lock, stride, rivals: signal === 'SIGSTOP' ? ALL_RIVALS : ALL_RIVALS.slice(0, 1) };

  it.each(OPERATIONS.map((operation) => [operation.name, operation] as const))(
    'at each call of a %s costs nobody an acknowledged write, and brings no old value back',
    async (_name, operation) => {
      const report = await lab.sweep({ ...sweep, operation } satisfies AccidentSweep, console.log);
      const { calls, accidents, acknowledged, delay, failures } = report;
      console.log(
        `${operation.name}, ${signal}: ${accidents} accidents at ${calls} calls, ${acknowledged} acknowledged, ` +
          `first rival after at most ${Math.round(delay)} ms, ${failures.length} failures`,
      );
      expect(failures).toEqual([]);
      expect(accidents).toBeGreaterThan(calls / 10);
    },
    FULL_TIME,
  );
});
