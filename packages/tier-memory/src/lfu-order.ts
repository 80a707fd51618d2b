import type { EvictionOrder } from './eviction-order.ts';
import { after, before, linkBefore, makeRing, unlink } from './ring.ts';
import { cellsOf, DUE, MARK, NONE, numberOf, ORDER, type SlotTable } from './cell-table.ts';

/**
 * Least frequently used, first out; of several the one whose last use is longest ago. Storing an entry is its first use.
 *
 * Each use count that occurs is a *frequency*: a slot of the table that is the sentinel of the ring of its entries
 * (ORDER), in the order in which they reached it, and itself lies in a ring of frequencies from low to high (DUE, whose
 * sentinel is NONE). Its number is the use count; an entry's MARK is the slot of its frequency.
 */
export class LfuOrder implements EvictionOrder {
  readonly #table: SlotTable;

  constructor(table: SlotTable) {
    this.#table = table;
    makeRing(table.cells, NONE, DUE);
  }

  added(slot: number): void {
    this.#join(slot, this.#frequency(1, NONE));
  }

  used(slot: number): void {
    const { cells, numbers } = this.#table;
    const from = cells[cellsOf(slot) + MARK]!;
    const count = numbers[numberOf(from)]! + 1;
    const next = after(cells, from, DUE);
    const reached = next !== NONE && numbers[numberOf(next)] === count;
    if (!reached && after(cells, from, ORDER) === before(cells, from, ORDER)) {
      // The only entry of its frequency, and nobody at the next one: the frequency itself moves up.
      numbers[numberOf(from)] = count;
      return;
    }
    const to = reached ? next : this.#frequency(count, from);
    this.removed(slot);
    this.#join(slot, to);
  }

  removed(slot: number): void {
    const { cells } = this.#table;
    const frequency = cells[cellsOf(slot) + MARK]!;
    unlink(cells, slot, ORDER);
    if (after(cells, frequency, ORDER) !== frequency) return;
    unlink(cells, frequency, DUE);
    this.#table.release(frequency);
  }

  victim(): number {
    const { cells } = this.#table;
    const lowest = after(cells, NONE, DUE);
    return lowest === NONE ? NONE : after(cells, lowest, ORDER);
  }

  #join(slot: number, frequency: number): void {
    const { cells } = this.#table;
    cells[cellsOf(slot) + MARK] = frequency;
    linkBefore(cells, slot, frequency, ORDER);
  }

  /** The frequency of a use count; `previous` is the one below it, or NONE. */
  #frequency(count: number, previous: number): number {
    const next = after(this.#table.cells, previous, DUE);
    if (next !== NONE && this.#table.numbers[numberOf(next)] === count) return next;
    const frequency = this.#table.take();
    const { cells, numbers } = this.#table;
    numbers[numberOf(frequency)] = count;
    makeRing(cells, frequency, ORDER);
    linkBefore(cells, frequency, next, DUE);
    return frequency;
  }
}
