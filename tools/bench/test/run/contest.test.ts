import { expect, test } from 'vitest';
import { runContest, WrongAnswerError } from '../../src/run/contest.ts';
import type { Contender } from '../../src/run/scenario.ts';

const PLAN = { rounds: 7, roundMs: 0.2, warmUpMs: 0.5 };
const contender = (name: string, rest: Partial<Contender> = {}): Contender => ({
  name,
  role: 'ours',
  run: (i) => i,
  ...rest,
});

test('takes one sample per contender and round, in nanoseconds per item', async () => {
  const figures = await runContest({ contenders: [contender('a'), contender('b', { items: 10 })] }, PLAN);
  expect(figures.map(({ name, samples }) => [name, samples.length])).toEqual([
    ['a', 7],
    ['b', 7],
  ]);
  expect(figures.every(({ samples }) => samples.every((sample) => sample > 0))).toBe(true);
});

test('awaits the promises of a contender one by one', async () => {
  let open = 0;
  let most = 0;
  const run = async () => {
    most = Math.max(most, ++open);
    await null;
    open--;
    return true;
  };
  await runContest({ contenders: [contender('async', { async: true, run })] }, PLAN);
  expect(most).toBe(1);
});

test('continues the operation number across rounds and passes it to the preparations', async () => {
  const seen: number[] = [];
  const announced: number[] = [];
  await runContest(
    {
      contenders: [
        contender('counting', {
          maxRuns: 3,
          run: (i) => seen.push(i),
          before: (runs, from) => announced.push(...Array.from({ length: runs }, (_, i) => from + i)),
        }),
      ],
    },
    PLAN,
  );
  expect(seen).toEqual(announced);
  expect(seen).toEqual(seen.map((_, i) => i));
});

test('rejects when a contender returns wrong data before or after the rounds', async () => {
  const wrong = contender('wrong', { answer: () => ({ a: 2 }) });
  await expect(runContest({ contenders: [wrong], expected: { a: 1 } }, PLAN)).rejects.toThrow(WrongAnswerError);
  let ran = false;
  const spoilt = contender('spoilt', { run: () => (ran = true), answer: () => ({ a: ran ? 2 : 1 }) });
  await expect(runContest({ contenders: [spoilt], expected: { a: 1 } }, PLAN)).rejects.toThrow('after the last round');
});

test('rejects when a single operation misses although all must hit, or hits although all must miss', async () => {
  const run = (i: number) => (i === 5 ? undefined : i);
  await expect(runContest({ contenders: [contender('leaky', { run })], finds: 'value' }, PLAN)).rejects.toThrow(
    'expected value',
  );
  await expect(runContest({ contenders: [contender('a')], finds: 'nothing' }, PLAN)).rejects.toThrow(
    'expected nothing',
  );
});
