import { type AccessUpdate, CacheEntry, type TouchedEntries } from '@pw/cache-models';

/**
 * The access count after the latest hit, and whether the first tier evicted the entry (`undefined`: unchanged). After a
 * hit, this is the entry itself, so that no object is created.
 */
type Pending = Omit<AccessUpdate, 'key'>;

/** The most updates kept for another attempt after a tier failed. */
const MAX_RETRIED = 10_000;

/**
 * The updates of an access buffer: those recorded in it, those being written, and those in the buffer of the first
 * tier.
 */
export class PendingAccesses {
  /** Accesses that the first tier has counted and that have not been taken from it yet. */
  readonly #touched: TouchedEntries;
  readonly #pending = new Map<string, Pending>();
  /** Updates that have been taken but have not reached every tier yet. */
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

  /** Records the access count of an entry after a hit. */
  recordHit(entry: CacheEntry): void {
    this.#pending.set(entry.key, entry.evictedFromL1 ? merged(entry, undefined, false) : entry);
  }

  /** Records an eviction from the first tier. The entry's access count may be lower than the recorded one. */
  recordEviction(entry: CacheEntry): void {
    this.#pending.set(entry.key, merged(entry, this.#latest(entry.key), true));
  }

  /** The entry with all updates that the lower tiers have not received yet. */
  overlay(entry: CacheEntry): CacheEntry {
    const latest = this.#latest(entry.key);
    if (latest === undefined) return entry;
    // `restore` instead of `with`: the values are ours, and validating them would cost more than the lookup.
    return CacheEntry.restore({
      ...entry.toFields(),
      ...merged(entry, latest, latest.evictedFromL1 ?? entry.evictedFromL1),
    });
  }

  #recordTouched(touched: AccessUpdate): void {
    const { key } = touched;
    const recorded = this.#pending.get(key) ?? this.#writing.get(key);
    this.#pending.set(key, merged(touched, recorded, touched.evictedFromL1 ?? recorded?.evictedFromL1));
  }

  #latest(key: string): Pending | undefined {
    const recorded = this.#pending.get(key) ?? this.#writing.get(key);
    const touched = this.#touched.of(key);
    return touched === undefined
      ? recorded
      : merged(touched, recorded, touched.evictedFromL1 ?? recorded?.evictedFromL1);
  }

  /** Discards the accesses of a key whose value is replaced or removed. */
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

  /** At most `limit` keys with pending updates, the oldest first. */
  oldest(limit: number): string[] {
    for (const touched of this.#touched.take(limit)) this.#recordTouched(touched);
    return this.#pending.keys().take(limit).toArray();
  }

  /** Takes the updates of these keys for writing; they are still overlaid until `finishWrite`. */
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

  /** Call it after the taken updates were written. If a tier failed, they become pending again. */
  finishWrite(hasFailed = false): void {
    // Without a limit, a tier that always fails would fill the memory.
    if (hasFailed && this.#pending.size < MAX_RETRIED)
      for (const [key, taken] of this.#writing) if (!this.#pending.has(key)) this.#pending.set(key, taken);
    this.#writing.clear();
  }
}

/** The maximum of both, because neither a count nor a time ever decreases. */
function merged<M extends boolean | undefined>(entry: Pending, other: Pending | undefined, evictedFromL1: M) {
  return {
    accessCount: Math.max(entry.accessCount, other?.accessCount ?? 0),
    lastAccessed: Math.max(entry.lastAccessed, other?.lastAccessed ?? entry.lastAccessed),
    evictedFromL1,
  };
}
