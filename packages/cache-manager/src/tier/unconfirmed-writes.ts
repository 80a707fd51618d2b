import type { CacheEntry } from '@pw/cache-models';

/** How long a write that got no answer may keep its key from being read, in milliseconds. */
export const DOUBT_MS = 60_000;

/** Writes of one key that got no answer in time and may still land. */
export interface Doubt {
  /** How many of them have not settled. */
  open: number;
  /** When the newest of them was given up, in epoch milliseconds. */
  since: number;
  /** What the key should hold: an entry, or `null` for nothing; `undefined` while that is not known. */
  wanted: CacheEntry | null | undefined;
}

/**
 * Writes that were given up and may land at any time, also over a newer one. Until they have settled, what a tier holds
 * for their keys is not to be believed, whatever the tier answered meanwhile; then the newest write is made once more.
 *
 * A promise that never settles must not keep its key away for ever: after {@link DOUBT_MS} the key is believed again. Should
 * it settle later, the key is repaired then.
 */
export class DoubtfulWrites {
  readonly #doubts = new Map<string, Doubt>();

  /** Notes writes that were given up; `settled` is told of each key whose last open write has ended, and of what it should hold. */
  add(
    keys: readonly string[],
    late: Promise<unknown>,
    now: number,
    settled: (key: string, wanted: CacheEntry | null | undefined) => void,
  ): void {
    for (const key of keys) this.#open(key, now);
    const end = () => {
      for (const key of keys) this.#end(key, settled);
    };
    late.then(end, end);
  }

  /** A write of the key begins: the doubt that is open on it, now with this value as the wanted one. */
  begin(key: string, wanted: CacheEntry | null): Doubt | undefined {
    if (this.#doubts.size === 0) return undefined;
    const doubt = this.#doubts.get(key);
    if (doubt !== undefined) doubt.wanted = wanted;
    return doubt;
  }

  /** Every key is to hold nothing. Gives the keys on which a doubt is open. */
  beginClear(): string[] {
    for (const doubt of this.#doubts.values()) doubt.wanted = null;
    return [...this.#doubts.keys()];
  }

  /** True while a write of the key may land that was given up a short time ago. */
  isFresh(key: string, now: number): boolean {
    const doubt = this.#doubts.get(key);
    return doubt !== undefined && now - doubt.since < DOUBT_MS;
  }

  #open(key: string, now: number): void {
    const doubt = this.#doubts.get(key);
    if (doubt === undefined) this.#doubts.set(key, { open: 1, since: now, wanted: undefined });
    else {
      doubt.open++;
      doubt.since = now;
    }
  }

  #end(key: string, settled: (key: string, wanted: CacheEntry | null | undefined) => void): void {
    const doubt = this.#doubts.get(key);
    if (doubt === undefined || --doubt.open > 0) return;
    this.#doubts.delete(key);
    settled(key, doubt.wanted);
  }
}

/** True if a write that went well leaves the key as it was written, though `doubt` was open on it when the write began. */
export function isBelievable(doubt: Doubt | undefined, now: number): boolean {
  // One that ended meanwhile may have landed after the write.
  return doubt === undefined || (doubt.open > 0 && now - doubt.since >= DOUBT_MS);
}
