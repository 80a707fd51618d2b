import type { CacheManager } from '@pw/cache-manager';
import { generateCacheKey } from '@pw/cache-models';

/** Splits proxies into those that the second tier contains and those that it does not. Does not count as a read. */
export async function splitBySecondTier(
  cache: CacheManager,
  urls: readonly string[],
): Promise<{ readonly inside: string[]; readonly outside: string[] }> {
  const keys = new Set(await cache.tiers[1]!.tier!.keys());
  const isInside = (url: string) => keys.has(generateCacheKey(url));
  return { inside: urls.filter(isInside), outside: urls.filter((url) => !isInside(url)) };
}
