import type { CacheEntry } from '@pw/cache-models';

/** The most entries kept. The one that was recorded longest ago is dropped first. */
const LIMIT = 10_000;

/**
 * The newest values of keys, to be returned after they have expired, while a new value is being loaded. Recorded under
 * the keys' locks and discarded with every write and removal, so that a replaced or deleted value is never returned.
 */
export class StaleEntries {
  readonly #entries = new Map<string, CacheEntry>();

  has(key: string): boolean {
    return this.#entries.has(key);
  }

  record(entry: CacheEntry): void {
    this.#entries.delete(entry.key);
    if (this.#entries.size >= LIMIT) this.forget(this.#entries.keys().next().value!);
    this.#entries.set(entry.key, entry);
  }

  /** The value of a key, if it expired less than `windowMs` ago. */
  get(key: string, now: number, windowMs: number): CacheEntry | undefined {
    const entry = this.#entries.get(key);
    return entry?.isExpiredAt(now) && now < entry.expiresAt + windowMs ? entry : undefined;
  }

  forget(key: string): void {
    if (this.#entries.size > 0) this.#entries.delete(key);
  }

  clear(): void {
    this.#entries.clear();
  }
}
