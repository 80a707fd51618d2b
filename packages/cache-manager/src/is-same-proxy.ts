import type { CacheEntry } from '@pw/cache-models';
import { originOf } from '@pw/cache-models/tier';

/** True if two entries belong to the same proxy: scheme, host and port are equal, in any spelling. */
export function isSameProxy(one: CacheEntry, other: CacheEntry): boolean {
  return one.proxyUrl === other.proxyUrl || originOf(one.proxyUrl) === originOf(other.proxyUrl);
}
