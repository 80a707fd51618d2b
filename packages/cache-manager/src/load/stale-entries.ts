import type { CacheEntry } from '@pw/cache-models';

/** Most entries that are kept; the one noted first makes room. */
const LIMIT = 10_000;

/**
 * The newest values of keys that may be answered with after their time is up, while a new one is being loaded. Written under the
 * keys' locks, and forgotten with every write and removal: a replaced or deleted value is never answered with.
 */
export class StaleEntries {
  readonly #entries = new Map<string, CacheEntry>();

  has(key: string): boolean {
    return this.#entries.has(key);
  }

  note(entry: CacheEntry): void {
    this.#entries.delete(entry.key);
    if (this.#entries.size >= LIMIT) this.forget(this.#entries.keys().next().value!);
    this.#entries.set(entry.key, entry);
  }

  /** The value of a key whose time was up less than `windowMs` ago. */
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
