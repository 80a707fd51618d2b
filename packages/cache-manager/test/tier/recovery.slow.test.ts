import { setTimeout as sleep } from 'node:timers/promises';
import { ManualClock } from '@pw/test-support';
import { MemoryCacheTier } from '@pw/tier-memory';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { CacheManager } from '../../src/index.ts';
import { FaultTier } from '../support/fault-tier.ts';
import { HookTier } from '../support/hook-tier.ts';
import { entryOf } from '../support/stack.ts';

async function openHooked(maxEntries: number | null = null) {
  const clock = new ManualClock();
  const [l2, l3] = [new HookTier({ clock }), new HookTier({ clock })];
  const memory = (context: object) => new MemoryCacheTier({ maxEntries, ...context });
  const cache = await CacheManager.open({ tiers: [memory, l2, l3], clock, tierTimeoutMs: 10 });
  onTestFinished(() => cache.close());
  const put = (key: string) => cache.put(key, entryOf(key, {}, clock));
  const switchOff = () => {
    for (let i = 0; i < 3; i++) l2.handleFailure(new Error('planted'));
  };
  return { cache, clock, l2, l3, put, switchOff };
}

describe('a recovered tier', () => {
  it('is used again even if every request is answered by the first tier', async () => {
    const l2 = new FaultTier();
    const cache = await CacheManager.open({ tiers: [new MemoryCacheTier(), l2] });
    onTestFinished(() => cache.close());
    l2.fault = 'throw';
    for (const key of ['a', 'b', 'c']) await cache.put(key, entryOf(key));
    l2.fault = 'none';
    expect(cache.getStatistics().l2Degraded).toBe(true);
    await vi.waitFor(() => expect([...l2.store.keys()]).toEqual(['a', 'b', 'c']), { timeout: 5_000 });
    expect(cache.getStatistics().l2Degraded).toBe(false);
  });

  it('receives a write that it missed at the moment of its recovery', async () => {
    for (let delay = 0; delay < 20; delay++) {
      const { l2, put, switchOff } = await openHooked();
      switchOff();
      l2.hook = async (operation) => {
        if (operation !== 'put') return;
        l2.hook = () => {};
        void (async () => {
          for (let i = 0; i < delay; i++) await undefined;
          await put('b');
        })();
      };
      await put('a');
      await vi.waitFor(() => expect([...l2.store.keys()].sort(), `after ${delay} turns`).toEqual(['a', 'b']));
    }
  });

  it('receives the accesses counted while it was out of use', async () => {
    const { cache, clock, l2, put, switchOff } = await openHooked(1);
    await put('k');
    await cache.get('k');
    await cache.query();
    switchOff();
    for (let i = 0; i < 5; i++) await cache.get('k');
    await cache.query();
    clock.advance(61_000);
    await cache.get('nothing');
    await vi.waitFor(() => expect(cache.getStatistics().l2Degraded).toBe(false));
    expect(l2.store.get('k')?.accessCount).toBe(6);
    await put('other');
    await cache.query();
    expect((await cache.get('k'))?.accessCount).toBe(7);
  });

  it('receives the accesses whose write failed', async () => {
    const { cache, l2, put } = await openHooked();
    await put('k');
    for (let i = 0; i < 5; i++) await cache.get('k');
    l2.hook = (operation) => {
      if (operation !== 'recordAccess') return;
      l2.hook = () => {};
      throw new Error('planted');
    };
    await cache.query();
    await cache.query();
    expect(l2.store.get('k')?.accessCount).toBe(5);
  });

  it('is not considered healthy while only its reads hang', async () => {
    const { cache, clock, l2 } = await openHooked();
    let asked = 0;
    l2.hook = (operation) => {
      if (operation !== 'get') return;
      asked++;
      return new Promise(() => {});
    };
    for (let second = 0; second < 60; second++) {
      await cache.get('nothing');
      await sleep(1);
      clock.advance(1_000);
    }
    expect(asked).toBeLessThan(8);
  });
});

describe('access counts', () => {
  it('of a value that a batch replaces are not added to the new one', async () => {
    const { cache, clock, l2, put } = await openHooked(1);
    await put('b');
    for (let i = 0; i < 5; i++) await cache.get('b');
    await cache.putMany(['a', 'b', 'c'].map((key) => entryOf(key, {}, clock)));
    await cache.query();
    expect(l2.store.get('b')).toMatchObject({ accessCount: 0, evictedFromL1: true });
    expect((await cache.get('b'))?.accessCount).toBe(1);
  });
});

describe('work that takes longer than the deadline', () => {
  async function openSlow() {
    const clock = new ManualClock();
    const l2 = new HookTier({ clock });
    const cache = await CacheManager.open({
      tiers: [new MemoryCacheTier({ clock }), l2],
      clock,
      tierTimeoutMs: 60,
    });
    onTestFinished(() => cache.close());
    return { cache, clock, l2 };
  }

  it('is not a fault if it is a cleanup and the tier answers other calls', async () => {
    const { cache, clock, l2 } = await openSlow();
    await cache.put('k', entryOf('k', { ttlSeconds: 1 }, clock));
    clock.advance(1_000);
    l2.hook = (operation) => (operation === 'cleanup' ? sleep(200) : undefined);
    expect(await cache.cleanupExpired()).toBe(2);
    expect(cache.getStatistics().l2Degraded).toBe(false);
  });

  it('is a fault if the tier does not answer at all', async () => {
    const { cache, l2 } = await openSlow();
    l2.fault = 'hang';
    expect(await cache.cleanupExpired()).toBe(0);
    expect(cache.getStatistics().l2Degraded).toBe(true);
  });

  it('is not a fault if it is a large batch, which is passed to the tier in slices', async () => {
    const { cache, clock, l2 } = await openSlow();
    const sizes: number[] = [];
    l2.putMany = async (entries) => {
      sizes.push(entries.length);
      await sleep(20);
      return entries.map(() => true);
    };
    l2.deleteMany = async (keys) => {
      await sleep(20);
      return keys.map(() => true);
    };
    const entries = Array.from({ length: 40_001 }, (_, i) => entryOf(`k${i}`, {}, clock));
    const stored = await cache.putMany(entries);
    expect(stored.length).toBe(40_001);
    expect(stored.every(Boolean)).toBe(true);
    expect(sizes).toEqual([10_000, 10_000, 10_000, 10_000, 1]);
    expect(await cache.deleteMany(entries.map(({ key }) => key))).toHaveLength(40_001);
    expect(cache.getStatistics().l2Degraded).toBe(false);
  });
});
