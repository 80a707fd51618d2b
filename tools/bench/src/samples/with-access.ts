import { type CacheEntry, copyEntry, countAccess } from '@pw/cache-models';

/** A copy of an entry with one more access, so that each put stores something new. */
export function withAccess(entry: CacheEntry, now: number): CacheEntry {
  const copy = copyEntry(entry);
  countAccess(copy, now);
  return copy;
}
