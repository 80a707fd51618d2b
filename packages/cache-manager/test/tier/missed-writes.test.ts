import type { CacheEntry } from '@pw/cache-models';
import { describe, expect, it } from 'vitest';
import { EVERYTHING, MissedWrites } from '../../src/tier/missed-writes.ts';

describe('MissedWrites', () => {
  const entry = {} as CacheEntry;

  it('keeps the latest write of a key, and a write that is recorded during a replay', () => {
    const missed = new MissedWrites();
    missed.record('k', entry);
    missed.record('k', null);
    expect(missed.next()).toEqual(['k', null]);
    missed.markReplayed('k', entry);
    expect(missed.covers('k')).toBe(true);
    missed.markReplayed('k', null);
    expect(missed.covers('k')).toBe(false);
    expect(missed.keys.size).toBe(0);
  });

  it('covers every key once it has overflowed', () => {
    const missed = new MissedWrites(2);
    for (const key of ['a', 'b', 'c']) missed.record(key, null);
    expect(missed.keys.has(EVERYTHING)).toBe(true);
    expect(missed.covers('never recorded')).toBe(true);
    missed.markCleared();
    expect(missed.covers('a')).toBe(true);
    expect(missed.covers('c')).toBe(false);
  });
});
