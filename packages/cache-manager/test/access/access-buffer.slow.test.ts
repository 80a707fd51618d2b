import type { CacheTier } from '@pw/cache-models';
import { ManualClock } from '@pw/test-support';
import { MemoryCacheTier } from '@pw/tier-memory';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { CacheManager } from '../../src/index.ts';
import { HookTier } from '../support/hook-tier.ts';
import { openHooked, slow } from '../support/hooked-cache.ts';
import { entryOf, openStack } from '../support/stack.ts';

describe('buffered access counts', () => {
  it('are written behind after a second, without another operation', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const { manager, clock, l2 } = await openStack();
      const write = vi.spyOn(l2, 'recordAccess');
      await manager.put('k', entryOf('k', {}, clock));
      await manager.get('k');
      await vi.advanceTimersByTimeAsync(1_000);
      expect(write).toHaveBeenCalledTimes(1);
    } finally {
      vi.useRealTimers();
    }
  });

  it('of an old value are not added to a new one', async () => {
    const { cache, l2, put } = await openHooked();
    await put('k');
    for (let i = 0; i < 9; i++) await cache.get('k');
    l2.hook = (operation) => (operation === 'recordAccess' ? slow(100) : undefined);
    await slow(1_050);
    await put('k');
    await slow(150);
    expect(l2.store.get('k')?.accessCount).toBe(0);
  });

  it('continue from their current value while they are being written', async () => {
    const { cache, l2, put } = await openHooked(1);
    await put('k');
    for (let i = 0; i < 9; i++) await cache.get('k');
    await put('other');
    l2.hook = (operation) => (operation === 'recordAccess' ? slow(100) : undefined);
    await slow(1_050);
    expect((await cache.get('k'))?.accessCount).toBe(10);
  });

  it('survive an eviction from a first tier that does not count accesses', async () => {
    const clock = new ManualClock();
    const first = (context: object): CacheTier => {
      const tier = new MemoryCacheTier({ maxEntries: 1, ...context });
      const capabilities = { ...tier.capabilities, countsAccesses: false };
      return Object.assign(tier, { capabilities, get: (key: string) => tier.peek(key) });
    };
    const cache = await CacheManager.open({ tiers: [first, new HookTier({ clock })], clock });
    onTestFinished(() => cache.close());
    await cache.put('a', entryOf('a', {}, clock));
    for (let i = 0; i < 5; i++) await cache.get('a');
    await cache.put('b', entryOf('b', {}, clock));
    expect((await cache.get('a'))?.accessCount).toBe(6);
  });

  it('leave no eviction mark on an entry that a health update put back into the first tier', async () => {
    const { cache, l1, put } = await openHooked(1);
    await put('a');
    await put('b');
    await cache.invalidateByHealth('a');
    expect(l1().peek('a')).toMatchObject({ failureCount: 1, evictedFromL1: false });
  });
});
