import type { CacheEntry } from '@pw/cache-models';

/** Offset of the pair of links that keeps the eviction order. */
export const ORDER = 0;
/** Offset of the pair of links that keeps the deadlines. */
export const DUE = 2;
/** Offset of a cell that the eviction order may use as it likes. */
export const MARK = 6;
/** Offset of the cell that is 1 while the slot lies in the wheel's ring of expired slots. */
export const EXPIRED = 7;

/** The slot that is no slot: answers "none", ends the free list, and is the sentinel of the eviction order. */
export const NONE = 0;

const CELLS_SHIFT = 3;
const BYTES = 32;
const FIRST_CAPACITY = 64;

/** Index of a slot's first cell. */
export function cellsOf(slot: number): number {
  return slot << CELLS_SHIFT;
}

/** Index of a slot's number: a deadline in epoch milliseconds, or the use count of a frequency. */
export function numberOf(slot: number): number {
  return (slot << 2) + 2;
}

/**
 * Numbered slots of 32 bytes each: a slot is an entry, or the sentinel of a ring. All that an operation needs to know of
 * a slot lies in one cache line, and a hit moves integers, so it allocates nothing and the garbage collector sees nothing.
 *
 * `cells` and `numbers` are views of one buffer: links, mark and flag in cells 0-3, 6 and 7, the number in bytes 16-23.
 * They are replaced when the table grows: read them again after `take`.
 */
export class SlotTable {
  cells: Int32Array;
  numbers: Float64Array;
  /** By slot; `undefined` for sentinels and free slots. */
  readonly entries: (CacheEntry | undefined)[] = [];
  readonly #limit: number;
  #capacity: number;
  #unused: number;
  #free = NONE;

  /** `reserved` slots, from 0, are never given out; `limit` is how many others to expect at most. */
  constructor(reserved: number, limit: number) {
    this.#limit = reserved + limit;
    this.#unused = reserved;
    this.#capacity = Math.min(reserved + FIRST_CAPACITY, this.#limit);
    const buffer = new ArrayBuffer(this.#capacity * BYTES);
    this.cells = new Int32Array(buffer);
    this.numbers = new Float64Array(buffer);
    for (let slot = 0; slot < reserved; slot++) this.entries.push(undefined);
  }

  /** A slot that nobody uses; its cells hold what was left in them. */
  take(): number {
    const slot = this.#free;
    if (slot !== NONE) {
      this.#free = this.cells[cellsOf(slot)]!;
      return slot;
    }
    if (this.#unused === this.#capacity) this.#grow();
    this.entries.push(undefined);
    return this.#unused++;
  }

  /** Gives a slot back. It must be in no ring. */
  release(slot: number): void {
    this.entries[slot] = undefined;
    this.cells[cellsOf(slot)] = this.#free;
    this.#free = slot;
  }

  #grow(): void {
    // By half, and not by twice: what is spare is at most a third. The limit is a hint: frequencies take slots of their
    // own, beside the entries, but seldom many.
    const isBelow = this.#capacity < this.#limit;
    const capacity = Math.ceil(isBelow ? Math.min(this.#capacity * 1.5, this.#limit) : this.#capacity * 1.125);
    const cells = new Int32Array((capacity * BYTES) / Int32Array.BYTES_PER_ELEMENT);
    cells.set(this.cells);
    this.cells = cells;
    this.numbers = new Float64Array(cells.buffer);
    this.#capacity = capacity;
  }
}
