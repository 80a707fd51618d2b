import type { CacheEntry, Clock, MaybePromise } from '@pw/cache-models';
import { plural } from '../plural.ts';

/** A stack in which every tier has a limit, so that an import may evict entries that it has just loaded. */
export interface LimitedRoom {
  /** The limit of the largest tier, in entries. */
  readonly capacity: number;
  /** Evictions from all tiers so far; never decreases. */
  evictions(): number;
  /** For each key, whether any tier has it; `true` if a tier cannot tell. Does not count as access. */
  hasMany(keys: readonly string[]): MaybePromise<readonly boolean[]>;
}

/** The most keys remembered, about 20 MB. Beyond that, the count is a lower bound. */
const MOST_KEYS = 200_000;
/** How many more keys than twice the capacity are remembered before evicted ones are counted. */
const MARGIN = 1000;
/** Keys per lookup. */
const SLICE = 500;

/**
 * Counts the entries that an import loaded and that were evicted before it ended. Remembers the keys that may still be
 * cached: twice the capacity, and at most {@link MOST_KEYS}.
 */
export class EvictionWatch {
  readonly #room: LimitedRoom;
  readonly #clock: Clock;
  readonly #mostKeys: number;
  readonly #evictionsBefore: number;
  /** Expiry by key: an entry that is missing after its expiry was not evicted to make room. */
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
    // Forget half, so that not every batch causes lookups. Later evictions of forgotten keys go unnoticed.
    for (const key of this.#expiries.keys()) {
      if (this.#expiries.size <= most / 2) return;
      this.#expiries.delete(key);
      this.#isAtLeast = true;
    }
  }

  /** The problem to report at the end; `undefined` if nothing was evicted. */
  async problem(): Promise<string | undefined> {
    if (this.#room.evictions() === this.#evictionsBefore) return undefined;
    await this.#count();
    if (this.#gone === 0) return undefined;
    const { capacity } = this.#room;
    const gone = `${this.#isAtLeast ? 'at least ' : ''}${this.#gone.toLocaleString('en')}`;
    const loaded = plural(this.#loaded, 'entry', 'entries');
    const most = plural(capacity, 'entry', 'entries');
    return `${gone} of the ${loaded} just loaded were evicted to make room: the largest tier holds at most ${most}`;
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
