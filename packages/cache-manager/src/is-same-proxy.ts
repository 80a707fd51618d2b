import { type CacheEntry, originOf } from '@pw/cache-models';

/** True if two entries are of one proxy: scheme, host and port are the same, in whatever spelling. */
export function isSameProxy(one: CacheEntry, other: CacheEntry): boolean {
  return one.proxyUrl === other.proxyUrl || originOf(one.proxyUrl) === originOf(other.proxyUrl);
}
