import { join } from 'node:path';
import { CacheValidationError, type EntryFilter, type EntryPage } from '@pw/cache-models';
import { queryEntries } from '@pw/cache-models/tier';
import { ManualClock, makeTempDir } from '@pw/test-support';
import { MemoryCacheTier } from '@pw/tier-memory';
import { SqliteCacheTier } from '@pw/tier-sqlite';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { CacheManager } from '../../src/index.ts';
import { FaultTier } from '../support/fault-tier.ts';
import { entryOf } from '../support/stack.ts';

async function openQueried() {
  const clock = new ManualClock();
  const l1 = new MemoryCacheTier({ clock });
  const l2 = new SqliteCacheTier({ path: join(makeTempDir(onTestFinished), 'l3.db'), clock });
  const cache = await CacheManager.open({ tiers: [l1, l2], clock });
  onTestFinished(() => cache.close());
  const entries = Array.from({ length: 25 }, (_, i) =>
    entryOf(`k${i}`, { source: i % 2 === 0 ? 'api' : 'file', failureCount: i % 3 }, clock),
  );
  await cache.putMany(entries);
  const ask = vi.spyOn(l2, 'query');
  const switchOff = () => {
    for (let i = 0; i < 3; i++) l2.handleFailure(new Error('planted'));
  };
  /** The keys of all pages; `between` runs after each page. */
  const pages = async (filter: EntryFilter, between = () => {}) => {
    const keys: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await cache.query({ ...filter, limit: 7, cursor });
      keys.push(...page.entries.map(({ key }) => key));
      cursor = page.cursor ?? undefined;
      between();
    } while (cursor !== undefined);
    return keys;
  };
  return { cache, clock, l1, l2, entries, ask, switchOff, pages };
}

const FILTERS: EntryFilter[] = [
  {},
  { source: 'api' },
  { failureCount: { min: 1 }, orderBy: 'failureCount', direction: 'desc' },
  { orderBy: 'expiresAt' },
];

describe('query', () => {
  it.each(FILTERS)('queries the indexed tier, page by page: %j', async (filter) => {
    const { clock, entries, ask, pages } = await openQueried();
    const expected = queryEntries(entries, { ...filter, limit: 1000 }, clock.now()).entries.map(({ key }) => key);
    expect(await pages(filter)).toEqual(expected);
    expect(ask).toHaveBeenCalled();
  });

  it.each(FILTERS)('continues without the indexed tier if it fails between two pages: %j', async (filter) => {
    const { clock, entries, pages, switchOff } = await openQueried();
    const expected = queryEntries(entries, { ...filter, limit: 1000 }, clock.now()).entries.map(({ key }) => key);
    expect(await pages(filter, switchOff)).toEqual(expected);
  });

  it('reads all entries while the indexed tier has missed a write, or if it fails', async () => {
    const { cache, l2, ask, clock } = await openQueried();
    vi.spyOn(l2.log, 'write').mockReturnValueOnce(undefined);
    await cache.put('new', entryOf('new', { source: 'new' }, clock));
    expect((await cache.query({ source: 'new' })).entries).toHaveLength(1);
    expect(ask).not.toHaveBeenCalled();
    const other = await openQueried();
    vi.spyOn(other.l2, 'query').mockImplementation(() => {
      other.l2.handleFailure(new Error('planted'));
      return { entries: [], cursor: null };
    });
    expect((await other.cache.query({ source: 'api' })).entries).toHaveLength(13);
  });

  it('reads all entries if the indexed tier returns a malformed page', async () => {
    const { cache, l2 } = await openQueried();
    vi.spyOn(l2, 'query').mockReturnValue({ entries: [5, null], cursor: 7 } as unknown as EntryPage);
    expect((await cache.query({ source: 'api' })).entries).toHaveLength(13);
  });

  it('reads all entries if the indexed tier ignores an unknown member of the filter', async () => {
    const { cache, entries, ask, pages } = await openQueried();
    const labelled = entryOf('k9', { labels: { country: 'DE' } });
    await cache.put('k9', labelled);
    const believed = pages({ labels: { country: 'DE' } });
    expect(await believed).toEqual(['k9']);
    ask.mockImplementation(() => ({ entries: [labelled, entries[0]!], cursor: null }));
    expect(await pages({ labels: { country: 'DE' } })).toEqual(['k9']);
  });

  it('includes accesses that have not been written yet', async () => {
    const { cache } = await openQueried();
    for (let i = 0; i < 3; i++) await cache.get('k20');
    const page = await cache.query({ orderBy: 'accessCount', direction: 'desc', limit: 1 });
    expect(page.entries).toMatchObject([{ key: 'k20', accessCount: 3 }]);
  });

  it('counts no hit and copies nothing', async () => {
    const { cache, l1 } = await openQueried();
    l1.clear();
    await cache.query();
    const { l1Stats, l2Stats, promotions } = cache.getStatistics();
    expect(l1.size()).toBe(0);
    expect(l1Stats.hits).toBe(0);
    expect(l2Stats.hits).toBe(0);
    expect(promotions).toBe(0);
  });

  it.each([{ limit: 0 }, { cursor: 'nonsense' }, { cursor: 'W10' }, { wrong: 1 }])('rejects %j', async (filter) => {
    const { cache } = await openQueried();
    await expect(cache.query(filter as EntryFilter)).rejects.toThrow(CacheValidationError);
  });

  it('finds entries that a higher tier with an index has evicted or never had', async () => {
    const clock = new ManualClock();
    const bottom = new FaultTier({ clock });
    for (const maxEntries of [2, null]) {
      const cache = await CacheManager.open({ tiers: [new MemoryCacheTier({ maxEntries, clock }), bottom], clock });
      onTestFinished(() => cache.close());
      if (maxEntries === 2) await cache.putMany(['a', 'b', 'c'].map((key) => entryOf(key, {}, clock)));
      expect((await cache.query()).entries.map(({ key }) => key)).toEqual(['a', 'b', 'c']);
      expect(await cache.dueForHealthCheck()).toHaveLength(3);
    }
  });
});
