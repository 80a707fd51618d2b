import { FifoOrder } from './fifo-order.ts';
import { before, linkBefore, unlink } from './ring.ts';
import { NONE, ORDER } from './cell-table.ts';

/** Least recently used, first out: a queue in which every use sends the slot to the end. */
export class LruOrder extends FifoOrder {
  override used(slot: number): void {
    const cells = this.table.cells;
    // One hot key is the commonest skew: it is at the end already.
    if (before(cells, NONE, ORDER) === slot) return;
    unlink(cells, slot, ORDER);
    linkBefore(cells, slot, NONE, ORDER);
  }
}
