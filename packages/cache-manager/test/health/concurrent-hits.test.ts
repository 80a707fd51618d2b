import { ManualClock } from '@pw/test-support';
import { MemoryCacheTier } from '@pw/tier-memory';
import { expect, it, onTestFinished } from 'vitest';
import { CacheManager } from '../../src/index.ts';
import { HookTier } from '../support/hook-tier.ts';
import { entryOf } from '../support/stack.ts';

it('a hit is not lost while a health check is being recorded', async () => {
  const clock = new ManualClock();
  const recorded = Promise.withResolvers<undefined>();
  const l2 = new HookTier({ clock });
  Object.assign(l2, {
    capabilities: { ...l2.capabilities, health: true },
    health: { record: () => recorded.promise, history: () => [] },
  });
  const cache = await CacheManager.open({ tiers: [new MemoryCacheTier({ clock }), l2], clock });
  onTestFinished(() => cache.close());
  await cache.put('k', entryOf('k', {}, clock));
  await cache.get('k');
  const checking = cache.recordHealthCheck('k', { status: 'healthy', checkUrl: 'http://check.example/' });
  for (let hit = 0; hit < 3; hit++) await cache.get('k');
  recorded.resolve(undefined);
  expect((await checking)?.accessCount).toBe(4);
  expect((await cache.get('k'))?.accessCount).toBe(5);
});
