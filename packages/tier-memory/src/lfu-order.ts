import { type CellTable, DUE, MARK, NONE, numberOf, ORDER, wordsOf } from './cell-table.ts';
import type { EvictionOrder } from './eviction-order.ts';
import { after, before, linkBefore, makeRing, unlink } from './ring.ts';

/**
 * Evicts the least frequently used entry; of several, the one whose last use is longest ago. Storing an entry is its
 * first use.
 *
 * Each use count that occurs is a *frequency*: a cell that is the sentinel of a ring of entries (ORDER), in the order
 * in which they reached this count, and itself a member of a ring of frequencies from low to high (DUE, sentinel NONE).
 * Its number is the use count; the MARK of an entry is the cell of its frequency. Invariant: no frequency is empty.
 */
export class LfuOrder implements EvictionOrder {
  readonly #table: CellTable;

  constructor(table: CellTable) {
    this.#table = table;
    makeRing(table.words, NONE, DUE);
  }

  added(cell: number): void {
    this.#join(cell, this.#frequency(1, NONE));
  }

  used(cell: number): void {
    const { words, numbers } = this.#table;
    const from = words[wordsOf(cell) + MARK]!;
    const count = numbers[numberOf(from)]! + 1;
    const next = after(words, from, DUE);
    const reached = next !== NONE && numbers[numberOf(next)] === count;
    if (!reached && after(words, from, ORDER) === before(words, from, ORDER)) {
      // The only entry of its frequency, with no frequency at the next count: the frequency itself moves up.
      numbers[numberOf(from)] = count;
      return;
    }
    const to = reached ? next : this.#frequency(count, from);
    this.removed(cell);
    this.#join(cell, to);
  }

  removed(cell: number): void {
    const { words } = this.#table;
    const frequency = words[wordsOf(cell) + MARK]!;
    unlink(words, cell, ORDER);
    if (after(words, frequency, ORDER) !== frequency) return;
    unlink(words, frequency, DUE);
    this.#table.release(frequency);
  }

  victim(): number {
    const { words } = this.#table;
    const lowest = after(words, NONE, DUE);
    return lowest === NONE ? NONE : after(words, lowest, ORDER);
  }

  #join(cell: number, frequency: number): void {
    const { words } = this.#table;
    words[wordsOf(cell) + MARK] = frequency;
    linkBefore(words, cell, frequency, ORDER);
  }

  /** The frequency of a use count; `previous` is the next lower one, or NONE. */
  #frequency(count: number, previous: number): number {
    const next = after(this.#table.words, previous, DUE);
    if (next !== NONE && this.#table.numbers[numberOf(next)] === count) return next;
    const frequency = this.#table.take();
    const { words, numbers } = this.#table;
    numbers[numberOf(frequency)] = count;
    makeRing(words, frequency, ORDER);
    linkBefore(words, frequency, next, DUE);
    return frequency;
  }
}
