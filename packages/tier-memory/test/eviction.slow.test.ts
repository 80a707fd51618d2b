import { hostileKeys, ManualClock } from '@pw/test-support';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MemoryCacheTier } from '../src/index.ts';
import { HOUR, makeEntry, START } from './support/make-entry.ts';

const POLICIES = ['lru', 'lfu', 'fifo'] as const;

function makeTier(evictionPolicy: (typeof POLICIES)[number], maxEntries: number | null, keys = '') {
  const clock = new ManualClock();
  const left: string[] = [];
  const onEvict = (key: string, _entry: unknown, reason: string) => void left.push(`${key} ${reason}`);
  const tier = new MemoryCacheTier({ evictionPolicy, maxEntries, clock, onEvict });
  for (const key of keys) tier.put(key, makeEntry(key));
  return { tier, clock, left };
}

describe.each(POLICIES)('with policy %s', (policy) => {
  it('the oldest of unread entries is evicted first, and the tier stays at its maximum', () => {
    const { tier, left } = makeTier(policy, 2, 'abc');
    expect(left).toEqual(['a capacity']);
    expect(tier.get('a')).toBeUndefined();
    expect(tier.keys()).toEqual(['b', 'c']);
    expect(tier.size()).toBe(2);
  });

  it('the size never exceeds the maximum, and equals it after an overflow', () => {
    const keys = fc.array(fc.string({ unit: 'grapheme', minLength: 1 }), { maxLength: 25, size: 'max' });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), keys, (max, list) => {
        const { tier } = makeTier(policy, max);
        for (const key of list) {
          expect(tier.put(key, makeEntry(key))).toBe(true);
          expect(tier.size()).toBeLessThanOrEqual(max);
        }
        expect(tier.size()).toBe(Math.min(max, new Set(list).size));
      }),
    );
  });

  it('a tier limited to one entry keeps the newest', () => {
    const { tier, left } = makeTier(policy, 1, 'aabcb');
    expect(tier.keys()).toEqual(['b']);
    expect(left).toEqual(['a capacity', 'b capacity', 'c capacity']);
  });

  it('a tier without a maximum evicts nothing', () => {
    const { tier, left } = makeTier(policy, null);
    for (let i = 0; i < 5000; i++) tier.put(`k${i}`, makeEntry(`k${i}`));
    expect(tier.size()).toBe(5000);
    expect(tier.get('k0')?.key).toBe('k0');
    expect(left).toEqual([]);
  });

  it('replacing an entry changes its value but not the size', () => {
    const { tier } = makeTier(policy, 2, 'ab');
    const next = makeEntry('a', { source: 'again' });
    expect(tier.put('a', next)).toBe(true);
    expect(tier.get('a')).toBe(next);
    expect(tier.size()).toBe(2);
  });

  it('expired entries are evicted before live ones, whatever was read since', () => {
    const { tier, clock, left } = makeTier(policy, 3, 'a');
    tier.put('short', makeEntry('short', { expiresAt: START + 1.5 }));
    tier.put('b', makeEntry('b'));
    for (let i = 0; i < 5; i++) tier.get('short');
    clock.advance(1.5);
    tier.put('c', makeEntry('c'));
    tier.put('d', makeEntry('d'));
    expect(left).toEqual(['short ttl', 'a capacity']);
    expect(tier.statistics).toMatchObject({ evictionsTtl: 1, evictionsLru: 1 });
  });

  it('an entry that is expired when put evicts no live one', () => {
    const { tier, left } = makeTier(policy, 2, 'ab');
    expect(tier.put('old', makeEntry('old', { expiresAt: START }))).toBe(true);
    expect(tier.keys()).toEqual(['a', 'b']);
    expect(left).toEqual(['old ttl']);
  });

  it('a batch evicts as many entries as it needs to', () => {
    const { tier, left } = makeTier(policy, 3, 'ab');
    expect(tier.putMany(Array.from('cdef').map((key) => makeEntry(key)))).toEqual([true, true, true, true]);
    expect(tier.keys()).toEqual(['d', 'e', 'f']);
    expect(left).toHaveLength(3);
  });

  it('an expired entry that is put again counts as new', () => {
    const { tier, clock, left } = makeTier(policy, 2);
    tier.put('a', makeEntry('a', { expiresAt: START + 10 }));
    tier.get('a');
    tier.put('b', makeEntry('b'));
    clock.advance(10);
    tier.put('a', makeEntry('a'));
    tier.put('c', makeEntry('c'));
    expect(left).toEqual(['b capacity']);
    expect(tier.statistics.evictionsTtl).toBe(1);
  });

  it('has and peek affect neither the order nor the statistics', () => {
    const { tier, left } = makeTier(policy, 2, 'ab');
    for (let i = 0; i < 3; i++) {
      expect(tier.has('a')).toBe(true);
      expect(tier.peek('a')?.key).toBe('a');
    }
    tier.put('c', makeEntry('c'));
    expect(left).toEqual(['a capacity']);
    expect(tier.statistics).toMatchObject({ hits: 0, misses: 0 });
  });

  it('keys with special names are ordinary keys', () => {
    const { tier } = makeTier(policy, null);
    for (const key of hostileKeys) expect(tier.get(key)).toBeUndefined();
    for (const key of hostileKeys) tier.put(key, makeEntry(key));
    for (const key of hostileKeys) expect(tier.get(key)?.key).toBe(key);
    expect(tier.size()).toBe(hostileKeys.length);
    for (const key of hostileKeys) expect(tier.delete(key)).toBe(true);
    expect(tier.keys()).toEqual([]);
  });

  it('one hot key among 100,000 outlives the others', () => {
    const { tier, left } = makeTier(policy, 100_000);
    for (let i = 0; i < 100_000; i++) tier.put(`k${i}`, makeEntry(`k${i}`, { expiresAt: START + HOUR + i }));
    for (let i = 0; i < 300_000; i++) tier.get('k0');
    for (let i = 0; i < 1000; i++) tier.put(`n${i}`, makeEntry(`n${i}`));
    expect(tier.statistics.hits).toBe(300_000);
    expect(left).toHaveLength(1000);
    expect(tier.has('k0')).toBe(policy !== 'fifo');
    expect(tier.has('k500')).toBe(false);
  });
});

