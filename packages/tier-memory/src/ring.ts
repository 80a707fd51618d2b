import { wordsOf } from './cell-table.ts';

// A ring is a doubly linked circle of cells through one sentinel, so that its ends need no special cases. `links` is
// the offset of the links that the ring uses: ORDER or DUE.

/** Makes a cell the sentinel of an empty ring. */
export function makeRing(words: Int32Array, sentinel: number, links: number): void {
  const at = wordsOf(sentinel) + links;
  words[at] = sentinel;
  words[at + 1] = sentinel;
}

/** The previous cell in the ring; for the sentinel, the last one. */
export function before(words: Int32Array, cell: number, links: number): number {
  return words[wordsOf(cell) + links]!;
}

/** The next cell in the ring; for the sentinel, the first one. */
export function after(words: Int32Array, cell: number, links: number): number {
  return words[wordsOf(cell) + links + 1]!;
}

/** Inserts a cell, which must not be in a ring, before another one; before the sentinel, it becomes the last one. */
export function linkBefore(words: Int32Array, cell: number, next: number, links: number): void {
  const nextAt = wordsOf(next) + links;
  const cellAt = wordsOf(cell) + links;
  const previous = words[nextAt]!;
  words[cellAt] = previous;
  words[cellAt + 1] = next;
  words[wordsOf(previous) + links + 1] = cell;
  words[nextAt] = cell;
}

/** Removes a cell from its ring. */
export function unlink(words: Int32Array, cell: number, links: number): void {
  const at = wordsOf(cell) + links;
  const previous = words[at]!;
  const next = words[at + 1]!;
  words[wordsOf(previous) + links + 1] = next;
  words[wordsOf(next) + links] = previous;
}
