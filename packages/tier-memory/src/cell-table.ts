import type { CacheEntry } from '@pw/cache-models';

/** Offset of the pair of links that keeps the eviction order. */
export const ORDER = 0;
/** Offset of the pair of links that keeps the deadlines. */
export const DUE = 2;
/** Offset of a cell that the eviction order may use as it likes. */
export const MARK = 6;
/** Offset of the cell that is 1 while the cell lies in the wheel's ring of expired cells. */
export const EXPIRED = 7;

/** The cell that is no cell: answers "none", ends the free list, and is the sentinel of the eviction order. */
export const NONE = 0;

const WORDS_SHIFT = 3;
const BYTES = 32;
const FIRST_CAPACITY = 64;

/** Index of a cell's first cell. */
export function wordsOf(cell: number): number {
  return cell << WORDS_SHIFT;
}

/** Index of a cell's number: a deadline in epoch milliseconds, or the use count of a frequency. */
export function numberOf(cell: number): number {
  return (cell << 2) + 2;
}

/**
 * Numbered cells of 32 bytes each: a cell is an entry, or the sentinel of a ring. All that an operation needs to know of
 * a cell lies in one cache line, and a hit moves integers, so it allocates nothing and the garbage collector sees nothing.
 *
 * `words` and `numbers` are views of one buffer: links, mark and flag in words 0-3, 6 and 7, the number in bytes 16-23.
 * They are replaced when the table grows: read them again after `take`.
 */
export class CellTable {
  words: Int32Array;
  numbers: Float64Array;
  /** By cell; `undefined` for sentinels and free cells. */
  readonly entries: (CacheEntry | undefined)[] = [];
  readonly #limit: number;
  #capacity: number;
  #unused: number;
  #free = NONE;

  /** `reserved` cells, from 0, are never given out; `limit` is how many others to expect at most. */
  constructor(reserved: number, limit: number) {
    this.#limit = reserved + limit;
    this.#unused = reserved;
    this.#capacity = Math.min(reserved + FIRST_CAPACITY, this.#limit);
    const buffer = new ArrayBuffer(this.#capacity * BYTES);
    this.words = new Int32Array(buffer);
    this.numbers = new Float64Array(buffer);
    for (let cell = 0; cell < reserved; cell++) this.entries.push(undefined);
  }

  /** A cell that nobody uses; its words hold what was left in them. */
  take(): number {
    const cell = this.#free;
    if (cell !== NONE) {
      this.#free = this.words[wordsOf(cell)]!;
      return cell;
    }
    if (this.#unused === this.#capacity) this.#grow();
    this.entries.push(undefined);
    return this.#unused++;
  }

  /** Gives a cell back. It must be in no ring. */
  release(cell: number): void {
    this.entries[cell] = undefined;
    this.words[wordsOf(cell)] = this.#free;
    this.#free = cell;
  }

  #grow(): void {
    // By half, and not by twice: what is spare is at most a third. The limit is a hint: frequencies take cells of their
    // own, beside the entries, but seldom many.
    const isBelow = this.#capacity < this.#limit;
    const capacity = Math.ceil(isBelow ? Math.min(this.#capacity * 1.5, this.#limit) : this.#capacity * 1.125);
    const words = new Int32Array((capacity * BYTES) / Int32Array.BYTES_PER_ELEMENT);
    words.set(this.words);
    this.words = words;
    this.numbers = new Float64Array(words.buffer);
    this.#capacity = capacity;
  }
}
