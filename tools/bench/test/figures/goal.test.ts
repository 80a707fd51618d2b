import { expect, test } from 'vitest';
import { toFigure } from '../../src/figures/figure.ts';
import { atLeast, atMost, type Goal, growsLike, timesFaster, within } from '../../src/figures/goal.ts';

const figures = Object.entries({
  ours: [10, 12, 11],
  peer: [100, 120, 110],
  'tier, 1': [10, 10, 10],
  'tier, 1000': [40, 40, 40],
  'map, 1': [1, 1, 1],
  'map, 1000': [2, 2, 2],
}).map(([name, samples]) => toFigure({ name, role: 'ours', unit: 'bytes', samples }));

test.each<[string, Goal, string, number]>([
  ['a bound on a ratio that is kept', atMost('ours', 0.1, 'peer'), 'met', 1],
  ['a bound on a ratio that is not', atMost('peer', 5, 'ours'), 'missed', 2],
  ['enough times faster', timesFaster('ours', 5, 'peer'), 'met', 0.5],
  ['not enough times faster', timesFaster('ours', 20, 'peer'), 'missed', 2],
  ['more is better', atLeast('ours', 0.2, 'peer'), 'missed', 2],
  ['a bound in the own unit', within('peer', 220), 'met', 0.5],
  ['growth beside another', growsLike('tier', 'map', 1.5), 'missed', 4 / 3],
])('%s', (_, goal, verdict, used) => {
  const result = goal.judge(figures);
  expect(result.verdict).toBe(verdict);
  expect(result.used).toBeCloseTo(used);
});

test('rounds on both sides of a goal make a verdict close', () => {
  const noisy = [toFigure({ name: 'a', role: 'ours', unit: 'ms', samples: [1, 2, 3, 4] })];
  expect(within('a', 3.1).judge(noisy)).toMatchObject({ verdict: 'met', close: true });
  expect(within('a', 9).judge(noisy)).toMatchObject({ verdict: 'met', close: false });
});

test('a goal that names nobody is an error, not a verdict', () => {
  expect(() => atMost('nobody', 1, 'ours').judge(figures)).toThrow('nobody');
});
