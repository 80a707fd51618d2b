import type { CacheEntry } from '@pw/cache-models';

/** How many writes a tier may miss. If it misses more, it is cleared instead of replaying them. */
const MISSED_WRITES_LIMIT = 10_000;

/**
 * Writes that a tier missed because it was out of use or failed. Until a key's write is replayed, the tier must not be
 * read for that key: it could return a value that was replaced or deleted.
 */
export class MissedWrites {
  readonly #writes = new Map<string, CacheEntry | null>();
  readonly #limit: number;
  #overflowed = false;

  constructor(limit = MISSED_WRITES_LIMIT) {
    this.#limit = limit;
  }

  /** True if more writes were missed than are kept: then no value in the tier can be trusted. */
  get overflowed(): boolean {
    return this.#overflowed;
  }

  get isEmpty(): boolean {
    return this.#writes.size === 0 && !this.#overflowed;
  }

  /** True if the tier's value of the key must not be trusted. */
  covers(key: string): boolean {
    return this.#overflowed || (this.#writes.size > 0 && this.#writes.has(key));
  }

  /** Records the latest write of a key: an entry, or `null` for a removal. */
  record(key: string, entry: CacheEntry | null): void {
    if (!this.#writes.has(key) && this.#writes.size >= this.#limit) this.#overflowed = true;
    else this.#writes.set(key, entry);
  }

  /** Drops a key because a later write of it has reached the tier. */
  forget(key: string): void {
    if (this.#writes.size > 0) this.#writes.delete(key);
  }

  /** The oldest write whose key satisfies `isReady`. */
  next(isReady: (key: string) => boolean = () => true): readonly [string, CacheEntry | null] | undefined {
    for (const write of this.#writes) if (isReady(write[0])) return write;
    return undefined;
  }

  /** Drops a replayed write, unless it was superseded meanwhile. */
  markReplayed(key: string, entry: CacheEntry | null): void {
    if (this.#writes.get(key) === entry) this.#writes.delete(key);
  }

  /** Call it when the tier has been cleared: the overflow no longer matters then. */
  markCleared(): void {
    this.#overflowed = false;
  }

  /**
   * Call it when the whole cache was cleared: the only write that the tier may have missed is then the clear itself.
   */
  reset(missedTheClear: boolean): void {
    this.#writes.clear();
    this.#overflowed = missedTheClear;
  }
}
