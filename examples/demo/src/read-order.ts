import type { CacheManager } from '@pw/cache-manager';
import { generateCacheKey } from '@pw/cache-models';

/** The proxies that the second tier has, and those that it had no room for. Looking there counts nothing. */
export async function bySecondTier(
  cache: CacheManager,
  urls: readonly string[],
): Promise<{ readonly inside: string[]; readonly outside: string[] }> {
  const keys = new Set(await cache.tiers[1]!.tier.keys());
  const isInside = (url: string) => keys.has(generateCacheKey(url));
  return { inside: urls.filter(isInside), outside: urls.filter((url) => !isInside(url)) };
}
