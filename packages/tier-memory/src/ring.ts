import { cellsOf } from './cell-table.ts';

// A ring is a doubly linked circle of slots through one sentinel slot, so no end of it is a special case.
// `links` says which pair of cells the ring uses: ORDER or DUE.

/** Makes an empty ring of a slot. */
export function makeRing(cells: Int32Array, sentinel: number, links: number): void {
  const at = cellsOf(sentinel) + links;
  cells[at] = sentinel;
  cells[at + 1] = sentinel;
}

/** The slot before this one in its ring; before the sentinel comes the last. */
export function before(cells: Int32Array, slot: number, links: number): number {
  return cells[cellsOf(slot) + links]!;
}

/** The slot after this one in its ring; after the sentinel comes the first. */
export function after(cells: Int32Array, slot: number, links: number): number {
  return cells[cellsOf(slot) + links + 1]!;
}

/** Puts a slot that is in no ring in front of another one; in front of the sentinel is the end of the ring. */
export function linkBefore(cells: Int32Array, slot: number, next: number, links: number): void {
  const nextAt = cellsOf(next) + links;
  const slotAt = cellsOf(slot) + links;
  const previous = cells[nextAt]!;
  cells[slotAt] = previous;
  cells[slotAt + 1] = next;
  cells[cellsOf(previous) + links + 1] = slot;
  cells[nextAt] = slot;
}

/** Takes a slot out of its ring. */
export function unlink(cells: Int32Array, slot: number, links: number): void {
  const at = cellsOf(slot) + links;
  const previous = cells[at]!;
  const next = cells[at + 1]!;
  cells[cellsOf(previous) + links + 1] = next;
  cells[cellsOf(next) + links] = previous;
}
