/** How many keys are remembered, so that a key put twice counts once. */
const MOST_KEYS = 10_000;

/**
 * Estimates the number of entries without sending a command: the last count, plus the puts and minus the deletes of
 * this process since. Changes by other processes, and puts beyond the first 10,000 keys, show up at the next count.
 */
export class SizeEstimate {
  #counted = 0;
  readonly #put = new Map<string, number>();

  /** The estimate at a time; entries that have expired by then no longer count. */
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