describe('lru', () => {
  it('evicts the least recently used entry: reads, replacements and later accesses from elsewhere are uses', () => {
    const { tier, left } = makeTier('lru', 5, 'abcde');
    tier.get('b');
    tier.getMany(['c']);
    tier.put('a', makeEntry('a'));
    tier.recordAccess([{ key: 'd', hits: 4, lastAccessed: START + 1 }]);
    for (const key of 'vwxyz') tier.put(key, makeEntry(key));
    expect(left).toEqual(['e capacity', 'b capacity', 'c capacity', 'a capacity', 'd capacity']);
  });
});

describe('lfu', () => {
  it('evicts the least often used entry: reads, replacements and later accesses from elsewhere are uses', () => {
    const { tier, left } = makeTier('lfu', 5, 'abcde');
    for (let i = 0; i < 4; i++) tier.get('a');
    for (let i = 0; i < 3; i++) tier.getMany(['b']);
    for (let i = 0; i < 2; i++) tier.put('c', makeEntry('c'));
    tier.recordAccess([{ key: 'd', hits: 4, lastAccessed: START + 1 }]);
    for (const key of 'xyz') {
      tier.put(key, makeEntry(key));
      for (let i = 0; i < 9; i++) tier.get(key);
    }
    expect(left).toEqual(['e capacity', 'd capacity', 'c capacity']);
  });

  it('evicts the least recently used of equally used entries', () => {
    const { tier, left } = makeTier('lfu', 3, 'abc');
    for (const key of 'cab') tier.get(key);
    for (const key of 'xyz') {
      tier.put(key, makeEntry(key));
      for (let i = 0; i < 9; i++) tier.get(key);
    }
    expect(left).toEqual(['c capacity', 'a capacity', 'b capacity']);
  });
});

describe('fifo', () => {
  it('ignores reads, and a replaced entry keeps its place', () => {
    const { tier, left } = makeTier('fifo', 3, 'abc');
    for (let i = 0; i < 5; i++) tier.get('a');
    tier.getMany(['b']);
    tier.put('a', makeEntry('a'));
    for (const key of 'xyz') tier.put(key, makeEntry(key));
    expect(left).toEqual(['a capacity', 'b capacity', 'c capacity']);
  });

  it('forgets the position of a deleted entry', () => {
    const { tier, left } = makeTier('fifo', 2, 'ab');
    tier.delete('a');
    tier.put('a', makeEntry('a'));
    tier.put('c', makeEntry('c'));
    expect(left).toEqual(['b capacity']);
  });
});

it('access metadata counted elsewhere that is not newer is stored, but is not a use', () => {
  const { tier, left } = makeTier('lru', 2, 'ab');
  const updates = [
    { key: 'a', hits: 7, lastAccessed: START, evictedFromL1: true },
    { key: 'unknown', hits: 1, lastAccessed: START },
  ];
  expect(tier.recordAccess(updates)).toBe(1);
  expect(tier.peek('a')).toMatchObject({ accessCount: 7, lastAccessed: START, evictedFromL1: true });
  tier.recordAccess([{ key: 'a', hits: 8, lastAccessed: START }]);
  expect(tier.peek('a')?.evictedFromL1).toBe(true);
  tier.put('c', makeEntry('c'));
  expect(left).toEqual(['a capacity']);
});
