import { type CacheEntry, copyEntry, countAccess } from '@pw/cache-models';

/** A copy of an entry that counts one access more, at `now`. */
export function accessed(entry: CacheEntry, now: number): CacheEntry {
  const copy = copyEntry(entry);
  countAccess(copy, now);
  return copy;
}
