/** About 10 MB of keys. */
const LIMIT = 100_000;

/**
 * The most recent keys of rows with a password, in bounded memory, to report a different password under the same key.
 */
export class RecentKeys {
  readonly #limit: number;
  readonly #keys = new Set<string>();

  constructor(limit = LIMIT) {
    this.#limit = limit;
  }

  has(key: string): boolean {
    return this.#keys.has(key);
  }

  add(key: string): void {
    // Re-inserted at the end, as the most recent.
    this.#keys.delete(key);
    this.#keys.add(key);
    if (this.#keys.size <= this.#limit) return;
    for (const oldest of this.#keys) {
      this.#keys.delete(oldest);
      return;
    }
  }
}
