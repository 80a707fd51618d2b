import { ManualClock } from '@pw/test-support';
import { MemoryCacheTier } from '@pw/tier-memory';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { CacheManager } from '../../src/index.ts';
import { HookTier } from '../support/hook-tier.ts';
import { entryOf } from '../support/stack.ts';

/** A cache whose second tier delays a chosen operation until the test releases it, long after the deadline. */
async function openLate() {
  const clock = new ManualClock();
  const l1 = new MemoryCacheTier({ clock });
  const l2 = new HookTier({ clock, failureThreshold: 50 });
  const cache = await CacheManager.open({ tiers: [l1, l2], clock, tierTimeoutMs: 10 });
  const gate = Promise.withResolvers<void>();
  onTestFinished(() => {
    gate.resolve();
    return cache.close();
  });
  const put = (key: string, source: string) => cache.put(key, entryOf(key, { source }, clock));
  const holdNext = (operation: string) => {
    l2.hook = (one) => {
      if (one !== operation) return undefined;
      l2.hook = () => {};
      return gate.promise;
    };
  };
  /** Releases the late operation and waits for everything that follows from it. */
  const land = async () => {
    gate.resolve();
    for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
  };
  const readBelow = async (key: string) => {
    l1.clear();
    return (await cache.get(key))?.source;
  };
  return { cache, clock, l1, l2, put, holdNext, land, readBelow };
}

describe('a write that takes effect after its deadline', () => {
  it('does not undo a later delete', async () => {
    const { cache, clock, l2, put, holdNext, land, readBelow } = await openLate();
    holdNext('put');
    await put('k', 'late');
    await cache.delete('k');
    await land();
    expect(l2.store.has('k')).toBe(true);
    expect(await readBelow('k')).toBeUndefined();
    expect(await cache.has('k')).toBe(false);
    expect(await cache.keys()).toEqual([]);
    clock.advance(2_000);
    await cache.get('nothing');
    await vi.waitFor(() => expect(l2.store.has('k')).toBe(false));
  });

  it('is not read before it has settled, even if it has taken effect', async () => {
    const { cache, clock, l2, put, holdNext, readBelow } = await openLate();
    holdNext('put');
    await put('k', 'late');
    await cache.delete('k');
    l2.store.set('k', entryOf('k', { source: 'late' }, clock));
    expect(await readBelow('k')).toBeUndefined();
    clock.advance(2_000);
    await cache.get('nothing');
    expect(await readBelow('k')).toBeUndefined();
  });

  it('does not replace a newer value, which can be read from the tier again afterwards', async () => {
    const { cache, clock, l2, put, holdNext, land, readBelow } = await openLate();
    holdNext('put');
    await put('k', 'late');
    expect(await put('k', 'new')).toBe(true);
    await land();
    expect(l2.store.get('k')?.source).toBe('late');
    expect(await readBelow('k')).toBeUndefined();
    clock.advance(2_000);
    await cache.get('nothing');
    await vi.waitFor(() => expect(l2.store.get('k')?.source).toBe('new'));
    expect(await readBelow('k')).toBe('new');
  });

  it('does not remove a value that was put after a late delete', async () => {
    const { cache, clock, l2, put, holdNext, land, readBelow } = await openLate();
    await put('k', 'old');
    holdNext('delete');
    await cache.delete('k');
    await put('k', 'new');
    await land();
    clock.advance(2_000);
    await cache.get('nothing');
    await vi.waitFor(() => expect(l2.store.get('k')?.source).toBe('new'));
    expect(await readBelow('k')).toBe('new');
  });

  it('is repaired even if it takes effect after the key was trusted again', async () => {
    const { cache, clock, l2, put, holdNext, land, readBelow } = await openLate();
    holdNext('put');
    await put('k', 'late');
    await put('k', 'new');
    clock.advance(62_000);
    await cache.get('nothing');
    await vi.waitFor(async () => expect(await readBelow('k')).toBe('new'));
    await cache.delete('k');
    await land();
    expect(await readBelow('k')).toBeUndefined();
    clock.advance(2_000);
    await cache.get('nothing');
    await vi.waitFor(() => expect(l2.store.has('k')).toBe(false));
  });

  it('does not survive a clear', async () => {
    const { cache, clock, l2, put, holdNext, land, readBelow } = await openLate();
    holdNext('put');
    await put('k', 'late');
    await cache.clear();
    await land();
    expect(await readBelow('k')).toBeUndefined();
    clock.advance(2_000);
    await cache.get('nothing');
    await vi.waitFor(() => expect(l2.store.size).toBe(0));
  });

  it('does not affect the other keys of the tier', async () => {
    const { cache, clock, put, holdNext, readBelow } = await openLate();
    await put('other', 'x');
    holdNext('put');
    await put('k', 'late');
    clock.advance(2_000);
    const back = new Promise<void>((resolve) => cache.on('recovered', () => resolve()));
    await cache.get('nothing');
    await back;
    expect(await readBelow('other')).toBe('x');
    expect(await readBelow('k')).toBeUndefined();
  });
});

describe('a tier that missed more writes than can be recorded', () => {
  it('is cleared when it recovers', async () => {
    const { cache, clock, l2, put, readBelow } = await openLate();
    for (const key of ['replaced', 'kept']) await put(key, 'old');
    l2.fault = 'reject';
    for (let i = 0; i < 50; i++) l2.handleFailure(new Error('planted'));
    l2.fault = 'throw';
    await cache.putMany(Array.from({ length: 10_001 }, (_, i) => entryOf(`key ${i}`, {}, clock)));
    await put('replaced', 'new');
    l2.fault = 'none';
    clock.advance(61_000);
    await cache.get('nothing');
    await vi.waitFor(() => expect(cache.getStatistics().l2Degraded).toBe(false));
    expect(l2.store.has('kept')).toBe(false);
    expect(l2.store.size).toBeGreaterThanOrEqual(10_000);
    expect(await readBelow('replaced')).not.toBe('old');
  });
});

describe('a clear that takes effect after its deadline', () => {
  it('removes nothing that was put after it', async () => {
    const { cache, clock, l2, put, holdNext, land, readBelow } = await openLate();
    await put('old', 'old');
    holdNext('clear');
    await cache.clear();
    clock.advance(1_000);
    await cache.get('nothing');
    await vi.waitFor(() => expect(cache.getStatistics().l2Degraded).toBe(false));
    await put('k', 'newer');
    await land();
    clock.advance(1_000);
    await cache.get('nothing');
    await vi.waitFor(() => expect([...l2.store.keys()]).toEqual(['k']));
    expect(await readBelow('k')).toBe('newer');
  });

  it('removes nothing either if it was the replay of a clear', async () => {
    const { cache, clock, l2, put, holdNext, land } = await openLate();
    await put('old', 'old');
    l2.hook = (operation) => {
      if (operation !== 'clear') return undefined;
      holdNext('clear');
      throw new Error('planted');
    };
    await cache.clear();
    clock.advance(1_000);
    await cache.get('nothing');
    // Until the replayed clear has missed its deadline too.
    await vi.waitFor(() => expect(l2.totalFailures).toBe(2));
    clock.advance(4_000);
    await cache.get('nothing');
    await vi.waitFor(() => expect(cache.getStatistics().l2Degraded).toBe(false));
    await put('k', 'newer');
    await land();
    clock.advance(1_000);
    await cache.get('nothing');
    await vi.waitFor(() => expect([...l2.store.keys()]).toEqual(['k']));
  });
});
