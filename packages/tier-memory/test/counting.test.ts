import { CacheEntry } from '@pw/cache-models';
import { countAccess, markBuffered } from '@pw/cache-models/tier';
import { ManualClock } from '@pw/test-support';
import { describe, expect, it, vi } from 'vitest';
import { MemoryCacheTier } from '../src/index.ts';
import { HOUR, makeEntry, START } from './support/make-entry.ts';

function makeTier(maxEntries: number | null = null) {
  const clock = new ManualClock();
  const left: CacheEntry[] = [];
  const tier = new MemoryCacheTier({ clock, maxEntries, onEvict: (_, entry) => void left.push(entry) });
  return { tier, clock, left };
}

const countsOf = (entry: CacheEntry | undefined) => entry && [entry.accessCount, entry.lastAccessed - START];

/** A tier on its way without a shortcut: after a failure every operation goes through BaseTier. */
function afterFailure(tier: MemoryCacheTier): MemoryCacheTier {
  tier.handleFailure(new Error('a simulated fault'));
  return tier;
}

describe('a get', () => {
  it('returns the object that was put, and counts the access in it', () => {
    const { tier, clock } = makeTier();
    const entry = makeEntry('a', { accessCount: 4 });
    tier.put('a', entry);
    clock.advance(2.5);
    expect(tier.get('a')).toBe(entry);
    expect(countsOf(entry)).toEqual([5, 2.5]);
    clock.advance(1);
    expect(tier.get('a')).toBe(entry);
    expect(countsOf(entry)).toEqual([6, 3.5]);
  });

  it('returns the object that was put in a batch', () => {
    const { tier } = makeTier();
    const entry = makeEntry('a');
    tier.putMany([entry]);
    expect(tier.get('a')).toBe(entry);
  });

  it('counts once, also after a failure and through getNow', () => {
    const { tier } = makeTier();
    const entry = makeEntry('a');
    tier.put('a', entry);
    afterFailure(tier).get('a');
    expect(entry.accessCount).toBe(1);
    void tier.getNow('a');
    expect(entry.accessCount).toBe(2);
    expect(tier.statistics.hits).toBe(2);
  });

  it('counts once per key of getMany', () => {
    const { tier } = makeTier();
    const entry = makeEntry('a');
    tier.put('a', entry);
    expect(tier.getMany(['a', 'b', 'a']).get('a')).toBe(entry);
    expect(entry.accessCount).toBe(1);
  });

  it('sets no time back when the clock goes back', () => {
    const { tier, clock } = makeTier();
    tier.put('a', makeEntry('a'));
    clock.advance(-500);
    expect(countsOf(tier.get('a'))).toEqual([1, 0]);
  });

  it('counts nothing in an expired entry, whichever way it takes', () => {
    const { tier, clock } = makeTier();
    const entries = ['a', 'b', 'c'].map((key) => makeEntry(key));
    tier.putMany(entries);
    clock.advance(HOUR);
    expect(tier.get('a')).toBeUndefined();
    expect(tier.getMany(['b']).size).toBe(0);
    expect(afterFailure(tier).get('c')).toBeUndefined();
    expect(entries.map(countsOf)).toEqual([
      [0, 0],
      [0, 0],
      [0, 0],
    ]);
  });

  it('makes no new objects: the same one is returned after any number of hits', () => {
    const { tier } = makeTier();
    tier.put('a', makeEntry('a'));
    const seen = new Set(Array.from({ length: 10_000 }, () => tier.get('a')));
    expect(seen.size).toBe(1);
    expect(tier.get('a')?.accessCount).toBe(10_001);
  });
});

describe('has, peek, keys, entries, size and query', () => {
  it('count no access', () => {
    const { tier, clock } = makeTier();
    const entry = makeEntry('a');
    tier.put('a', entry);
    clock.advance(5);
    expect(tier.has('a')).toBe(true);
    expect(tier.peek('a')).toBe(entry);
    expect(afterFailure(tier).peek('a')).toBe(entry);
    expect([...tier.entries()][0]).toBe(entry);
    expect(tier.query().entries[0]).toBe(entry);
    tier.keys();
    tier.size();
    expect(countsOf(entry)).toEqual([0, 0]);
  });

  it('do not change the order of eviction', () => {
    const { tier, left } = makeTier(2);
    tier.putMany([makeEntry('a'), makeEntry('b')]);
    tier.peek('a');
    tier.has('a');
    tier.query();
    tier.put('c', makeEntry('c'));
    expect(left.map(({ key }) => key)).toEqual(['a']);
  });
});

describe('a put of another entry', () => {
  it('begins with the counts of that entry', () => {
    const { tier, clock } = makeTier();
    const old = makeEntry('a', { accessCount: 4 });
    tier.put('a', old);
    clock.advance(5);
    tier.get('a');
    tier.put('a', makeEntry('a', { accessCount: 1 }));
    expect(countsOf(tier.peek('a'))).toEqual([1, 0]);
    tier.get('a');
    expect(countsOf(old)).toEqual([5, 5]);
  });

  it('of a removed entry continues its counts', () => {
    const { tier } = makeTier();
    const entry = makeEntry('a');
    tier.put('a', entry);
    tier.get('a');
    tier.delete('a');
    tier.put('a', entry);
    expect(tier.get('a')).toBe(entry);
    expect(entry.accessCount).toBe(2);
  });
});

