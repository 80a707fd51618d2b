import { CacheManager } from '@pw/cache-manager';
import { CacheEntry } from '@pw/cache-models';
import { MemoryCacheTier } from '@pw/tier-memory';
import { RedisCacheTier, type RedisTierOptions } from '@pw/tier-redis';

/** Of the tier under test: short enough to wait for, long enough for a machine that does much else. */
export const TIMEOUT_MS = 500;

export function entryOf(key: string, source = 'first'): CacheEntry {
  return CacheEntry.create({ key, proxyUrl: 'http://192.0.2.1:8080', source, ttlSeconds: 3600 });
}

/** A cache of one process: Redis, with memory in front if `memory`. */
export async function openCache(options: RedisTierOptions, memory = true): Promise<CacheManager> {
  const redis = new RedisCacheTier({}, { timeoutMs: TIMEOUT_MS, heartbeatMs: 200, graceMs: 500, ...options });
  const tiers = [
    ...(memory ? [{ name: 'memory', tier: new MemoryCacheTier({}, {}) }] : []),
    { name: 'redis', tier: redis },
  ];
  return CacheManager.open({ tiers });
}

/** True once the server has the newest value of every key; asks, and so lets the tier come back. */
export async function isBack(cache: CacheManager): Promise<boolean> {
  const probe = entryOf('probe', String(Math.random()));
  return (await cache.putDetailed('probe', probe)).tiers['redis'] === true;
}
