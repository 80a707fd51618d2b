import { NONE, ORDER } from './cell-table.ts';
import { FifoOrder } from './fifo-order.ts';
import { before, linkBefore, unlink } from './ring.ts';

/** Least recently used, first out: a queue in which every use moves the cell to the end. */
export class LruOrder extends FifoOrder {
  override used(cell: number): void {
    const words = this.table.words;
    // The most common skew is a single hot key, whose cell is already at the end.
    if (before(words, NONE, ORDER) === cell) return;
    unlink(words, cell, ORDER);
    linkBefore(words, cell, NONE, ORDER);
  }
}
