import type { EvictionOrder } from './eviction-order.ts';
import { after, linkBefore, makeRing, unlink } from './ring.ts';
import { NONE, ORDER, type SlotTable } from './cell-table.ts';

/** First stored, first out: one ring, whose sentinel is slot NONE. A replaced entry keeps its place. */
export class FifoOrder implements EvictionOrder {
  protected readonly table: SlotTable;

  constructor(table: SlotTable) {
    this.table = table;
    makeRing(table.cells, NONE, ORDER);
  }

  added(slot: number): void {
    linkBefore(this.table.cells, slot, NONE, ORDER);
  }

  used(_slot: number): void {}

  removed(slot: number): void {
    unlink(this.table.cells, slot, ORDER);
  }

  victim(): number {
    return after(this.table.cells, NONE, ORDER);
  }
}
