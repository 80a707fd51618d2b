import { CacheConfigError } from '@pw/cache-models';
import { describe, expect, it } from 'vitest';
import { CacheManager } from '../../src/index.ts';
import { HookTier } from '../support/hook-tier.ts';

describe('invalid options', () => {
  it.each([
    { tierTimeoutMs: Number.POSITIVE_INFINITY },
    { tierTimeoutMs: 0 },
    { cleanupIntervalSeconds: 0 },
    { failureThreshold: 0 },
    { defaultTtlSeconds: 1.5 },
  ])('%j are rejected before anything is opened', async (options) => {
    const tier = new HookTier();
    await expect(CacheManager.open({ tiers: [tier], ...options })).rejects.toThrow(CacheConfigError);
    expect(tier.status).toBe('new');
  });

  it.each([0, 1.5, Number.POSITIVE_INFINITY, Number.NaN])(
    'failureThreshold %d of a tier is rejected',
    (failureThreshold) => {
      expect(() => new HookTier({ failureThreshold })).toThrow(CacheConfigError);
    },
  );
});
