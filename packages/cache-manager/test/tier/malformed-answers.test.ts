import { ManualClock } from '@pw/test-support';
import { MemoryCacheTier } from '@pw/tier-memory';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { CacheManager } from '../../src/index.ts';
import { FaultTier } from '../support/fault-tier.ts';
import { entryOf } from '../support/stack.ts';

/** A tier that breaks the contract wherever it can. */
class BrokenTier extends FaultTier {
  override handleFailure(): never {
    throw new Error('planted in handleFailure');
  }
  override resetFailures(): never {
    throw new Error('planted in resetFailures');
  }
  override get(): never {
    throw new Error('planted in get');
  }
  override getNow(): never {
    throw new Error('planted in getNow');
  }
  override put(): never {
    throw new Error('planted in put');
  }
  override entries(): never {
    throw new Error('planted in entries');
  }
}

describe('a tier that breaks the contract wherever it can', () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => unhandled.push(reason);
  beforeEach(() => {
    unhandled.length = 0;
    process.on('unhandledRejection', note);
  });
  afterEach(() => {
    process.off('unhandledRejection', note);
  });

  it('harms neither the cache nor the process', async () => {
    const clock = new ManualClock();
    const l2 = new BrokenTier({ clock });
    const cache = await CacheManager.open({ tiers: [new MemoryCacheTier({ clock }), l2], clock });
    onTestFinished(() => cache.close());
    for (let i = 0; i < 10; i++) {
      expect(await cache.put(`k${i}`, entryOf(`k${i}`, {}, clock))).toBe(true);
      expect(await cache.get('unknown')).toBeUndefined();
      clock.advance(61_000);
    }
    const seen: string[] = [];
    for await (const entry of cache.entries()) seen.push(entry.key);
    expect(seen).toHaveLength(10);
    expect(cache.getStatistics().l2Degraded).toBe(true);
    await new Promise((resolve) => setImmediate(resolve));
    expect(unhandled).toEqual([]);
  });

  it('does not keep the cache from opening if it cannot open', async () => {
    const l2 = new BrokenTier();
    l2.fault = 'throw';
    const cache = await CacheManager.open({ tiers: [new MemoryCacheTier({}), l2] });
    onTestFinished(() => cache.close());
    expect(await cache.put('k', entryOf('k'))).toBe(true);
    expect(cache.getStatistics().l2Degraded).toBe(true);
  });
});
