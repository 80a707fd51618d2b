import type { CacheEntry } from '@pw/cache-models';

/** The most writes that are kept while no persistent tier takes them. */
const LIMIT = 10_000;

/** A write that no persistent tier has taken: an entry, or `null` for a removal. */
export interface UnstoredWrite {
  readonly entry: CacheEntry | null;
  readonly version: number;
}

/**
 * The latest write of each key that no persistent tier could take. They are lost when the process ends, and stored as
 * soon as a tier is back. Invariant: what is here is newer than what any tier had when it was added.
 */
export class UnstoredWrites {
  readonly #writes = new Map<string, UnstoredWrite>();

  get size(): number {
    return this.#writes.size;
  }

  get(key: string): UnstoredWrite | undefined {
    return this.#writes.size === 0 ? undefined : this.#writes.get(key);
  }

  /** False, and nothing is added, if there are too many. */
  add(key: string, write: UnstoredWrite): boolean {
    if (this.#writes.size >= LIMIT && !this.#writes.has(key)) return false;
    this.#writes.set(key, write);
    return true;
  }

  /** Call it when a tier has taken this write or a later one. */
  forget(key: string): void {
    if (this.#writes.size > 0) this.#writes.delete(key);
  }

  clear(): void {
    this.#writes.clear();
  }

  [Symbol.iterator](): Iterator<readonly [string, UnstoredWrite]> {
    return [...this.#writes][Symbol.iterator]();
  }
}
