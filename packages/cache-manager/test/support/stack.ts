import { CacheEntry, type CacheEntryInput, type CacheTierConfigInput } from '@pw/cache-models';
import { ManualClock, RecordingLogger } from '@pw/test-support';
import { MemoryCacheTier } from '@pw/tier-memory';
import { onTestFinished } from 'vitest';
import { CacheManager, type CacheManagerOptions } from '../../src/index.ts';

/** A cache of three memory tiers with a manual clock, closed at the end of the test. */
export async function openStack(l1: CacheTierConfigInput = {}, options: Partial<CacheManagerOptions> = {}) {
  const clock = new ManualClock();
  const logger = new RecordingLogger();
  const tiers: MemoryCacheTier[] = [];
  const recipe = (config: CacheTierConfigInput) => (context: object) => {
    const tier = new MemoryCacheTier({ ...config, ...context });
    tiers.push(tier);
    return tier;
  };
  const manager = await CacheManager.open({ tiers: [recipe(l1), recipe({}), recipe({})], clock, logger, ...options });
  onTestFinished(() => manager.close());
  const [first, second, third] = tiers;
  return { manager, clock, logger, l1: first!, l2: second!, l3: third! };
}

let port = 0;

/** An entry under a key; its URL does not matter. */
export function entryOf(key: string, input: Partial<CacheEntryInput> = {}, clock?: ManualClock): CacheEntry {
  port = (port % 65_535) + 1;
  return CacheEntry.create({ proxyUrl: `http://h.example:${port}`, key, ...input }, clock);
}
