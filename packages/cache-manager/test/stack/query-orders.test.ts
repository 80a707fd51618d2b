import { join } from 'node:path';
import { type CacheEntry, CacheValidationError, type EntryFilter } from '@pw/cache-models';
import { queryEntries } from '@pw/cache-models/tier';
import { ManualClock, makeTempDir } from '@pw/test-support';
import { JsonlCacheTier } from '@pw/tier-jsonl';
import { MemoryCacheTier } from '@pw/tier-memory';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { CacheManager } from '../../src/index.ts';
import { entryOf } from '../support/stack.ts';

const COUNTRIES = ['US', 'DE', 'CA'];

/** Thirty entries in a small memory tier above a tier with all of them: one with an index, or files. */
async function openLabelled(bottom: 'indexed' | 'files') {
  const clock = new ManualClock();
  const l1 = new MemoryCacheTier({ maxEntries: 5, clock });
  const l2 =
    bottom === 'indexed'
      ? new MemoryCacheTier({ maxEntries: null, clock })
      : new JsonlCacheTier({ directory: join(makeTempDir(onTestFinished), 'l2'), clock });
  const cache = await CacheManager.open({ tiers: [l1, l2], clock });
  onTestFinished(() => cache.close());
  const entries = Array.from({ length: 30 }, (_, i) => {
    const used = { accessCount: i % 4, lastAccessed: clock.now() - (i % 5) * 1000 };
    return entryOf(`k${i}`, { ...used, labels: { country: COUNTRIES[i % 3]!, kind: i % 2 ? 'mobile' : 'isp' } }, clock);
  });
  await cache.putMany(entries);
  const pages = async (filter: EntryFilter, between = () => {}) => {
    const found: CacheEntry[] = [];
    let cursor: string | undefined;
    do {
      const page = await cache.query({ ...filter, limit: 7, cursor });
      found.push(...page.entries);
      cursor = page.cursor ?? undefined;
      between();
    } while (cursor !== undefined);
    return found.map(({ key }) => key);
  };
  const expected = (filter: EntryFilter) =>
    queryEntries(entries, { ...filter, limit: 1000 }, clock.now()).entries.map(({ key }) => key);
  const switchOff = () => {
    for (let i = 0; i < 3; i++) l2.handleFailure(new Error('planted'));
  };
  return { cache, clock, l1, l2, entries, pages, expected, switchOff };
}

const FILTERS: EntryFilter[] = [
  { labels: { country: ['US', 'CA'], kind: 'isp' } },
  { orderBy: 'leastUsed' },
  { orderBy: 'leastUsed', direction: 'desc' },
  { orderBy: 'leastUsed', labels: { country: 'DE' } },
];

describe.each(['indexed', 'files'] as const)('a query of a stack with a lowest tier of kind "%s"', (bottom) => {
  it.each(FILTERS)('returns what a naive evaluation of %j returns, page by page', async (filter) => {
    const { pages, expected } = await openLabelled(bottom);
    expect(await pages(filter)).toEqual(expected(filter));
  });

  it('returns entries in random order on one page, each once, with their labels', async () => {
    const { cache, entries } = await openLabelled(bottom);
    const some = await cache.query({ orderBy: 'random', limit: 10 });
    expect(some.cursor).toBeNull();
    expect(new Set(some.entries.map(({ key }) => key)).size).toBe(10);
    const all = await cache.query({ orderBy: 'random' });
    expect(all.cursor).toBeNull();
    expect(new Set(all.entries.map(({ key }) => key))).toEqual(new Set(entries.map(({ key }) => key)));
    expect(all.entries.every(({ labels }) => COUNTRIES.includes(labels['country']!))).toBe(true);
    const mobile = await cache.query({ orderBy: 'random', labels: { kind: 'mobile' } });
    expect(mobile.entries).toHaveLength(15);
  });

  it('counts accesses that have not been written yet', async () => {
    const { cache } = await openLabelled(bottom);
    const [first, second] = (await cache.query({ orderBy: 'leastUsed', limit: 2 })).entries;
    await cache.get(first!.key);
    expect((await cache.query({ orderBy: 'leastUsed', limit: 1 })).entries.map(({ key }) => key)).toEqual([
      second!.key,
    ]);
  });
});

describe('a query ordered by two values', () => {
  it('continues at the same place if the tier that returned its first page fails', async () => {
    const { l1, l2, cache, expected, switchOff } = await openLabelled('indexed');
    const ask = vi.spyOn(l2 as MemoryCacheTier, 'query');
    const page = await cache.query({ orderBy: 'leastUsed', limit: 2 });
    expect(ask).toHaveBeenCalledTimes(1);
    const inMemory = new Set(l1.keys());
    switchOff();
    const rest = await cache.query({ orderBy: 'leastUsed', cursor: page.cursor! });
    expect(page.entries.map(({ key }) => key)).toEqual(expected({ orderBy: 'leastUsed' }).slice(0, 2));
    expect(rest.entries.map(({ key }) => key)).toEqual(
      expected({ orderBy: 'leastUsed' })
        .slice(2)
        .filter((key) => inMemory.has(key)),
    );
  });
});

describe('a query in random order', () => {
  it('has no next page, whatever a tier returns', async () => {
    const { cache, l2, entries } = await openLabelled('indexed');
    vi.spyOn(l2 as MemoryCacheTier, 'query').mockReturnValue({ entries: entries.slice(0, 3), cursor: 'more' });
    const page = await cache.query({ orderBy: 'random', limit: 3 });
    expect(page).toMatchObject({ cursor: null });
    expect(page.entries).toHaveLength(3);
  });

  it('rejects a cursor', async () => {
    const { cache } = await openLabelled('indexed');
    const { cursor } = await cache.query({ limit: 1 });
    await expect(cache.query({ orderBy: 'random', cursor: cursor! })).rejects.toThrow(CacheValidationError);
  });
});
