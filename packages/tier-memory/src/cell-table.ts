import type { CacheEntry } from '@pw/cache-models';

/** Offset of the links of the eviction order. */
export const ORDER = 0;
/** Offset of the links of the timing wheel. */
export const DUE = 2;
/** Offset of a word that the eviction order may use freely. */
export const MARK = 6;
/** Offset of the word that is 1 while the cell is in the ring of expired cells. */
export const EXPIRED = 7;

/** The null cell: means "none", ends the free list, and is the sentinel of the eviction order. */
export const NONE = 0;

const WORDS_SHIFT = 3;
const BYTES = 32;
const FIRST_CAPACITY = 64;

/** Index of the first word of a cell. */
export function wordsOf(cell: number): number {
  return cell << WORDS_SHIFT;
}

/** Index of the number of a cell: a deadline in epoch milliseconds, or the use count of a frequency. */
export function numberOf(cell: number): number {
  return (cell << 2) + 2;
}

/**
 * Numbered cells of 32 bytes. A cell is *free* (linked from `#free`), a *sentinel* of a ring, or contains an entry.
 * Everything that an operation needs to know about a cell is in one cache line, and a hit only moves integers: it
 * allocates nothing, and the garbage collector has nothing to trace.
 *
 * `words` and `numbers` are views of one buffer: links, mark and flag in words 0-3, 6 and 7, the number in bytes 16-23.
 * Both are replaced when the table grows: read them again after `take`.
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

  /** The first `reserved` cells are never handed out; `limit` is the expected maximum of the others. */
  constructor(reserved: number, limit: number) {
    this.#limit = reserved + limit;
    this.#unused = reserved;
    this.#capacity = Math.min(reserved + FIRST_CAPACITY, this.#limit);
    const buffer = new ArrayBuffer(this.#capacity * BYTES);
    this.words = new Int32Array(buffer);
    this.numbers = new Float64Array(buffer);
    for (let cell = 0; cell < reserved; cell++) this.entries.push(undefined);
  }

  /** A free cell; its words have arbitrary content. */
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

  /** Frees a cell, which must not be in a ring. */
  release(cell: number): void {
    this.entries[cell] = undefined;
    this.words[wordsOf(cell)] = this.#free;
    this.#free = cell;
  }

  #grow(): void {
    // Grows by half instead of doubling, so that at most a third of the cells is unused. The limit is only a hint,
    // because frequencies take cells too, though rarely many.
    const isBelow = this.#capacity < this.#limit;
    const capacity = Math.ceil(isBelow ? Math.min(this.#capacity * 1.5, this.#limit) : this.#capacity * 1.125);
    const words = new Int32Array((capacity * BYTES) / Int32Array.BYTES_PER_ELEMENT);
    words.set(this.words);
    this.words = words;
    this.numbers = new Float64Array(words.buffer);
    this.#capacity = capacity;
  }
}
