import { CacheEntry } from '@pw/cache-models';

/** The entry with at most `maxTtlMs` of its TTL left, if a maximum is given. */
export function capTtl(entry: CacheEntry, maxTtlMs: number | undefined, now: number): CacheEntry {
  if (maxTtlMs === undefined || entry.expiresAt <= now + maxTtlMs) return entry;
  return CacheEntry.restore({ ...entry.toFields(), expiresAt: now + maxTtlMs });
}
