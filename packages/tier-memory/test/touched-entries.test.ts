import { type CacheEntry, EvictionPolicy } from '@pw/cache-models';
import { ManualClock } from '@pw/test-support';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MemoryCacheTier } from '../src/index.ts';
import { makeEntry, START } from './support/make-entry.ts';

const key = fc.constantFrom('a', 'b', 'c', 'd', 'e', '__proto__');
const command = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ does: fc.constant('put' as const), key, life: fc.integer({ min: 1, max: 50 }) }),
  },
  { weight: 9, arbitrary: fc.record({ does: fc.constant('touch' as const), key }) },
  {
    weight: 2,
    arbitrary: fc.record({ does: fc.constantFrom('delete' as const, 'get' as const, 'forget' as const), key }),
  },
  { weight: 3, arbitrary: fc.record({ does: fc.constant('wait' as const), time: fc.integer({ min: 0, max: 20 }) }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('take' as const), limit: fc.integer({ min: 1, max: 4 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      does: fc.constantFrom('cleanup' as const, 'clear' as const, 'close' as const, 'forgetAll' as const),
    }),
  },
);
type Command = typeof command extends fc.Arbitrary<infer T> ? T : never;
type Counted = Map<string, { accessCount: number; lastAccessed: number }>;

/** Applies one command to the tier, and to a plain Map of the updates that `take` should return. */
function step(tier: MemoryCacheTier, clock: ManualClock, counted: Counted, given: Command): void {
  const { does } = given;
  if (does === 'put') tier.put(given.key, makeEntry(given.key, { expiresAt: clock.now() + given.life }));
  else if (does === 'touch') count(counted, tier.touch(given.key));
  else if (does === 'delete' || does === 'get') tier[does](given.key);
  else if (does === 'wait') clock.advance(given.time);
  else if (does === 'take') takeSome(tier, counted, given.limit);
  else if (does === 'forget') {
    tier.touched().forget(given.key);
    counted.delete(given.key);
  } else if (does === 'forgetAll') {
    tier.touched().forget();
    counted.clear();
  } else void (does === 'cleanup' ? tier.cleanupExpired() : tier[does]());
}

/** Neither a count nor a time decreases, also if an entry was put again. */
function count(counted: Counted, entry: CacheEntry | undefined): void {
  if (entry === undefined) return;
  const { accessCount = 0, lastAccessed = 0 } = counted.get(entry.key) ?? {};
  counted.set(entry.key, {
    accessCount: Math.max(accessCount, entry.accessCount),
    lastAccessed: Math.max(lastAccessed, entry.lastAccessed),
  });
}

function takeSome(tier: MemoryCacheTier, counted: Counted, limit: number): void {
  const taken = tier.touched().take(limit);
  expect(taken).toHaveLength(Math.min(limit, counted.size));
  for (const update of taken) {
    expect(update).toMatchObject(counted.get(update.key)!);
    counted.delete(update.key);
  }
}

describe('touched', () => {
  const policies = fc.constantFrom(EvictionPolicy.LRU, EvictionPolicy.LFU, EvictionPolicy.FIFO);

  it('returns each count once, whatever happened to the entry', () => {
    fc.assert(
      fc.property(policies, fc.array(command, { maxLength: 120 }), (evictionPolicy, commands) => {
        const clock = new ManualClock();
        const tier = new MemoryCacheTier({ maxEntries: 3, evictionPolicy, clock });
        const counted: Counted = new Map();
        const touched = tier.touched();
        for (const given of commands) {
          step(tier, clock, counted, given);
          for (const name of ['a', 'b', 'c', 'd', 'e', '__proto__']) {
            const expected = counted.get(name);
            if (expected === undefined) expect(touched.of(name)).toBeUndefined();
            else expect(touched.of(name)).toMatchObject(expected);
          }
          expect(touched.count).toBeGreaterThanOrEqual(counted.size);
        }
        takeSome(tier, counted, 100);
        expect(touched.take(100)).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it('records nothing before its first call', () => {
    const tier = new MemoryCacheTier({ clock: new ManualClock() });
    tier.put('a', makeEntry('a'));
    tier.touch('a');
    expect(tier.touched().take(9)).toEqual([]);
    tier.touch('a');
    expect(tier.touched().take(9)).toEqual([{ key: 'a', accessCount: 2, lastAccessed: START, evictedFromL1: false }]);
  });

  it('returns more entries than its initial capacity, in the order in which they were touched', () => {
    const tier = new MemoryCacheTier({ maxEntries: null, clock: new ManualClock() });
    const touched = tier.touched();
    const keys = Array.from({ length: 5000 }, (_, i) => `key-${i}`);
    for (const name of keys) tier.put(name, makeEntry(name));
    for (const name of keys) tier.touch(name);
    expect(touched.count).toBe(5000);
    expect(touched.take(3000).map((update) => update.key)).toEqual(keys.slice(0, 3000));
    expect(touched.take(3000).map((update) => update.key)).toEqual(keys.slice(3000));
    expect(touched.count).toBe(0);
  });
});
