import { CacheManager } from '@pw/cache-manager';
import { CacheEntry } from '@pw/cache-models';
import { MemoryCacheTier } from '@pw/tier-memory';
import { RedisCacheTier, type RedisTierOptions } from '@pw/tier-redis';

/** The timeout of the tier under test: short enough to wait for, long enough for a busy machine. */
export const TIMEOUT_MS = 500;

export function entryOf(key: string, source = 'first'): CacheEntry {
  return CacheEntry.create({ key, proxyUrl: 'http://192.0.2.1:8080', source, ttlSeconds: 3600 });
}

/** The cache of one process: Redis, with memory in front of it if `memory` is true. */
export async function openCache(options: RedisTierOptions, memory = true): Promise<CacheManager> {
  const redis = new RedisCacheTier({ timeoutMs: TIMEOUT_MS, heartbeatMs: 200, graceMs: 500, ...options });
  const tiers = [
    ...(memory ? [{ name: 'memory', tier: new MemoryCacheTier({}) }] : []),
    { name: 'redis', tier: redis },
  ];
  return CacheManager.open({ tiers });
}

/** Writes a probe entry, which lets the circuit breaker close, and returns whether the server stored it. */
export async function canWrite(cache: CacheManager): Promise<boolean> {
  const probe = entryOf('probe', String(Math.random()));
  return (await cache.putDetailed('probe', probe)).tiers['redis'] === true;
}
