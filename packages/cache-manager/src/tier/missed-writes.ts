import type { CacheEntry } from '@pw/cache-models';

/** How many writes a tier may miss before it is emptied rather than trusted. */
const MISSED_WRITES_LIMIT = 10_000;

/**
 * What a tier should hold and does not: the writes that it missed while it was off or that failed. Until they are
 * replayed the tier must not be asked for these keys: it would answer with a value that was replaced or deleted.
 */
export class MissedWrites {
  readonly #writes = new Map<string, CacheEntry | null>();
  readonly #limit: number;
  #overflowed = false;

  constructor(limit = MISSED_WRITES_LIMIT) {
    this.#limit = limit;
  }

  /** True once more was missed than is kept: nothing in the tier can be trusted. */
  get overflowed(): boolean {
    return this.#overflowed;
  }

  get isEmpty(): boolean {
    return this.#writes.size === 0 && !this.#overflowed;
  }

  /** True if what the tier holds for the key is not to be trusted. */
  covers(key: string): boolean {
    return this.#overflowed || (this.#writes.size > 0 && this.#writes.has(key));
  }

  /** Notes the newest write of a key: an entry, or `null` for a removal. */
  note(key: string, entry: CacheEntry | null): void {
    if (!this.#writes.has(key) && this.#writes.size >= this.#limit) this.#overflowed = true;
    else this.#writes.set(key, entry);
  }

  /** A later write of the key reached the tier. */
  forget(key: string): void {
    if (this.#writes.size > 0) this.#writes.delete(key);
  }

  /** One write to replay, the oldest first, of a key that `ready` lets pass. */
  next(ready: (key: string) => boolean = () => true): readonly [string, CacheEntry | null] | undefined {
    for (const write of this.#writes) if (ready(write[0])) return write;
    return undefined;
  }

  /** The write was replayed, unless a newer one came meanwhile. */
  replayed(key: string, entry: CacheEntry | null): void {
    if (this.#writes.get(key) === entry) this.#writes.delete(key);
  }

  /** The tier is empty: what was missed before does not matter any more. */
  emptied(): void {
    this.#overflowed = false;
  }

  /** Everything is gone from the whole cache: only the emptying itself may still be missing. */
  reset(missedTheClear: boolean): void {
    this.#writes.clear();
    this.#overflowed = missedTheClear;
  }
}
