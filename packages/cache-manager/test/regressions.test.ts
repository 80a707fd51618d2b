import { CacheConfigError, type CacheEntryInput, type CacheTier } from '@pw/cache-models';
import { ManualClock } from '@pw/test-support';
import { MemoryCacheTier } from '@pw/tier-memory';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { CacheManager } from '../src/index.ts';
import { HookTier } from './support/hook-tier.ts';
import { entryOf } from './support/stack.ts';

async function openHooked(maxEntries: number | null = null, persistent = false) {
  const clock = new ManualClock();
  const l2 = new HookTier({ clock }, persistent);
  let l1!: MemoryCacheTier;
  const memory = (context: object) => {
    l1 = new MemoryCacheTier({ maxEntries }, context);
    return l1;
  };
  const cache = await CacheManager.open({ tiers: [memory, l2], clock });
  onTestFinished(() => cache.close());
  const put = (key: string, input: Partial<CacheEntryInput> = {}) => cache.put(key, entryOf(key, input, clock));
  /** Fails the next operation of that kind, once. */
  const failOnce = (operation: string) => {
    l2.hook = (one) => {
      if (one !== operation) return;
      l2.hook = () => {};
      throw new Error('planted');
    };
  };
  const recovered = async () => {
    clock.advance(61_000);
    await cache.get('nothing');
    await vi.waitFor(() => expect(cache.getStatistics().l2Degraded).toBe(false));
  };
  return { cache, clock, l1: () => l1, l2, put, failOnce, recovered };
}

const slow = (milliseconds = 20) => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe('a value that is gone', () => {
  it('stays gone when its delete failed while another operation of the tier went well', async () => {
    const { cache, l1, l2, put } = await openHooked();
    for (let delay = 0; delay < 10; delay++) {
      await put('k');
      l2.hook = async (operation) => {
        if (operation === 'delete') throw new Error('planted');
        if (operation === 'get') for (let i = 0; i < delay; i++) await undefined;
      };
      await Promise.all([cache.delete('k'), cache.get('nothing')]);
      l2.hook = () => {};
      l1().clear();
      expect([delay, await cache.get('k')]).toEqual([delay, undefined]);
    }
  });

  it('stays gone when the tier refuses the new value on its return', async () => {
    const { cache, l1, l2, put, recovered } = await openHooked(null, true);
    await put('k', { source: 'old' });
    for (let i = 0; i < 3; i++) l2.handleFailure(new Error('planted'));
    await put('k', { source: 'new', username: 'u' });
    await recovered();
    l1().clear();
    expect([await cache.get('k'), l2.store.has('k')]).toEqual([undefined, false]);
  });

  it('stays gone when the cache is closed before the delete could be repeated', async () => {
    const { cache, l2, put, failOnce } = await openHooked();
    await put('k');
    failOnce('delete');
    expect(await cache.delete('k')).toBe(true);
    await cache.close();
    expect(l2.store.has('k')).toBe(false);
  });
});

describe('a value that was stored', () => {
  it('is not emptied away with what a failed clear left behind', async () => {
    const { cache, clock, l2, put, failOnce } = await openHooked();
    failOnce('put');
    await put('a');
    failOnce('clear');
    await cache.clear();
    await put('b');
    clock.advance(61_000);
    await put('c');
    await vi.waitFor(() => expect([...l2.store.keys()].sort()).toEqual(['b', 'c']));
  });
});

describe('access counts', () => {
  it('of an old value do not land on a new one', async () => {
    const { cache, l2, put } = await openHooked();
    await put('k');
    for (let i = 0; i < 9; i++) await cache.get('k');
    l2.hook = (operation) => (operation === 'recordAccess' ? slow(100) : undefined);
    await slow(1_050);
    await put('k');
    await slow(150);
    expect(l2.store.get('k')?.accessCount).toBe(0);
  });

  it('go on from where they were while they are being written', async () => {
    const { cache, l2, put } = await openHooked(1);
    await put('k');
    for (let i = 0; i < 9; i++) await cache.get('k');
    await put('other');
    l2.hook = (operation) => (operation === 'recordAccess' ? slow(100) : undefined);
    await slow(1_050);
    expect((await cache.get('k'))?.accessCount).toBe(10);
  });

  it('survive an eviction from a first tier that does not count them', async () => {
    const clock = new ManualClock();
    const first = (context: object): CacheTier =>
      Object.assign(new MemoryCacheTier({ maxEntries: 1 }, context), { touch: undefined });
    const cache = await CacheManager.open({ tiers: [first, new HookTier({ clock })], clock });
    onTestFinished(() => cache.close());
    await cache.put('a', entryOf('a', {}, clock));
    for (let i = 0; i < 5; i++) await cache.get('a');
    await cache.put('b', entryOf('b', {}, clock));
    expect((await cache.get('a'))?.accessCount).toBe(6);
  });

  it('leave no eviction mark on an entry that health brought back into the first tier', async () => {
    const { cache, l1, put } = await openHooked(1);
    await put('a');
    await put('b');
    await cache.invalidateByHealth('a');
    expect(l1().peek('a')).toMatchObject({ failureCount: 1, evictedFromL1: false });
  });
});