describe('an entry of two tiers', () => {
  it('is copied by the second one, with its counts', () => {
    const [first, second] = [makeTier().tier, makeTier().tier];
    const entry = makeEntry('a', { accessCount: 4 });
    first.put('a', entry);
    second.put('a', entry);
    const copy = second.get('a');
    expect(copy).not.toBe(entry);
    expect(copy?.accessCount).toBe(5);
    expect(entry.accessCount).toBe(4);
  });

  it('is copied by the second one in a batch', () => {
    const [first, second] = [makeTier().tier, makeTier().tier];
    const entry = makeEntry('a');
    first.putMany([entry]);
    second.putMany([entry]);
    first.get('a');
    expect(second.peek('a')?.accessCount).toBe(0);
  });

  it('stays with the first one, also after it was deleted there', () => {
    const [first, second] = [makeTier().tier, makeTier().tier];
    const entry = makeEntry('a');
    first.put('a', entry);
    first.delete('a');
    second.put('a', entry);
    first.put('a', entry);
    expect(first.get('a')).toBe(entry);
    expect(second.peek('a')?.accessCount).toBe(0);
  });
});

describe('an entry of another copy of the models', () => {
  it('is copied when it is put, and counted in the copy', async () => {
    const { tier } = makeTier();
    const { key, proxyUrl } = makeEntry('a');
    vi.resetModules();
    const models = await import('@pw/cache-models');
    const foreign = models.CacheEntry.create({ key, proxyUrl, accessCount: 4, expiresAt: START + HOUR }) as CacheEntry;
    expect(() => countAccess(foreign, 1)).toThrow(/this copy/);
    for (const put of [() => tier.put('a', foreign), () => tier.putMany([foreign])[0]]) {
      expect(put()).toBe(true);
      const entry = tier.get('a');
      expect(entry).toBeInstanceOf(CacheEntry);
      expect(entry).not.toBe(foreign);
      expect(entry?.accessCount).toBe(5);
      expect(foreign.accessCount).toBe(4);
    }
  });
});

describe('recordAccess', () => {
  it('adds hits to the count of the same object, and keeps the later time', () => {
    const { tier } = makeTier();
    const entry = makeEntry('a', { accessCount: 4 });
    tier.put('a', entry);
    tier.recordAccess([{ key: 'a', hits: 9, lastAccessed: START + 3 }]);
    expect(countsOf(entry)).toEqual([13, 3]);
    tier.recordAccess([{ key: 'a', hits: 7, lastAccessed: START + 2 }]);
    expect(countsOf(entry)).toEqual([20, 3]);
    expect(tier.get('a')).toBe(entry);
  });

  it('with another evictedFromL1 replaces the object by one copy, which is counted from then on', () => {
    const { tier } = makeTier();
    const entry = makeEntry('a', { accessCount: 4, labels: { country: 'DE' } });
    tier.put('a', entry);
    const update = { key: 'a', hits: 9, lastAccessed: START + 3, evictedFromL1: true };
    tier.recordAccess([update]);
    const copy = tier.peek('a');
    expect(copy?.toFields()).toEqual({
      ...entry.toFields(),
      accessCount: 13,
      lastAccessed: START + 3,
      evictedFromL1: true,
    });
    tier.recordAccess([update]);
    expect(tier.get('a')).toBe(copy);
    expect(copy?.accessCount).toBe(23);
    expect(entry.accessCount).toBe(4);
  });

  it('keeps other tiers from counting in that copy', () => {
    const [first, second] = [makeTier().tier, makeTier().tier];
    first.put('a', makeEntry('a'));
    first.recordAccess([{ key: 'a', hits: 9, lastAccessed: START + 3, evictedFromL1: true }]);
    second.put('a', first.peek('a')!);
    second.get('a');
    expect(first.peek('a')?.accessCount).toBe(9);
  });

  it('with the same evictedFromL1 keeps the object', () => {
    const { tier } = makeTier();
    const entry = makeEntry('a');
    tier.put('a', entry);
    tier.recordAccess([{ key: 'a', hits: 9, lastAccessed: START + 3, evictedFromL1: false }]);
    expect(tier.peek('a')).toBe(entry);
  });
});

describe('an eviction', () => {
  it('reports the object that was counted', () => {
    const { tier, clock, left } = makeTier(1);
    const entry = makeEntry('a');
    tier.put('a', entry);
    clock.advance(5);
    tier.get('a');
    tier.put('b', makeEntry('b'));
    expect(left[0]).toBe(entry);
    expect(countsOf(left[0])).toEqual([1, 5]);
  });
});

describe('the mark of an access buffer', () => {
  it('has no effect on the tier', () => {
    const { tier } = makeTier();
    const entry = makeEntry('a');
    markBuffered(entry, {});
    tier.put('a', entry);
    expect(tier.get('a')).toBe(entry);
    expect(entry.accessCount).toBe(1);
  });
});
