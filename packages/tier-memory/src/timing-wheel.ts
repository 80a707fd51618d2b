import { type CellTable, DUE, EXPIRED, NONE, numberOf, wordsOf } from './cell-table.ts';
import { after, linkBefore, makeRing, unlink } from './ring.ts';
import { DIGIT_BITS, DIGITS, digitAt, highestDifference, highHalf, lowHalf, tickOf } from './wheel-tick.ts';

const FIRST_BUCKET = 2;
/** The sentinel of the ring of expired cells. */
const EXPIRED_RING = 1;
/** Number of cells of the table, from 0, that are sentinels. */
export const RESERVED_CELLS = FIRST_BUCKET + (DIGITS << DIGIT_BITS);

/**
 * A hierarchical timing wheel: finds the deadlines that have passed, to a fraction of a millisecond, at a cost per cell
 * that does not grow with the number of cells. It moves only when {@link TimingWheel.moveTo} is called.
 *
 * A cell is in the bucket (level, digit) of the highest digit in which the tick of its deadline differs from that of
 * the wheel. Invariants between calls: every cell in a bucket has a deadline after the time of the wheel, and every
 * cell in the expired ring has one at or before it. So when the digit of the wheel at a level advances, all buckets at
 * lower levels have passed, and so have those with digits in between; only the bucket of the new digit has to be
 * redistributed, at most ten times in the life of a cell.
 */
export class TimingWheel {
  readonly #table: CellTable;
  /**
   * One bit per bucket, one word per level. A set bit may belong to an empty bucket; a clear bit never hides a cell.
   */
  readonly #filled = new Int32Array(DIGITS);
  #time = Number.NEGATIVE_INFINITY;
  #high = 0;
  #low = 0;
  #expired = 0;

  /** Takes the first {@link RESERVED_CELLS} cells of the table, except NONE, as sentinels. */
  constructor(table: CellTable) {
    this.#table = table;
    for (let cell = EXPIRED_RING; cell < RESERVED_CELLS; cell++) makeRing(table.words, cell, DUE);
  }

  /** Number of cells that were expired when the wheel last moved. */
  get expiredCount(): number {
    return this.#expired;
  }

  /** An expired cell, or NONE. */
  firstExpired(): number {
    return this.#expired === 0 ? NONE : after(this.#table.words, EXPIRED_RING, DUE);
  }

  /** Adds a cell whose number is its deadline. */
  add(cell: number): void {
    const deadline = this.#table.numbers[numberOf(cell)]!;
    if (deadline <= this.#time) this.#expire(cell);
    else this.#schedule(cell, deadline);
  }

  remove(cell: number): void {
    const { words } = this.#table;
    unlink(words, cell, DUE);
    if (words[wordsOf(cell) + EXPIRED] === 1) this.#expired--;
  }

  /** Moves the wheel to a time. Moving backwards visits all cells, because expired ones may be live again. */
  moveTo(now: number): void {
    if (now > this.#time) this.#forward(now);
    else if (now < this.#time) this.#backward(now);
  }

  #forward(now: number): void {
    const tick = tickOf(now);
    const high = highHalf(tick);
    const low = lowHalf(tick, high);
    const level = highestDifference(high ^ this.#high, low ^ this.#low);
    const digit = digitAt(level, high, low);
    this.#time = now;
    this.#high = high;
    this.#low = low;
    for (let lower = 0; lower < level; lower++) this.#passAll(lower, this.#filled[lower]!);
    this.#passAll(level, this.#filled[level]! & ((1 << digit) - 1));
    // This bucket is the current millisecond of the wheel, or a longer span that contains it: a part of it may have
    // passed.
    if ((this.#filled[level]! & (1 << digit)) !== 0) this.#redistribute(level, digit);
  }

  #passAll(level: number, digits: number): void {
    this.#filled[level] = this.#filled[level]! & ~digits;
    const { words } = this.#table;
    for (let rest = digits; rest !== 0; rest &= rest - 1) {
      const bucket = bucketOf(level, 31 - Math.clz32(rest & -rest));
      for (let cell = after(words, bucket, DUE); cell !== bucket; cell = after(words, bucket, DUE)) {
        unlink(words, cell, DUE);
        this.#expire(cell);
      }
    }
  }

  #redistribute(level: number, digit: number): void {
    const { words } = this.#table;
    const bucket = bucketOf(level, digit);
    this.#filled[level] = this.#filled[level]! & ~(1 << digit);
    let cell = after(words, bucket, DUE);
    // Emptied first, because cells of the current millisecond return to this bucket.
    makeRing(words, bucket, DUE);
    while (cell !== bucket) {
      const next = after(words, cell, DUE);
      this.add(cell);
      cell = next;
    }
  }

  #backward(now: number): void {
    const { words } = this.#table;
    const all: number[] = [];
    for (let ring = EXPIRED_RING; ring < RESERVED_CELLS; ring++) {
      for (let cell = after(words, ring, DUE); cell !== ring; cell = after(words, cell, DUE)) all.push(cell);
      makeRing(words, ring, DUE);
    }
    const tick = tickOf(now);
    this.#time = now;
    this.#high = highHalf(tick);
    this.#low = lowHalf(tick, this.#high);
    this.#filled.fill(0);
    this.#expired = 0;
    for (const cell of all) this.add(cell);
  }

  #schedule(cell: number, deadline: number): void {
    const { words } = this.#table;
    const tick = tickOf(deadline);
    const high = highHalf(tick);
    const low = lowHalf(tick, high);
    const level = highestDifference(high ^ this.#high, low ^ this.#low);
    const digit = digitAt(level, high, low);
    this.#filled[level] = this.#filled[level]! | (1 << digit);
    words[wordsOf(cell) + EXPIRED] = 0;
    linkBefore(words, cell, bucketOf(level, digit), DUE);
  }

  #expire(cell: number): void {
    const { words } = this.#table;
    words[wordsOf(cell) + EXPIRED] = 1;
    linkBefore(words, cell, EXPIRED_RING, DUE);
    this.#expired++;
  }
}

function bucketOf(level: number, digit: number): number {
  return FIRST_BUCKET + (level << DIGIT_BITS) + digit;
}
