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
  ['atMost, met', atMost('ours', 0.1, 'peer'), 'met', 1],
  ['atMost, missed', atMost('peer', 5, 'ours'), 'missed', 2],
  ['timesFaster, met', timesFaster('ours', 5, 'peer'), 'met', 0.5],
  ['timesFaster, missed', timesFaster('ours', 20, 'peer'), 'missed', 2],
  ['atLeast, missed', atLeast('ours', 0.2, 'peer'), 'missed', 2],
  ['within, met', within('peer', 220), 'met', 0.5],
  ['growsLike, missed', growsLike('tier', 'map', 1.5), 'missed', 4 / 3],
])('%s', (_, goal, verdict, used) => {
  const result = goal.judge(figures);
  expect(result.verdict).toBe(verdict);
  expect(result.used).toBeCloseTo(used);
});

test('marks a verdict as close when rounds lie on both sides of the goal', () => {
  const noisy = [toFigure({ name: 'a', role: 'ours', unit: 'ms', samples: [1, 2, 3, 4] })];
  expect(within('a', 3.1).judge(noisy)).toMatchObject({ verdict: 'met', close: true });
  expect(within('a', 9).judge(noisy)).toMatchObject({ verdict: 'met', close: false });
});

test('throws for a goal that refers to no contender', () => {
  expect(() => atMost('nobody', 1, 'ours').judge(figures)).toThrow('nobody');
});
