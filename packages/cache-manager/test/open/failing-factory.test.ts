import { CacheConfigError, type CacheTier, type TierContext } from '@pw/cache-models';
import { ManualClock } from '@pw/test-support';
import { MemoryCacheTier } from '@pw/tier-memory';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { CacheManager, type CacheManagerOptions } from '../../src/index.ts';
import { SharedStore, SharedTier } from '../support/shared-tier.ts';
import { entryOf } from '../support/stack.ts';

/** A factory that fails a given number of times and counts its calls. */
function factoryOf(clock: ManualClock, failures: number, error: unknown = new Error('planted')) {
  const made = { calls: 0, tier: undefined as MemoryCacheTier | undefined };
  const factory = (context: TierContext): CacheTier => {
    made.calls++;
    if (made.calls <= failures) throw error;
    made.tier = new MemoryCacheTier({ clock, onEvict: context.onEvict });
    return made.tier;
  };
  return { made, factory };
}

async function openWith(failures: number, error?: unknown, options: Partial<CacheManagerOptions> = {}) {
  const clock = new ManualClock();
  const { made, factory } = factoryOf(clock, failures, error);
  const tiers = [new MemoryCacheTier({ clock }), factory];
  const manager = await CacheManager.open({ tiers, clock, ...options });
  return { clock, made, manager, put: (key: string) => manager.put(key, entryOf(key, {}, clock)) };
}

