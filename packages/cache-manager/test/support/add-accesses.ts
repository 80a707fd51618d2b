import type { CacheEntry } from '@pw/cache-models';
import type { AccessUpdate } from '@pw/cache-models/tier';

/** Adds accesses to the entries of a store, as a tier does. Returns how many of the updates had an entry. */
export function addAccesses(store: Map<string, CacheEntry>, updates: readonly AccessUpdate[]): number {
  let found = 0;
  for (const { key, hits, lastAccessed, evictedFromL1 } of updates) {
    const entry = store.get(key);
    if (entry === undefined) continue;
    found++;
    const changed = entry.with({
      accessCount: entry.accessCount + hits,
      lastAccessed: Math.max(entry.lastAccessed, lastAccessed),
      evictedFromL1: evictedFromL1 ?? entry.evictedFromL1,
    });
    store.set(key, changed);
  }
  return found;
}
