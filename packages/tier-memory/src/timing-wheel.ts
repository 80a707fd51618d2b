import { after, linkBefore, makeRing, unlink } from './ring.ts';
import { cellsOf, DUE, EXPIRED, NONE, numberOf, type SlotTable } from './cell-table.ts';
import { DIGIT_BITS, DIGITS, digitAt, highestDifference, highHalf, lowHalf, tickOf } from './wheel-tick.ts';

const FIRST_BUCKET = 2;
/** The slot that is the sentinel of the ring of expired slots. */
const EXPIRED_RING = 1;
/** How many slots of the table, from 0, are sentinels. */
export const RESERVED_SLOTS = FIRST_BUCKET + (DIGITS << DIGIT_BITS);

/**
 * A hierarchical timing wheel: tells which deadlines have passed, to the fraction of a millisecond, at a cost per slot
 * that does not grow with their number. It moves only when asked to.
 *
 * A slot hangs in the bucket (place, digit) of the highest digit in which its deadline's tick differs from the wheel's.
 * Invariants between calls: every slot in a bucket has a deadline after the wheel's time, every slot in the expired ring
 * one at or before it. So when the wheel's digit at a place grows, all buckets at lower places have passed, those with
 * digits in between too, and only the bucket of the new digit must be sorted anew: at most ten times in a slot's life.
 */
export class TimingWheel {
  readonly #table: SlotTable;
  /** One bit a bucket, one word a place. A set bit may mean an empty bucket; a clear bit never hides a slot. */
  readonly #filled = new Int32Array(DIGITS);
  #time = Number.NEGATIVE_INFINITY;
  #high = 0;
  #low = 0;
  #expired = 0;

  /** Takes the table's first {@link RESERVED_SLOTS} slots, but for NONE, as sentinels. */
  constructor(table: SlotTable) {
    this.#table = table;
    for (let slot = EXPIRED_RING; slot < RESERVED_SLOTS; slot++) makeRing(table.cells, slot, DUE);
  }

  /** How many slots were expired when the wheel last moved. */
  get expiredCount(): number {
    return this.#expired;
  }

  /** An expired slot, or NONE. */
  firstExpired(): number {
    return this.#expired === 0 ? NONE : after(this.#table.cells, EXPIRED_RING, DUE);
  }

  /** Takes in a slot, whose number is its deadline. */
  add(slot: number): void {
    const deadline = this.#table.numbers[numberOf(slot)]!;
    if (deadline <= this.#time) this.#expire(slot);
    else this.#hang(slot, deadline);
  }

  remove(slot: number): void {
    const { cells } = this.#table;
    unlink(cells, slot, DUE);
    if (cells[cellsOf(slot) + EXPIRED] === 1) this.#expired--;
  }

  /** Moves the wheel to a time. Backwards it costs a pass over all slots: what was expired may be live again. */
  moveTo(now: number): void {
    if (now > this.#time) this.#forward(now);
    else if (now < this.#time) this.#backward(now);
  }

  #forward(now: number): void {
    const tick = tickOf(now);
    const high = highHalf(tick);
    const low = lowHalf(tick, high);
    const place = highestDifference(high ^ this.#high, low ^ this.#low);
    const digit = digitAt(place, high, low);
    this.#time = now;
    this.#high = high;
    this.#low = low;
    for (let lower = 0; lower < place; lower++) this.#passAll(lower, this.#filled[lower]!);
    this.#passAll(place, this.#filled[place]! & ((1 << digit) - 1));
    // The wheel's own millisecond, or a longer span that it is now in: some of it may have passed.
    if ((this.#filled[place]! & (1 << digit)) !== 0) this.#sortAnew(place, digit);
  }

  #passAll(place: number, digits: number): void {
    this.#filled[place] = this.#filled[place]! & ~digits;
    const { cells } = this.#table;
    for (let rest = digits; rest !== 0; rest &= rest - 1) {
      const bucket = bucketOf(place, 31 - Math.clz32(rest & -rest));
      for (let slot = after(cells, bucket, DUE); slot !== bucket; slot = after(cells, bucket, DUE)) {
        unlink(cells, slot, DUE);
        this.#expire(slot);
      }
    }
  }

  #sortAnew(place: number, digit: number): void {
    const { cells } = this.#table;
    const bucket = bucketOf(place, digit);
    this.#filled[place] = this.#filled[place]! & ~(1 << digit);
    let slot = after(cells, bucket, DUE);
    // Emptied first: slots of the wheel's own millisecond go back into this very bucket.
    makeRing(cells, bucket, DUE);
    while (slot !== bucket) {
      const next = after(cells, slot, DUE);
      this.add(slot);
      slot = next;
    }
  }

  #backward(now: number): void {
    const { cells } = this.#table;
    const all: number[] = [];
    for (let ring = EXPIRED_RING; ring < RESERVED_SLOTS; ring++) {
      for (let slot = after(cells, ring, DUE); slot !== ring; slot = after(cells, slot, DUE)) all.push(slot);
      makeRing(cells, ring, DUE);
    }
    const tick = tickOf(now);
    this.#time = now;
    this.#high = highHalf(tick);
    this.#low = lowHalf(tick, this.#high);
    this.#filled.fill(0);
    this.#expired = 0;
    for (const slot of all) this.add(slot);
  }

  #hang(slot: number, deadline: number): void {
    const { cells } = this.#table;
    const tick = tickOf(deadline);
    const high = highHalf(tick);
    const low = lowHalf(tick, high);
    const place = highestDifference(high ^ this.#high, low ^ this.#low);
    const digit = digitAt(place, high, low);
    this.#filled[place] = this.#filled[place]! | (1 << digit);
    cells[cellsOf(slot) + EXPIRED] = 0;
    linkBefore(cells, slot, bucketOf(place, digit), DUE);
  }

  #expire(slot: number): void {
    const { cells } = this.#table;
    cells[cellsOf(slot) + EXPIRED] = 1;
    linkBefore(cells, slot, EXPIRED_RING, DUE);
    this.#expired++;
  }
}

function bucketOf(place: number, digit: number): number {
  return FIRST_BUCKET + (place << DIGIT_BITS) + digit;
}
