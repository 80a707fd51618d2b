import { type AccessUpdate, CacheEntry, type TouchedEntries } from '@pw/cache-models';

/**
 * What the newest hits say of an entry, and whether the first tier let it go (`undefined`: as it was). After a hit it is
 * the entry itself: that costs a hit one reference and no object.
 */
type Pending = Omit<AccessUpdate, 'key'>;

/** So many are kept for another try when a tier failed under them. */
const MOST_AGAIN = 10_000;

/**
 * Hits and evictions that the lower tiers do not know of yet. They are written behind, in batches, so that no read
 * costs a write; a reader of a lower tier gets them laid over what the tier holds.
 */
export class AccessLog {
  /** What the first tier has counted by itself and nobody has taken yet. */
  readonly #touched: TouchedEntries;
  readonly #pending = new Map<string, Pending>();
  /** What is being written at this moment: taken, and not yet in every tier. */
  #writing = new Map<string, Pending>();

  constructor(touched: TouchedEntries) {
    this.#touched = touched;
  }

  get size(): number {
    return this.#pending.size + this.#touched.count;
  }

  has(key: string): boolean {
    return this.#pending.has(key);
  }

  /** Notes what a hit left in the entry. */
  hit(entry: CacheEntry): void {
    this.#pending.set(entry.key, entry.evictedFromL1 ? merged(entry, undefined, false) : entry);
  }

  /** Notes that the first tier had no room for the entry; what it knew of accesses may be less than what is noted. */
  evicted(entry: CacheEntry): void {
    this.#pending.set(entry.key, merged(entry, this.#known(entry.key), true));
  }

  /** The entry as it would be had everything been written. */
  overlay(entry: CacheEntry): CacheEntry {
    const known = this.#known(entry.key);
    if (known === undefined) return entry;
    // Restored, not `with`: these values are our own, and validating them would cost more than the lookup.
    return CacheEntry.restore({
      ...entry,
      ...merged(entry, known, known.evictedFromL1 ?? entry.evictedFromL1),
    });
  }

  #note(touched: AccessUpdate): void {
    const { key } = touched;
    const noted = this.#pending.get(key) ?? this.#writing.get(key);
    this.#pending.set(key, merged(touched, noted, touched.evictedFromL1 ?? noted?.evictedFromL1));
  }

  #known(key: string): Pending | undefined {
    const noted = this.#pending.get(key) ?? this.#writing.get(key);
    const touched = this.#touched.of(key);
    return touched === undefined ? noted : merged(touched, noted, touched.evictedFromL1 ?? noted?.evictedFromL1);
  }

  /** A new value of the key makes the old one's accesses void. */
  forget(key: string): void {
    if (this.#pending.size > 0) this.#pending.delete(key);
    if (this.#writing.size > 0) this.#writing.delete(key);
    this.#touched.forget(key);
  }

  clear(): void {
    this.#pending.clear();
    this.#writing.clear();
    this.#touched.forget();
  }

  /** Keys of what was noted, the oldest first, at most `limit`. */
  oldest(limit: number): string[] {
    for (const touched of this.#touched.take(limit)) this.#note(touched);
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
      const { accessCount, lastAccessed, evictedFromL1 } = pending;
      updates.push({ key, accessCount, lastAccessed, evictedFromL1 });
    }
    return updates;
  }

  /** What was taken has been written; with `again`, a tier failed under it, and it is to be written once more. */
  written(again = false): void {
    // A tier that never takes them must not fill the memory.
    if (again && this.#pending.size < MOST_AGAIN)
      for (const [key, taken] of this.#writing) if (!this.#pending.has(key)) this.#pending.set(key, taken);
    this.#writing.clear();
  }
}

/** The greater of both: neither a count nor a time goes back. */
function merged<M extends boolean | undefined>(entry: Pending, known: Pending | undefined, evictedFromL1: M) {
  return {
    accessCount: Math.max(entry.accessCount, known?.accessCount ?? 0),
    lastAccessed: Math.max(entry.lastAccessed, known?.lastAccessed ?? entry.lastAccessed),
    evictedFromL1,
  };
}
