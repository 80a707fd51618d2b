import { ManualClock } from '@pw/test-support';
import { MemoryCacheTier } from '@pw/tier-memory';
import { expect, it, onTestFinished } from 'vitest';
import { CacheManager } from '../../src/index.ts';
import { entryOf } from '../support/stack.ts';

it.each([30, 300])(
  'a batch of %i counts demotions of entries that are not in the next tier yet when they are evicted',
  async (count) => {
    const clock = new ManualClock();
    const bounded = new MemoryCacheTier({ maxEntries: 1000, clock });
    const first = (context: object) => new MemoryCacheTier({ maxEntries: 10, ...context });
    const cache = await CacheManager.open({ tiers: [first, bounded], clock });
    onTestFinished(() => cache.close());
    await cache.putMany(Array.from({ length: count }, (_, i) => entryOf(`k${i}`, {}, clock)));
    expect(cache.getStatistics()).toMatchObject({ demotions: count - 10, l1Stats: { evictionsLru: count - 10 } });
    await cache.query();
    expect(bounded.peek('k0')?.evictedFromL1).toBe(true);
    expect(bounded.peek(`k${count - 1}`)?.evictedFromL1).toBe(false);
  },
);