describe('a tier whose factory throws', () => {
  it.each([[new Error('planted')], ['planted'], [null], [undefined]])('starts degraded (%s)', async (error) => {
    const { manager, made, put } = await openWith(Number.POSITIVE_INFINITY, error);
    expect(made.calls).toBe(1);
    expect(manager.getStatistics().l2Degraded).toBe(true);
    expect(await put('k')).toBe(true);
    expect((await manager.get('k'))?.key).toBe('k');
    expect(await manager.keys()).toEqual(['k']);
    await manager.close();
  });

  it('recovers once the factory succeeds, including the writes that it missed', async () => {
    const { manager, made, clock, put } = await openWith(2);
    await put('a');
    await put('b');
    await manager.delete('b');
    for (let second = 0; second < 20; second++) {
      clock.advance(1_000);
      await manager.get('nothing');
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(made.calls).toBe(3);
    expect(manager.getStatistics().l2Degraded).toBe(false);
    expect(made.tier?.keys()).toEqual(['a']);
    await put('c');
    expect(made.tier?.keys()).toEqual(['a', 'c']);
    await manager.close();
    expect(made.tier?.status).toBe('closed');
  });

  it('makes opening fail with the error of the factory if it is required', async () => {
    await expect(openWith(1, undefined, { required: ['l2'] })).rejects.toThrow('planted');
  });

  it('makes opening fail if the configuration is wrong', async () => {
    await expect(openWith(1, new CacheConfigError('wrong'))).rejects.toThrow(CacheConfigError);
  });

  it('starts degraded if the factory never settles, and a tier that arrives late is closed', async () => {
    const clock = new ManualClock();
    const slow = Promise.withResolvers<CacheTier>();
    const tiers = [new MemoryCacheTier({ clock }), () => slow.promise];
    const manager = await CacheManager.open({ tiers, clock, tierTimeoutMs: 5 });
    expect(manager.getStatistics().l2Degraded).toBe(true);
    const late = new MemoryCacheTier({ clock });
    late.open();
    slow.resolve(late);
    await new Promise((resolve) => setImmediate(resolve));
    expect(late.status).toBe('closed');
    await manager.close();
  });

  it('does not exist until the factory succeeds', async () => {
    const { manager, made, clock } = await openWith(1);
    expect(manager.tiers[1]).toEqual({ name: 'l2', tier: undefined });
    clock.advance(1_000);
    await manager.get('nothing');
    await new Promise((resolve) => setImmediate(resolve));
    expect(manager.tiers[1]!.tier).toBe(made.tier);
    await manager.close();
  });

  it('reports changes by others from the moment at which it exists', async () => {
    const clock = new ManualClock();
    const store = new SharedStore();
    const other = await CacheManager.open({ tiers: [new SharedTier(store, 'other')], clock });
    let calls = 0;
    const factory = (): CacheTier => {
      if (calls++ === 0) throw new Error('planted');
      return new SharedTier(store, 'late');
    };
    const memory = new MemoryCacheTier({ clock });
    const manager = await CacheManager.open({ tiers: [memory, factory], clock });
    const recovered = new Promise((resolve) => manager.on('recovered', resolve));
    clock.advance(1_000);
    await manager.get('nothing');
    await recovered;
    await manager.put('k', entryOf('k', { source: 'old' }));
    await other.put('k', entryOf('k', { source: 'new' }));
    expect((await manager.get('k'))?.source).toBe('new');
    await manager.close();
    expect(calls).toBe(2);
    await other.close();
  });

  it('is closed if the cache was closed while it was being made', async () => {
    const clock = new ManualClock();
    const second = Promise.withResolvers<CacheTier>();
    let calls = 0;
    const factory = (): Promise<CacheTier> => {
      if (calls++ === 0) throw new Error('planted');
      return second.promise;
    };
    const manager = await CacheManager.open({ tiers: [new MemoryCacheTier({ clock }), factory], clock });
    clock.advance(1_000);
    await manager.get('nothing');
    await manager.close();
    const late = new MemoryCacheTier({ clock });
    second.resolve(late);
    await new Promise((resolve) => setImmediate(resolve));
    expect(late.status).toBe('closed');
    expect(manager.tiers[1]!.tier).toBeUndefined();
  });

  it('is tried again, and lets the cache close, if it hangs while it is opened', async () => {
    const clock = new ManualClock();
    let calls = 0;
    const factory = (): CacheTier => {
      if (calls++ === 0) throw new Error('planted');
      return Object.assign(new MemoryCacheTier({ clock }), {
        open: () => new Promise<void>(() => {}) as never,
        close: () => new Promise<void>(() => {}) as never,
      });
    };
    const manager = await CacheManager.open({
      tiers: [new MemoryCacheTier({ clock }), factory],
      clock,
      tierTimeoutMs: 5,
    });
    for (const expected of [2, 3]) {
      clock.advance(60_000);
      await manager.get('nothing');
      await vi.waitFor(() => expect(calls).toBe(expected));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await manager.close();
  });

  it('is closed if it is not a tier of this contract, and tried again', async () => {
    const clock = new ManualClock();
    const made: MemoryCacheTier[] = [];
    let calls = 0;
    const factory = (): CacheTier => {
      if (calls++ === 0) throw new Error('planted');
      const tier = Object.assign(new MemoryCacheTier({ clock }), { contractVersion: 99 });
      tier.open();
      made.push(tier);
      return tier;
    };
    const manager = await CacheManager.open({ tiers: [new MemoryCacheTier({ clock }), factory], clock });
    clock.advance(1_000);
    await manager.get('nothing');
    await vi.waitFor(() => expect(made.map(({ status }) => status)).toEqual(['closed']));
    await manager.close();
  });

  it('causes no unhandled rejection if it breaks in the moment in which it is adopted', async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => unhandled.push(reason);
    process.on('unhandledRejection', note);
    onTestFinished(() => void process.off('unhandledRejection', note));
    const clock = new ManualClock();
    let calls = 0;
    const factory = (): CacheTier => {
      if (calls++ === 0) throw new Error('planted');
      const tier = new MemoryCacheTier({ clock });
      const { capabilities } = tier;
      let isOpen = false;
      const open = () => {
        isOpen = true;
      };
      return Object.defineProperty(Object.assign(tier, { open }), 'capabilities', {
        get() {
          if (isOpen) throw new Error('planted');
          return capabilities;
        },
      });
    };
    const manager = await CacheManager.open({ tiers: [new MemoryCacheTier({ clock }), factory], clock });
    for (const expected of [2, 3]) {
      clock.advance(60_000);
      await manager.get('nothing');
      await vi.waitFor(() => expect(calls).toBe(expected));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await manager.close();
    expect(unhandled).toEqual([]);
  });
});
