import { type CellTable, NONE, ORDER } from './cell-table.ts';
import type { EvictionOrder } from './eviction-order.ts';
import { after, linkBefore, makeRing, unlink } from './ring.ts';

/** First in, first out: one ring whose sentinel is cell NONE. A replaced entry keeps its position. */
export class FifoOrder implements EvictionOrder {
  protected readonly table: CellTable;

  constructor(table: CellTable) {
    this.table = table;
    makeRing(table.words, NONE, ORDER);
  }

  added(cell: number): void {
    linkBefore(this.table.words, cell, NONE, ORDER);
  }

  used(_cell: number): void {}

  removed(cell: number): void {
    unlink(this.table.words, cell, ORDER);
  }

  victim(): number {
    return after(this.table.words, NONE, ORDER);
  }
}
