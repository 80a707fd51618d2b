import { setTimeout as sleep } from 'node:timers/promises';
import type { CacheEntry } from '@pw/cache-models';
import { MemoryCacheTier } from '@pw/tier-memory';
import { describe, expect, it, onTestFinished } from 'vitest';
import { CacheManager } from '../../src/index.ts';
import { HookTier } from '../support/hook-tier.ts';
import { entryOf, openStack } from '../support/stack.ts';

/** A running load, and a function that ends it. */
async function openLoading() {
  const { manager, clock } = await openStack();
  const gate = Promise.withResolvers<CacheEntry>();
  const loading = manager.getOrLoad('k', () => gate.promise);
  await sleep(1);
  const end = async (source: string) => {
    gate.resolve(entryOf('k', { source }, clock));
    return (await loading)?.source;
  };
  return { manager, clock, end };
}

describe('a loaded entry', () => {
  it('is returned to its callers, but not stored after a delete during the load', async () => {
    const { manager, end } = await openLoading();
    await manager.delete('k');
    expect(await end('loaded')).toBe('loaded');
    expect(await manager.get('k')).toBeUndefined();
    expect((await manager.getOrLoad('k', () => entryOf('k', { source: 'again' })))?.source).toBe('again');
    expect((await manager.get('k'))?.source).toBe('again');
  });

  it.each([['put'], ['putMany']] as const)('is not stored after a %s during the load', async (method) => {
    const { manager, clock, end } = await openLoading();
    const newer = entryOf('k', { source: 'newer' }, clock);
    await (method === 'put' ? manager.put('k', newer) : manager.putMany([newer]));
    await end('loaded');
    expect((await manager.get('k'))?.source).toBe('newer');
  });

  it('is not stored after a clear during the load', async () => {
    const { manager, end } = await openLoading();
    await manager.clear();
    await end('loaded');
    expect(await manager.keys()).toEqual([]);
  });
});

describe('an entry loaded while the key is locked', () => {
  async function openBusy() {
    const l2 = new HookTier();
    const cache = await CacheManager.open({ tiers: [new MemoryCacheTier(), l2] });
    onTestFinished(() => cache.close());
    const loaded = Promise.withResolvers<CacheEntry>();
    const loading = cache.getOrLoad('k', () => loaded.promise);
    await sleep(1);
    // A get holds the key's lock while it reads the lower tiers.
    const looked = Promise.withResolvers<void>();
    l2.hook = (operation) => (operation === 'get' ? looked.promise : undefined);
    const getting = cache.get('k');
    const end = async (): Promise<void> => {
      loaded.resolve(entryOf('k', { source: 'loaded' }));
      await sleep(1);
      looked.resolve();
      await Promise.all([getting, loading]);
    };
    return { cache, end };
  }

  it.each(['delete', 'clear'] as const)('is not stored after a %s that waited for the same lock', async (method) => {
    const { cache, end } = await openBusy();
    const removing = method === 'delete' ? cache.delete('k') : cache.clear();
    await end();
    await removing;
    expect(await cache.keys()).toEqual([]);
  });
});

describe('a background load that never ends', () => {
  it('does not keep the cache from closing', async () => {
    const { manager, clock } = await openStack({}, { tierTimeoutMs: 20 });
    await manager.put('k', entryOf('k', { ttlSeconds: 10 }, clock));
    const options = { staleWhileRevalidate: 60 };
    await manager.getOrLoad('k', () => undefined, options);
    clock.advance(11_000);
    expect((await manager.getOrLoad('k', () => new Promise<undefined>(() => {}), options))?.key).toBe('k');
    await manager.close();
  });
});
