import type { CacheEntry, EvictionPolicy } from '@pw/cache-models';
import { CellTable, NONE, numberOf } from './cell-table.ts';
import type { EvictionOrder } from './eviction-order.ts';
import { orderForPolicy } from './order-for-policy.ts';
import { RESERVED_CELLS, TimingWheel } from './timing-wheel.ts';

/** Who is to know that a cell is about to be emptied. */
export interface Departures {
  leave(cell: number): void;
}

/**
 * The entries of a tier: a Map from key to cell, whose keys never move, with the eviction order and the deadlines linked
 * through the cells. Whatever it does is complete when it returns: no caller's code runs in between.
 */
export class CellStore {
  readonly #index = new Map<string, number>();
  readonly #table: CellTable;
  readonly #order: EvictionOrder;
  readonly #wheel: TimingWheel;
  readonly #limit: number;
  /** Told of each cell before it is emptied. */
  departures: Departures | undefined;

  constructor(policy: EvictionPolicy, maxEntries: number | null) {
    this.#limit = maxEntries ?? Number.POSITIVE_INFINITY;
    this.#table = new CellTable(RESERVED_CELLS, this.#limit);
    this.#order = orderForPolicy(policy, this.#table);
    this.#wheel = new TimingWheel(this.#table);
  }

  /** True when the next new key needs another one to go. */
  get isFull(): boolean {
    return this.#index.size >= this.#limit;
  }

  /** The cell of a key, or NONE. */
  find(key: string): number {
    return this.#index.get(key) ?? NONE;
  }

  /** The entry in a cell that `find` gave. */
  entryAt(cell: number): CacheEntry {
    return this.#table.entries[cell]!;
  }

  /** The test of `CacheEntry.isExpiredAt`, on the cell's copy of the deadline: a hit need not touch the entry at all. */
  isExpiredAt(cell: number, now: number): boolean {
    return now >= this.#table.numbers[numberOf(cell)]!;
  }

  /** Notes a use of a cell. */
  use(cell: number): void {
    this.#order.used(cell);
  }

  /** Stores an entry under a key that is not there. */
  insert(entry: CacheEntry): void {
    const cell = this.#table.take();
    try {
      this.#index.set(entry.key, cell);
    } catch (error) {
      // A Map holds 2^24 keys at most.
      this.#table.release(cell);
      throw error;
    }
    this.#table.entries[cell] = entry;
    this.#table.numbers[numberOf(cell)] = entry.expiresAt;
    this.#order.added(cell);
    this.#wheel.add(cell);
  }

  /** Puts another entry of the same key and deadline into a cell. No use of it. */
  refresh(cell: number, entry: CacheEntry): void {
    this.#table.entries[cell] = entry;
  }

  /** Puts another entry of the same key into a cell. No use of it. */
  replace(cell: number, entry: CacheEntry): void {
    this.#table.entries[cell] = entry;
    const at = numberOf(cell);
    if (this.#table.numbers[at] === entry.expiresAt) return;
    this.#wheel.remove(cell);
    this.#table.numbers[at] = entry.expiresAt;
    this.#wheel.add(cell);
  }

  /** Empties a cell and gives what was in it. */
  remove(cell: number): CacheEntry {
    this.departures?.leave(cell);
    const entry = this.entryAt(cell);
    this.#index.delete(entry.key);
    this.#order.removed(cell);
    this.#wheel.remove(cell);
    this.#table.release(cell);
    return entry;
  }

  /** The cell that has to go first: an expired one if there is any, else the policy's; NONE if the store is empty. */
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
  cleanupExpired(now: number, limit: number): number {
    const count = Math.min(this.expiredCount(now), limit);
    for (let left = count; left > 0; left--) this.remove(this.#wheel.firstExpired());
    return count;
  }

  /** Every entry that is still here, expired or not, first stored first. */
  *allEntries(): Generator<CacheEntry> {
    for (const cell of this.#index.values()) yield this.entryAt(cell);
  }

  /** The live entries, first stored first; a list of its own, which later changes do not touch. */
  liveEntries(now: number): CacheEntry[] {
    const live: CacheEntry[] = [];
    for (const cell of this.#index.values()) if (!this.isExpiredAt(cell, now)) live.push(this.entryAt(cell));
    return live;
  }
}
