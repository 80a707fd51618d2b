import { CacheEntry } from '@pw/cache-models';

/** The entry with no more life left than `maxTtlMs`, if that is given. */
export function capLife(entry: CacheEntry, maxTtlMs: number | undefined, now: number): CacheEntry {
  if (maxTtlMs === undefined || entry.expiresAt <= now + maxTtlMs) return entry;
  return CacheEntry.restore({ ...entry, expiresAt: now + maxTtlMs });
}
