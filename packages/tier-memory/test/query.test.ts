import { CacheEntry, CacheErrorCode, type EntryFilter } from '@pw/cache-models';
import { queryEntries } from '@pw/cache-models/tier';
import { entryInputs, ManualClock } from '@pw/test-support';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MemoryCacheTier } from '../src/index.ts';
import { makeEntry } from './support/make-entry.ts';

const filters = fc.record<EntryFilter>(
  {
    healthStatus: fc.constantFrom('healthy', 'dead'),
    includeExpired: fc.boolean(),
    labels: fc.constantFrom(
      { country: 'US' },
      { country: ['US', 'DE'], kind: 'residential' },
      { constructor: 'DE' },
      {},
    ),
    orderBy: fc.constantFrom('key', 'source', 'expiresAt', 'nextCheckTime', 'leastUsed'),
    direction: fc.constantFrom('asc', 'desc'),
    limit: fc.integer({ min: 1, max: 3 }),
  },
  { requiredKeys: [] },
);

describe('MemoryCacheTier.query', () => {
  it('returns what a naive filter returns, page by page, with expired entries on request', () => {
    fc.assert(
      fc.property(fc.array(entryInputs, { maxLength: 8 }), filters, (inputs, filter) => {
        const clock = new ManualClock();
        const tier = new MemoryCacheTier({ clock });
        const kept = new Map(inputs.map((input) => [input.key, CacheEntry.create(input, clock)]));
        tier.putMany([...kept.values()]);
        let cursor: string | undefined;
        do {
          const page = tier.query({ ...filter, cursor });
          expect(page).toEqual(queryEntries(kept.values(), { ...filter, cursor }, clock.now()));
          cursor = page.cursor ?? undefined;
        } while (cursor !== undefined);
        expect(tier.statistics).toMatchObject({ hits: 0, misses: 0 });
      }),
    );
  });

  it('rejects an invalid filter, and returns an empty page when disabled', () => {
    const tier = new MemoryCacheTier({ clock: new ManualClock() });
    tier.put('a', makeEntry('a'));
    expect(tier.query().entries.map(({ key }) => key)).toEqual(['a']);
    for (const wrong of [{ limit: 0 }, null, { cursor: 'nonsense' }]) {
      expect(() => tier.query(wrong as EntryFilter)).toThrow(
        expect.objectContaining({ code: CacheErrorCode.VALIDATION_FAILED }),
      );
    }
    const off = new MemoryCacheTier({ enabled: false });
    expect(() => off.query({ limit: 0 })).toThrow(/limit/);
    expect(off.query()).toEqual({ entries: [], cursor: null });
  });
});
