import type { CacheEntry, Clock, MaybePromise } from '@pw/cache-models';
import { plural } from '../plural.ts';

/** A stack in which every tier has a limit, so that an import may push out what it loaded itself. */
export interface LimitedRoom {
  /** Entries that the largest tier holds at most. */
  readonly capacity: number;
  /** Evictions from all tiers so far; it only grows. */
  evictions(): number;
  /** Of each key whether a tier has it; `true` where a tier cannot tell. Counts nothing. */
  hasMany(keys: readonly string[]): MaybePromise<readonly boolean[]>;
}

/** Keys that are kept in mind at most, some 20 MB: with more the count is a lower bound. */
const MOST_KEYS = 200_000;
/** Keys beyond what the tiers hold before it is counted which of them are gone. */
const MARGIN = 1000;
/** Keys that are looked up at once. */
const SLICE = 500;

/**
 * Counts which of the entries that an import loaded are gone again before it ends, because there was no room. It remembers the keys that may be there still: twice
 * what the tiers hold, and {@link MOST_KEYS} at most.
 */
export class EvictionWatch {
  readonly #room: LimitedRoom;
  readonly #clock: Clock;
  readonly #mostKeys: number;
  readonly #evictionsBefore: number;
  /** When the entry of a key expires: one that is gone since did not have to make room. */
  readonly #expiries = new Map<string, number>();
  #loaded = 0;
  #gone = 0;
  #isAtLeast = false;

  constructor(room: LimitedRoom, clock: Clock, mostKeys = MOST_KEYS) {
    this.#room = room;
    this.#clock = clock;
    this.#mostKeys = mostKeys;
    this.#evictionsBefore = room.evictions();
  }

  async loaded(entries: readonly CacheEntry[]): Promise<void> {
    for (const { key, expiresAt } of entries) {
      if (!this.#expiries.has(key)) this.#loaded++;
      this.#expiries.set(key, expiresAt);
    }
    const most = Math.min(2 * this.#room.capacity + MARGIN, this.#mostKeys);
    if (this.#expiries.size <= most) return;
    await this.#count();
    // Half, so that what is there is not looked up for each batch. Those that are forgotten may have to go later, unseen.
    for (const key of this.#expiries.keys()) {
      if (this.#expiries.size <= most / 2) return;
      this.#expiries.delete(key);
      this.#isAtLeast = true;
    }
  }

  /** What to say of it at the end; `undefined` if nothing had to go. */
  async problem(): Promise<string | undefined> {
    if (this.#room.evictions() === this.#evictionsBefore) return undefined;
    await this.#count();
    if (this.#gone === 0) return undefined;
    const { capacity } = this.#room;
    const gone = `${this.#isAtLeast ? 'at least ' : ''}${this.#gone.toLocaleString('en')}`;
    const loaded = plural(this.#loaded, 'entry', 'entries');
    const most = plural(capacity, 'entry', 'entries');
    return `${gone} of the ${loaded} that were loaded had to go again to make room: the largest tier holds ${most} at most`;
  }

  async #count(): Promise<void> {
    const keys = [...this.#expiries.keys()];
    for (let at = 0; at < keys.length; at += SLICE) {
      const slice = keys.slice(at, at + SLICE);
      const hasMany = await this.#room.hasMany(slice);
      const now = this.#clock.now();
      slice.forEach((key, i) => {
        if (hasMany[i] !== false) return;
        if (this.#expiries.get(key)! > now) this.#gone++;
        this.#expiries.delete(key);
      });
    }
  }
}
