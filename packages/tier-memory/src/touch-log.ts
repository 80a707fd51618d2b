import type { AccessUpdate, CacheEntry, TouchedEntries } from '@pw/cache-models';
import type { CellStore } from './cell-store.ts';
import { NONE } from './cell-table.ts';

const FIRST_CAPACITY = 1024;

/**
 * The cells that were touched and whose counts were not taken yet: a mark per cell, and a list of cells in the order in
 * which they were marked. Marking costs almost nothing; the counts themselves are in the entries.
 *
 * Invariants: a marked cell contains an entry and is in the list. A cell in the list may be unmarked by now, and one
 * that was emptied and marked again is in it twice.
 */
export class TouchLog implements TouchedEntries {
  /** The current store: clearing the tier starts a new one. */
  readonly #store: () => CellStore;
  #marks = new Uint8Array(FIRST_CAPACITY);
  #cells: number[] = [];
  /** Counts of entries that are no longer stored. */
  readonly #departed = new Map<string, AccessUpdate>();

  constructor(store: () => CellStore) {
    this.#store = store;
  }

  get count(): number {
    return this.#departed.size + this.#cells.length;
  }

  of(key: string): AccessUpdate | undefined {
    const cell = this.#store().find(key);
    if (cell === NONE || this.#marks[cell] !== 1) return this.#departed.get(key);
    return newer(presentUpdate(this.#store().entryAt(cell)), this.#departed.get(key));
  }

  take(limit: number): AccessUpdate[] {
    const taken: AccessUpdate[] = [];
    let looked = 0;
    for (; looked < this.#cells.length && taken.length < limit; looked++) {
      const cell = this.#cells[looked]!;
      if (this.#marks[cell] !== 1) continue;
      this.#marks[cell] = 0;
      const update = presentUpdate(this.#store().entryAt(cell));
      taken.push(newer(update, this.#departed.get(update.key)));
      this.#departed.delete(update.key);
    }
    this.#cells.splice(0, looked);
    for (const update of this.#departed.values()) {
      if (taken.length >= limit) break;
      taken.push(update);
      this.#departed.delete(update.key);
    }
    return taken;
  }

  forget(key?: string): void {
    if (key === undefined) this.#forgetAll();
    else {
      const cell = this.#store().find(key);
      if (this.#marks[cell] === 1) this.#marks[cell] = 0;
      if (this.#departed.size > 0) this.#departed.delete(key);
    }
  }

  /** Marks a cell whose entry was touched. */
  mark(cell: number): void {
    if (this.#marks[cell] !== 1) this.#add(cell);
  }

  /** Keeps the counts of a cell that is about to be emptied, or to receive another entry. */
  leave(cell: number): void {
    if (this.#marks[cell] !== 1) return;
    this.#marks[cell] = 0;
    this.#keepDeparted(this.#store().entryAt(cell));
  }

  /** Keeps the counts of all cells before they are emptied. */
  leaveAll(): void {
    for (const cell of this.#cells) this.leave(cell);
    this.#cells = [];
  }

  #keepDeparted({ key, accessCount, lastAccessed }: CacheEntry): void {
    // `evictedFromL1` is left out: evictions for lack of room are recorded elsewhere.
    this.#departed.set(key, newer({ key, accessCount, lastAccessed }, this.#departed.get(key)));
  }

  #forgetAll(): void {
    this.#marks.fill(0);
    this.#cells = [];
    this.#departed.clear();
  }

  #add(cell: number): void {
    if (cell >= this.#marks.length) {
      const marks = new Uint8Array(cell * 2);
      marks.set(this.#marks);
      this.#marks = marks;
    }
    this.#marks[cell] = 1;
    this.#cells.push(cell);
  }
}

/** The update of an entry that is still stored, and so was not evicted. */
function presentUpdate({ key, accessCount, lastAccessed }: CacheEntry): AccessUpdate {
  return { key, accessCount, lastAccessed, evictedFromL1: false };
}

/**
 * An entry that left may have come back from another tier with fewer accesses: neither the count nor the time may
 * decrease.
 */
function newer(update: AccessUpdate, before: AccessUpdate | undefined): AccessUpdate {
  if (before === undefined) return update;
  const accessCount = Math.max(update.accessCount, before.accessCount);
  return { ...update, accessCount, lastAccessed: Math.max(update.lastAccessed, before.lastAccessed) };
}
