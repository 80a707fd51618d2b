import type { CacheEntryInput } from '@pw/cache-models';
import { ManualClock } from '@pw/test-support';
import { MemoryCacheTier } from '@pw/tier-memory';
import { expect, onTestFinished, vi } from 'vitest';
import { CacheManager } from '../../src/index.ts';
import { HookTier } from './hook-tier.ts';
import { entryOf } from './stack.ts';

/** A cache of a memory tier and a HookTier, closed at the end of the test. */
export async function openHooked(maxEntries: number | null = null, persistent = false) {
  const clock = new ManualClock();
  const l2 = new HookTier({ clock }, { persistent });
  let l1!: MemoryCacheTier;
  const memory = (context: object) => {
    l1 = new MemoryCacheTier({ maxEntries, ...context });
    return l1;
  };
  const cache = await CacheManager.open({ tiers: [memory, l2], clock });
  onTestFinished(() => cache.close());
  const put = (key: string, input: Partial<CacheEntryInput> = {}) => cache.put(key, entryOf(key, input, clock));
  /** Makes the next operation of this kind fail, once. */
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

export const slow = (milliseconds = 20) => new Promise((resolve) => setTimeout(resolve, milliseconds));
