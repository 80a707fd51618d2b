import { type AccessUpdate, CacheEntry } from '@pw/cache-models';

/** What the newest hits say of an entry, and whether the first tier let it go. */
interface Pending {
  accessCount: number;
  lastAccessed: number;
  evictedFromL1: boolean;
}

/**
 * Hits and evictions that the lower tiers do not know of yet. They are written behind, in batches, so that no read
 * costs a write; a reader of a lower tier gets them laid over what the tier holds.
 */
export class AccessLog {
  readonly #pending = new Map<string, Pending>();

  get size(): number {
    return this.#pending.size;
  }

  /** Notes what a hit left in the entry. */
  hit(entry: CacheEntry): void {
    const known = this.#pending.get(entry.key);
    if (known === undefined) this.#pending.set(entry.key, pick(entry, false));
    else {
      known.accessCount = entry.accessCount;
      known.lastAccessed = entry.lastAccessed;
      known.evictedFromL1 = false;
    }
  }

  /** Notes that the first tier had no room for the entry. */
  evicted(entry: CacheEntry): void {
    this.#pending.set(entry.key, pick(entry, true));
  }

  /** The entry as it would be had everything been written. */
  overlay(entry: CacheEntry): CacheEntry {
    const known = this.#pending.get(entry.key);
    if (known === undefined) return entry;
    // Restored, not `with`: these values are our own, and validating them would cost more than the lookup.
    return CacheEntry.restore({
      ...entry,
      accessCount: Math.max(entry.accessCount, known.accessCount),
      lastAccessed: Math.max(entry.lastAccessed, known.lastAccessed),
      evictedFromL1: known.evictedFromL1,
    });
  }

  /** A new value of the key makes the old one's accesses void. */
  forget(key: string): void {
    if (this.#pending.size > 0) this.#pending.delete(key);
  }

  clear(): void {
    this.#pending.clear();
  }

  /** The oldest of what was noted, at most `limit`, which is thereby handed over. */
  take(limit: number): AccessUpdate[] {
    const updates: AccessUpdate[] = [];
    for (const [key, pending] of this.#pending) {
      if (updates.length === limit) break;
      updates.push({ key, ...pending });
      this.#pending.delete(key);
    }
    return updates;
  }
}

function pick(entry: CacheEntry, evictedFromL1: boolean): Pending {
  return { accessCount: entry.accessCount, lastAccessed: entry.lastAccessed, evictedFromL1 };
}
