import { CacheEntry } from '@pw/cache-models';
import { ManualClock } from '@pw/test-support';
import { MemoryCacheTier } from '@pw/tier-memory';
import { describe, expect, it, onTestFinished } from 'vitest';
import { CacheManager } from '../../src/index.ts';
import { entryOf } from '../support/stack.ts';

/** A cache whose first tier, with room for one entry, has evicted `a`. */
async function demoted() {
  const clock = new ManualClock();
  const below = new MemoryCacheTier({ clock });
  const first = (context: object) => new MemoryCacheTier({ maxEntries: 1, ...context });
  const cache = await CacheManager.open({ tiers: [first, below], clock });
  onTestFinished(() => cache.close());
  await cache.put(entryOf('a', {}, clock));
  await cache.put(entryOf('b', {}, clock));
  await cache.query();
  expect(below.peek('a')?.evictedFromL1).toBe(true);
  return { cache, below, clock };
}

describe('the mark of an entry that the first tier evicted', () => {
  it.each(['put', 'putMany'] as const)('is gone in every tier after a %s of the marked entry', async (method) => {
    const { cache, below } = await demoted();
    const marked = below.peek('a')!;
    await (method === 'put' ? cache.put(marked) : cache.putMany([marked]));
    await cache.get('a');
    await cache.query();
    expect((await cache.get('a'))?.evictedFromL1).toBe(false);
    expect(below.peek('a')?.evictedFromL1).toBe(false);
  });

  it('is gone in every tier after an import of the same proxy', async () => {
    const { cache, below, clock } = await demoted();
    const proxy = CacheEntry.create({ proxyUrl: 'http://c.example:1' }, clock);
    await cache.put(proxy);
    await cache.put(entryOf('a', {}, clock));
    await cache.query();
    expect(below.peek(proxy.key)?.evictedFromL1).toBe(true);
    expect((await cache.warmFromFile(Buffer.from(proxy.proxyUrl))).loaded).toBe(1);
    await cache.query();
    expect(below.peek(proxy.key)?.evictedFromL1).toBe(false);
  });

  it('is gone in every tier after a health check, even if it was not written yet', async () => {
    const { cache, below } = await demoted();
    await cache.get('a');
    await cache.get('b');
    await cache.recordHealthCheck('a', { status: 'healthy', checkUrl: 'http://check.example' });
    for await (const entry of cache.entries()) if (entry.key === 'a') expect(entry.evictedFromL1).toBe(false);
    await cache.query();
    expect(below.peek('a')?.evictedFromL1).toBe(false);
  });
});
