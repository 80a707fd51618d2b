/** Keys that are remembered, so that one put twice counts once. */
const MOST_KEYS = 10_000;

/**
 * How many entries there are, as far as this process knows without asking: as many as at the last count, and what it has put
 * and removed since. What others do meanwhile, and puts after the first 10,000 keys, come in with the next count.
 */
export class SizeEstimate {
  #counted = 0;
  readonly #put = new Map<string, number>();

  /** Looks at what was put: what has expired since is no more. */
  at(now: number): number {
    for (const [key, expiresAt] of this.#put) if (expiresAt <= now) this.#put.delete(key);
    return this.#counted + this.#put.size;
  }

  counted(size: number): void {
    this.#counted = size;
    this.#put.clear();
  }

  stored(key: string, expiresAt: number): void {
    if (this.#put.size < MOST_KEYS || this.#put.has(key)) this.#put.set(key, expiresAt);
  }

  removed(key: string): void {
    if (!this.#put.delete(key) && this.#counted > 0) this.#counted--;
  }
}
