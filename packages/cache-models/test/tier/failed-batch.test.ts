import { expect, it } from 'vitest';
import { MapTier } from './map-tiers.ts';

it('a getMany that fails counts each key as a miss, like get, and one failure', () => {
  class FailingTier extends MapTier {
    protected override doGetMany(): Map<string, never> {
      throw new Error('planted');
    }
  }
  const tier = new FailingTier({ failureThreshold: 2 });
  expect(tier.getMany(['a', 'b', 'a']).size).toBe(0);
  expect(tier.failureCount).toBe(1);
  tier.getMany(['a']);
  expect(tier.enabled).toBe(false);
  expect(tier.statistics.misses).toBe(3);
  tier.getMany(['a']);
  expect(tier.statistics.misses).toBe(3);
});
