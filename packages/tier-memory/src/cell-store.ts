import type { CacheEntry, EvictionPolicy } from '@pw/cache-models';
import { CellTable, NONE, numberOf } from './cell-table.ts';
import type { EvictionOrder } from './eviction-order.ts';
import { orderForPolicy } from './order-for-policy.ts';
import { RESERVED_CELLS, TimingWheel } from './timing-wheel.ts';

/**
 * The entries of a tier: a Map from key to cell, with the eviction order and the deadlines linked through the cells.
 * Invariant: every cell in the Map is in the ring of its eviction order and in one ring of the wheel, and no other cell
 * is. Each operation is complete when it returns: no code of a caller runs in between.
 */
export class CellStore {
  readonly #index = new Map<string, number>();
  readonly #table: CellTable;
  readonly #order: EvictionOrder;
  readonly #wheel: TimingWheel;
  readonly #limit: number;

  constructor(policy: EvictionPolicy, maxEntries: number | null) {
    this.#limit = maxEntries ?? Number.POSITIVE_INFINITY;
    this.#table = new CellTable(RESERVED_CELLS, this.#limit);
    this.#order = orderForPolicy(policy, this.#table);
    this.#wheel = new TimingWheel(this.#table);
  }

  /** True if another new key needs an eviction. */
  get isFull(): boolean {
    return this.#index.size >= this.#limit;
  }

  /** The cell of a key, or NONE. */
  find(key: string): number {
    return this.#index.get(key) ?? NONE;
  }

  /** The entry of a cell that `find` returned. */
  entryAt(cell: number): CacheEntry {
    return this.#table.entries[cell]!;
  }

  /**
   * As `CacheEntry.isExpiredAt`, but reads the copy of the deadline in the cell, so that a hit need not touch the
   * entry.
   */
  isExpiredAt(cell: number, now: number): boolean {
    return now >= this.#table.numbers[numberOf(cell)]!;
  }

  /** Records a use of a cell. */
  use(cell: number): void {
    this.#order.used(cell);
  }

  /** Stores an entry whose key is not present. */
  insert(entry: CacheEntry): void {
    const cell = this.#table.take();
    try {
      this.#index.set(entry.key, cell);
    } catch (error) {
      // A Map is limited to 2^24 keys.
      this.#table.release(cell);
      throw error;
    }
    this.#table.entries[cell] = entry;
    this.#table.numbers[numberOf(cell)] = entry.expiresAt;
    this.#order.added(cell);
    this.#wheel.add(cell);
  }

  /** Replaces the entry of a cell by one with the same key. Not a use. */
  replace(cell: number, entry: CacheEntry): void {
    this.#table.entries[cell] = entry;
    const at = numberOf(cell);
    if (this.#table.numbers[at] === entry.expiresAt) return;
    this.#wheel.remove(cell);
    this.#table.numbers[at] = entry.expiresAt;
    this.#wheel.add(cell);
  }

  /** Empties a cell and returns its entry. */
  remove(cell: number): CacheEntry {
    const entry = this.entryAt(cell);
    this.#index.delete(entry.key);
    this.#order.removed(cell);
    this.#wheel.remove(cell);
    this.#table.release(cell);
    return entry;
  }

  /** The cell to evict next: an expired one if there is any, else by policy; NONE if the store is empty. */
  victim(now: number): number {
    this.#wheel.moveTo(now);
    const expired = this.#wheel.firstExpired();
    return expired === NONE ? this.#order.victim() : expired;
  }

  /** Number of expired entries that are still stored. */
  expiredCount(now: number): number {
    this.#wheel.moveTo(now);
    return this.#wheel.expiredCount;
  }

  /** Number of live entries. */
  liveCount(now: number): number {
    return this.#index.size - this.expiredCount(now);
  }

  /** Removes at most `limit` expired entries, and returns their number. */
  cleanupExpired(now: number, limit: number): number {
    const count = Math.min(this.expiredCount(now), limit);
    for (let left = count; left > 0; left--) this.remove(this.#wheel.firstExpired());
    return count;
  }

  /** All stored entries, expired or not, in order of insertion. */
  *allEntries(): Generator<CacheEntry> {
    for (const cell of this.#index.values()) yield this.entryAt(cell);
  }

  /** The live entries in order of insertion, as a copy that later changes do not affect. */
  liveEntries(now: number): CacheEntry[] {
    const live: CacheEntry[] = [];
    for (const cell of this.#index.values()) if (!this.isExpiredAt(cell, now)) live.push(this.entryAt(cell));
    return live;
  }
}
