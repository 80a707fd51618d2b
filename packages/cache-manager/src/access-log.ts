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
  /** What is being written at this moment: taken, and not yet in every tier. */
  #writing = new Map<string, Pending>();

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

  /** Notes that the first tier had no room for the entry; what it knew of accesses may be less than what is noted. */
  evicted(entry: CacheEntry): void {
    const known = this.#known(entry.key);
    this.#pending.set(entry.key, {
      accessCount: Math.max(entry.accessCount, known?.accessCount ?? 0),
      lastAccessed: Math.max(entry.lastAccessed, known?.lastAccessed ?? entry.lastAccessed),
      evictedFromL1: true,
    });
  }

  /** The entry as it would be had everything been written. */
  overlay(entry: CacheEntry): CacheEntry {
    const known = this.#known(entry.key);
    if (known === undefined) return entry;
    // Restored, not `with`: these values are our own, and validating them would cost more than the lookup.
    return CacheEntry.restore({
      ...entry,
      accessCount: Math.max(entry.accessCount, known.accessCount),
      lastAccessed: Math.max(entry.lastAccessed, known.lastAccessed),
      evictedFromL1: known.evictedFromL1,
    });
  }

  #known(key: string): Pending | undefined {
    return this.#pending.get(key) ?? this.#writing.get(key);
  }

  /** A new value of the key makes the old one's accesses void. */
  forget(key: string): void {
    if (this.#pending.size > 0) this.#pending.delete(key);
    if (this.#writing.size > 0) this.#writing.delete(key);
  }

  clear(): void {
    this.#pending.clear();
    this.#writing.clear();
  }

  /** Keys of what was noted, the oldest first, at most `limit`. */
  oldest(limit: number): string[] {
    return this.#pending.keys().take(limit).toArray();
  }

  /** Hands over what is noted of these keys, for writing; it is laid over answers until `written`. */
  take(keys: readonly string[]): AccessUpdate[] {
    const updates: AccessUpdate[] = [];
    for (const key of keys) {
      const pending = this.#pending.get(key);
      if (pending === undefined) continue;
      this.#pending.delete(key);
      this.#writing.set(key, pending);
      updates.push({ key, ...pending });
    }
    return updates;
  }

  /** What was taken has been written. */
  written(): void {
    this.#writing.clear();
  }
}

function pick(entry: CacheEntry, evictedFromL1: boolean): Pending {
  return { accessCount: entry.accessCount, lastAccessed: entry.lastAccessed, evictedFromL1 };
}
