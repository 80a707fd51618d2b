import { setTimeout as sleep } from 'node:timers/promises';
import { CacheEntry } from '@pw/cache-models';
import { MemoryCacheTier } from '@pw/tier-memory';
import { describe, expect, it } from 'vitest';
import { CacheManager } from '../../src/index.ts';
import { SharedStore, SharedTier } from '../support/shared-tier.ts';

const entry = CacheEntry.create({ key: 'k', proxyUrl: 'http://192.0.2.1:8080' });

async function processes(count: number) {
  const store = new SharedStore();
  const all = [];
  for (let i = 0; i < count; i++) {
    const tier = new SharedTier(store, `tier ${i}`);
    all.push({ tier, cache: await CacheManager.open({ tiers: [new MemoryCacheTier({}), tier] }) });
  }
  return { store, all };
}

describe('a load in several processes', () => {
  it('happens once', async () => {
    const { store, all } = await processes(3);
    let loads = 0;
    const load = async () => {
      loads++;
      await sleep(30);
      return entry;
    };
    const found = await Promise.all(all.map(({ cache }) => cache.getOrLoad('k', load)));
    expect(loads).toBe(1);
    expect(found.map((one) => one?.key)).toEqual(['k', 'k', 'k']);
    expect(store.leases.size).toBe(0);
  });

  it('is taken over by the next process if it fails, and leaves no lease behind', async () => {
    const { store, all } = await processes(2);
    const failing = all[0]!.cache.getOrLoad('k', async () => {
      await sleep(20);
      throw new Error('of the loader');
    });
    const other = all[1]!.cache.getOrLoad('k', async () => entry);
    await expect(failing).rejects.toThrow('of the loader');
    expect((await other)?.key).toBe('k');
    expect(store.leases.size).toBe(0);
  });

  it('works without a lease if the tier cannot grant one', async () => {
    const { all } = await processes(1);
    const { tier, cache } = all[0]!;
    for (let i = 0; i < tier.failureThreshold; i++) tier.handleFailure(new Error('made up'));
    expect((await cache.getOrLoad('k', async () => entry))?.key).toBe('k');
    expect(tier.releases).toBe(0);
  });

  it('looks for the entry again before loading it', async () => {
    const { store, all } = await processes(2);
    store.leases.set('k', 'of another');
    let loads = 0;
    const waiting = all[0]!.cache.getOrLoad('k', async () => {
      loads++;
      return entry;
    });
    await sleep(15);
    await all[1]!.cache.put('k', entry);
    store.leases.clear();
    expect((await waiting)?.key).toBe('k');
    expect(loads).toBe(0);
  });

  it('waits only for a limited time if the tier never grants the lease', async () => {
    const tier = new SharedTier(new SharedStore());
    tier.leases.acquire = async () => null;
    const cache = await CacheManager.open({ tiers: [tier], loadLeaseMs: 100 });
    expect((await cache.getOrLoad('k', async () => entry))?.key).toBe('k');
    await cache.close();
  });

  it('does not start in a cache that was closed while waiting', async () => {
    const { store, all } = await processes(1);
    const { cache } = all[0]!;
    store.leases.set('k', 'of another');
    let loads = 0;
    const waiting = cache.getOrLoad('k', async () => {
      loads++;
      return entry;
    });
    const outcome = expect(waiting).rejects.toMatchObject({ code: 'CACHE_CLOSED' });
    await sleep(5);
    await cache.close();
    await outcome;
    expect(loads).toBe(0);
  });
});
