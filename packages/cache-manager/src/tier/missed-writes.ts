import type { CacheEntry } from '@pw/cache-models';

/** How many writes a tier may miss. If it misses more, it is cleared instead of replaying them. */
const MISSED_WRITES_LIMIT = 10_000;

/** Stands for all keys: the tier must be cleared, and no value in it can be trusted until then. */
export const EVERYTHING = Symbol('everything');
export type MissedKey = string | typeof EVERYTHING;

/** The latest write of each key that a tier missed: an entry, or `null` for a removal. */
export class MissedWrites {
  readonly #writes = new Map<MissedKey, CacheEntry | null>();
  readonly #limit: number;

  constructor(limit = MISSED_WRITES_LIMIT) {
    this.#limit = limit;
  }

  /** The keys that were missed, and {@link EVERYTHING} if the tier must be cleared. Always the same map. */
  get keys(): ReadonlyMap<MissedKey, unknown> {
    return this.#writes;
  }

  /** True if the tier's value of the key must not be trusted. */
  covers(key: string): boolean {
    return this.#writes.size > 0 && (this.#writes.has(key) || this.#writes.has(EVERYTHING));
  }

  /** Records the latest write of a key. If there are too many, the tier must be cleared, and later writes are dropped. */
  record(key: string, entry: CacheEntry | null): void {
    if (!this.#writes.has(key) && this.#writes.size >= this.#limit) this.#writes.set(EVERYTHING, null);
    else this.#writes.set(key, entry);
  }

  /** Drops a key because a later write of it has reached the tier. */
  forget(key: string): void {
    if (this.#writes.size > 0) this.#writes.delete(key);
  }

  /** The oldest write whose key satisfies `isReady`. */
  next(isReady: (key: string) => boolean = () => true): readonly [string, CacheEntry | null] | undefined {
    for (const [key, entry] of this.#writes) if (key !== EVERYTHING && isReady(key)) return [key, entry];
    return undefined;
  }

  /** Drops a replayed write, unless it was superseded meanwhile. */
  markReplayed(key: string, entry: CacheEntry | null): void {
    if (this.#writes.get(key) === entry) this.#writes.delete(key);
  }

  /** Call it when the tier has been cleared. */
  markCleared(): void {
    this.#writes.delete(EVERYTHING);
  }

  /** Call it when the whole cache was cleared: the only write that the tier may have missed is then the clear itself. */
  reset(missedTheClear: boolean): void {
    this.#writes.clear();
    if (missedTheClear) this.#writes.set(EVERYTHING, null);
  }
}
