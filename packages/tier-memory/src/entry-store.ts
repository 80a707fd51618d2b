import type { CacheEntry, EvictionPolicy } from '@pw/cache-models';
import type { EvictionOrder } from './eviction-order.ts';
import { orderForPolicy } from './order-for-policy.ts';
import { NONE, numberOf, SlotTable } from './cell-table.ts';
import { RESERVED_SLOTS, TimingWheel } from './timing-wheel.ts';

/** Who is to know that a slot is about to be emptied. */
export interface Departures {
  leave(slot: number): void;
}

/**
 * The entries of a tier: a Map from key to slot, whose keys never move, with the eviction order and the deadlines linked
 * through the slots. Whatever it does is complete when it returns: no caller's code runs in between.
 */
export class EntryStore {
  readonly #index = new Map<string, number>();
  readonly #table: SlotTable;
  readonly #order: EvictionOrder;
  readonly #wheel: TimingWheel;
  readonly #limit: number;
  /** Told of each slot before it is emptied. */
  departures: Departures | undefined;

  constructor(policy: EvictionPolicy, maxEntries: number | null) {
    this.#limit = maxEntries ?? Number.POSITIVE_INFINITY;
    this.#table = new SlotTable(RESERVED_SLOTS, this.#limit);
    this.#order = orderForPolicy(policy, this.#table);
    this.#wheel = new TimingWheel(this.#table);
  }

  /** True when the next new key needs another one to go. */
  get isFull(): boolean {
    return this.#index.size >= this.#limit;
  }

  /** The slot of a key, or NONE. */
  find(key: string): number {
    return this.#index.get(key) ?? NONE;
  }

  /** The entry in a slot that `find` gave. */
  entryAt(slot: number): CacheEntry {
    return this.#table.entries[slot]!;
  }

  /** The test of `CacheEntry.isExpiredAt`, on the slot's copy of the deadline: a hit need not touch the entry at all. */
  isExpiredAt(slot: number, now: number): boolean {
    return now >= this.#table.numbers[numberOf(slot)]!;
  }

  /** Notes a use of a slot. */
  use(slot: number): void {
    this.#order.used(slot);
  }

  /** Stores an entry under a key that is not there. */
  insert(entry: CacheEntry): void {
    const slot = this.#table.take();
    try {
      this.#index.set(entry.key, slot);
    } catch (error) {
      // A Map holds 2^24 keys at most.
      this.#table.release(slot);
      throw error;
    }
    this.#table.entries[slot] = entry;
    this.#table.numbers[numberOf(slot)] = entry.expiresAt;
    this.#order.added(slot);
    this.#wheel.add(slot);
  }

  /** Puts another entry of the same key and deadline into a slot. No use of it. */
  refresh(slot: number, entry: CacheEntry): void {
    this.#table.entries[slot] = entry;
  }

  /** Puts another entry of the same key into a slot. No use of it. */
  replace(slot: number, entry: CacheEntry): void {
    this.#table.entries[slot] = entry;
    const at = numberOf(slot);
    if (this.#table.numbers[at] === entry.expiresAt) return;
    this.#wheel.remove(slot);
    this.#table.numbers[at] = entry.expiresAt;
    this.#wheel.add(slot);
  }

  /** Empties a slot and gives what was in it. */
  remove(slot: number): CacheEntry {
    this.departures?.leave(slot);
    const entry = this.entryAt(slot);
    this.#index.delete(entry.key);
    this.#order.removed(slot);
    this.#wheel.remove(slot);
    this.#table.release(slot);
    return entry;
  }

  /** The slot that has to go first: an expired one if there is any, else the policy's; NONE if the store is empty. */
  victim(now: number): number {
    this.#wheel.moveTo(now);
    const expired = this.#wheel.firstExpired();
    return expired === NONE ? this.#order.victim() : expired;
  }

  /** How many entries are expired and still here. */
  expiredCount(now: number): number {
    this.#wheel.moveTo(now);
    return this.#wheel.expiredCount;
  }

  /** How many entries are live. */
  liveCount(now: number): number {
    return this.#index.size - this.expiredCount(now);
  }

  /** Removes what is expired, but not more than `limit`, and tells how many that were. */
  removeExpired(now: number, limit: number): number {
    const count = Math.min(this.expiredCount(now), limit);
    for (let left = count; left > 0; left--) this.remove(this.#wheel.firstExpired());
    return count;
  }

  /** Every entry that is still here, expired or not, first stored first. */
  *allEntries(): Generator<CacheEntry> {
    for (const slot of this.#index.values()) yield this.entryAt(slot);
  }

  /** The live entries, first stored first; a list of its own, which later changes do not touch. */
  liveEntries(now: number): CacheEntry[] {
    const live: CacheEntry[] = [];
    for (const slot of this.#index.values()) if (!this.isExpiredAt(slot, now)) live.push(this.entryAt(slot));
    return live;
  }
}
