import type { CacheEntry } from '@pw/cache-models';
import { copyEntry, countAccess } from '@pw/cache-models/tier';

/** A copy of an entry with one more access, so that each put stores something new. */
export function withAccess(entry: CacheEntry, now: number): CacheEntry {
  const copy = copyEntry(entry);
  countAccess(copy, now);
  return copy;
}
