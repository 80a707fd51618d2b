import { ManualClock } from '@pw/test-support';
import { MemoryCacheTier } from '@pw/tier-memory';
import { expect, it, onTestFinished, vi } from 'vitest';
import { CacheManager } from '../../src/index.ts';
import { HookTier } from '../support/hook-tier.ts';
import { entryOf } from '../support/stack.ts';

/** A cache of a memory tier and a HookTier, with one entry that has been read three times. */
async function openRead() {
  const clock = new ManualClock();
  const l2 = new HookTier({ clock });
  const cache = await CacheManager.open({ tiers: [new MemoryCacheTier({ clock }), l2], clock, tierTimeoutMs: 20 });
  onTestFinished(() => cache.close());
  await cache.put('k', entryOf('k', {}, clock));
  for (let i = 0; i < 3; i++) await cache.get('k');
  /** Writes the pending accesses. */
  const flush = () => cache.query();
  const recovered = async () => {
    clock.advance(61_000);
    await cache.get('nothing');
    await vi.waitFor(() => expect(cache.getStatistics().l2Degraded).toBe(false));
  };
  return { cache, l2, flush, recovered, stored: () => l2.store.get('k')?.accessCount };
}

it('hits are stored once if another operation of the tier fails at the same time', async () => {
  const { l2, flush, stored } = await openRead();
  l2.hook = (operation) => {
    if (operation === 'recordAccess') l2.handleFailure(new Error('planted'));
  };
  await flush();
  await flush();
  expect(stored()).toBe(3);
});

it('hits of a call that timed out and took effect are stored once', async () => {
  const { l2, flush, recovered, stored } = await openRead();
  const { promise, resolve } = Promise.withResolvers<void>();
  l2.hook = (operation) => (operation === 'recordAccess' ? promise : undefined);
  await flush();
  l2.hook = () => {};
  resolve();
  await recovered();
  await flush();
  expect(stored()).toBe(3);
});

it('hits of a call that timed out and failed are stored by the next one', async () => {
  const { l2, flush, recovered, stored } = await openRead();
  const { promise, reject } = Promise.withResolvers<void>();
  l2.hook = (operation) => (operation === 'recordAccess' ? promise : undefined);
  await flush();
  l2.hook = () => {};
  reject(new Error('planted'));
  await recovered();
  await flush();
  expect(stored()).toBe(3);
});

it('a missed put is replayed with the count it had, so that hits since then are stored once', async () => {
  const { cache, l2, flush, recovered, stored } = await openRead();
  l2.hook = (operation) => {
    if (operation === 'put') throw new Error('planted');
  };
  await cache.put('k', entryOf('k'));
  l2.hook = () => {};
  for (let i = 0; i < 5; i++) await cache.get('k');
  await flush();
  await recovered();
  await flush();
  expect(stored()).toBe(5);
});