describe('a closed cache', () => {
  it('is not opened again by a sweep or a stream that was under way', async () => {
    const clock = new ManualClock();
    const [first, second] = [new HookTier({ clock }), new HookTier({ clock })];
    const cache = await CacheManager.open({ tiers: [first, second], clock });
    for (const key of ['a', 'b']) await cache.put(key, entryOf(key, {}, clock));
    first.hook = (operation) => (operation === 'cleanup' ? slow() : undefined);
    const sweep = cache.cleanupExpired();
    for await (const _ of cache.entries()) await cache.close();
    await sweep;
    expect([first.status, second.status]).toEqual(['closed', 'closed']);
  });
});

describe('a read', () => {
  it('does not wait for itself when the entry expires between two looks at it', async () => {
    const clock = new ManualClock();
    let step = 0;
    const running = {
      now() {
        clock.advance(step);
        return clock.now();
      },
    };
    const l1 = new MemoryCacheTier({}, { clock: running });
    const l2 = new HookTier({ clock });
    const cache = await CacheManager.open({ tiers: [l1, l2], clock });
    onTestFinished(() => cache.close());
    await cache.put('k', entryOf('k', { expiresAt: clock.now() + 1_000 }, clock));
    l1.delete('k');
    l2.hook = async (operation) => {
      if (operation !== 'get') return;
      await slow(5);
      clock.advance(998);
    };
    const both = [cache.get('k'), cache.get('k')];
    vi.spyOn(l1, 'put').mockImplementation(function (this: MemoryCacheTier, key, entry) {
      const stored = MemoryCacheTier.prototype.put.call(l1, key, entry);
      step = 1;
      return stored;
    });
    await Promise.all(both);
    expect(await cache.delete('k')).toBe(false);
  }, 5_000);
});

describe('a caller that gives up', () => {
  it('is let go while the tiers are still being asked', async () => {
    const { cache, l2 } = await openHooked();
    l2.hook = (operation) => (operation === 'get' ? slow(500) : undefined);
    const abort = new AbortController();
    const load = cache.getOrLoad('k', () => undefined, { signal: abort.signal });
    setTimeout(() => abort.abort(), 5);
    await expect(load).rejects.toThrow(/abort/i);
  });
});

describe('listeners', () => {
  it('that reject leave nothing unhandled', async () => {
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    onTestFinished(() => void process.off('unhandledRejection', unhandled));
    const { cache, put } = await openHooked(1);
    cache.on('eviction', (() => Promise.reject(new Error('planted'))) as () => void);
    const onEvict = (() => Promise.reject(new Error('planted'))) as () => void;
    const tier = new MemoryCacheTier({ maxEntries: 1 }, { onEvict });
    for (const key of ['a', 'b']) {
      await put(key);
      tier.put(key, entryOf(key));
    }
    await slow(5);
    expect(unhandled).not.toHaveBeenCalled();
  });
});

describe('options', () => {
  it.each([
    { tierTimeoutMs: Number.POSITIVE_INFINITY },
    { tierTimeoutMs: 0 },
    { cleanupIntervalSeconds: 0 },
    { failureThreshold: 0 },
    { defaultTtlSeconds: 1.5 },
  ])('%j are refused before anything is opened', async (options) => {
    const tier = new HookTier();
    await expect(CacheManager.open({ tiers: [tier], ...options })).rejects.toThrow(CacheConfigError);
    expect(tier.status).toBe('new');
  });

  it.each([0, 1.5, Number.POSITIVE_INFINITY, Number.NaN])(
    'failureThreshold %d of a tier is refused',
    (failureThreshold) => {
      expect(() => new HookTier({ failureThreshold })).toThrow(CacheConfigError);
    },
  );
});
