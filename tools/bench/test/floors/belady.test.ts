import fc from 'fast-check';
import { expect, test } from 'vitest';
import { beladyHits } from '../../src/floors/belady.ts';

const traces = fc.array(fc.nat(5), { minLength: 1, maxLength: 9 });

test('equals the highest number of hits over all choices of evictions', () => {
  fc.assert(
    fc.property(traces, fc.integer({ min: 1, max: 4 }), (trace, capacity) => {
      expect(beladyHits(Uint32Array.from(trace), capacity)).toBe(mostHits(trace, capacity, new Set()));
    }),
  );
});

/** Tries every choice. */
function mostHits(trace: readonly number[], capacity: number, held: ReadonlySet<number>): number {
  const [item, ...rest] = trace;
  if (item === undefined) return 0;
  if (held.has(item)) return 1 + mostHits(rest, capacity, held);
  if (held.size < capacity) return mostHits(rest, capacity, new Set([...held, item]));
  const choices = [...held].map((victim) => new Set([...held, item].filter((other) => other !== victim)));
  return Math.max(...choices.map((choice) => mostHits(rest, capacity, choice)));
}
