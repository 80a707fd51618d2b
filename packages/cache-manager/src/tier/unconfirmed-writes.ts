import type { CacheEntry } from '@pw/cache-models';

/** How long an unconfirmed write may prevent its key from being read, in milliseconds. */
export const UNCONFIRMED_MS = 60_000;

/** Writes of one key that timed out and may still take effect. */
interface UnconfirmedWrite {
  /** The number of writes that have not settled. */
  pending: number;
  /** When the latest write timed out, in epoch milliseconds. */
  since: number;
  /** The value that the key should have: an entry, `null` for none, or `undefined` while it is unknown. */
  expected: CacheEntry | null | undefined;
}

/**
 * Writes that timed out and may still take effect at any time, even over a later write. Until they have settled, the
 * tier's values of their keys cannot be trusted, even if later calls succeeded. Then the latest write is repeated.
 *
 * A promise that never settles must not block its key forever: after {@link UNCONFIRMED_MS} the key is trusted again.
 * If the promise does settle later, the key is repaired then.
 */
export class UnconfirmedWrites {
  readonly #writes = new Map<string, UnconfirmedWrite>();

  /**
   * Tracks writes that timed out. Resolves once they have settled, to the keys of which no other write is pending, each
   * with the value that it should have. Never rejects.
   */
  async track(
    keys: readonly string[],
    late: Promise<unknown>,
    now: number,
  ): Promise<(readonly [key: string, expected: CacheEntry | null])[]> {
    for (const key of keys) this.#add(key, now);
    await Promise.allSettled([late]);
    const settled: (readonly [string, CacheEntry | null])[] = [];
    for (const key of keys) {
      const expected = this.#settle(key);
      if (expected !== undefined) settled.push([key, expected]);
    }
    return settled;
  }

  /**
   * Call it when a write of the key begins. Sets the expected value of the key's unconfirmed write, if there is one,
   * and returns it.
   */
  supersede(key: string, expected: CacheEntry | null): object | undefined {
    if (this.#writes.size === 0) return undefined;
    const unconfirmed = this.#writes.get(key);
    if (unconfirmed !== undefined) unconfirmed.expected = expected;
    return unconfirmed;
  }

  /** Sets the expected value of every unconfirmed write to a removal. Returns their keys. */
  supersedeAll(): string[] {
    for (const unconfirmed of this.#writes.values()) unconfirmed.expected = null;
    return [...this.#writes.keys()];
  }

  /** True while a write of the key that timed out recently may still take effect. */
  isPending(key: string, now: number): boolean {
    const unconfirmed = this.#writes.get(key);
    return unconfirmed !== undefined && now - unconfirmed.since < UNCONFIRMED_MS;
  }

  /**
   * True if a successful write determines the value of its key. `late` is what `supersede` returned when the write
   * began.
   */
  isConfirmed(late: object | undefined, now: number): boolean {
    if (late === undefined) return true;
    const { pending, since } = late as UnconfirmedWrite;
    // An unconfirmed write that settled meanwhile may have taken effect after this write.
    return pending > 0 && now - since >= UNCONFIRMED_MS;
  }

  #add(key: string, now: number): void {
    const unconfirmed = this.#writes.get(key);
    if (unconfirmed === undefined) this.#writes.set(key, { pending: 1, since: now, expected: undefined });
    else {
      unconfirmed.pending++;
      unconfirmed.since = now;
    }
  }

  /** The expected value of a key, once none of its writes is pending and if it is known. */
  #settle(key: string): CacheEntry | null | undefined {
    const unconfirmed = this.#writes.get(key);
    if (unconfirmed === undefined || --unconfirmed.pending > 0) return undefined;
    this.#writes.delete(key);
    return unconfirmed.expected;
  }
}
