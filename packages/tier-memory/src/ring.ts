import { wordsOf } from './cell-table.ts';

// A ring is a doubly linked circle of cells through one sentinel cell, so no end of it is a special case.
// `links` says which pair of words the ring uses: ORDER or DUE.

/** Makes an empty ring of a cell. */
export function makeRing(words: Int32Array, sentinel: number, links: number): void {
  const at = wordsOf(sentinel) + links;
  words[at] = sentinel;
  words[at + 1] = sentinel;
}

/** The cell before this one in its ring; before the sentinel comes the last. */
export function before(words: Int32Array, cell: number, links: number): number {
  return words[wordsOf(cell) + links]!;
}

/** The cell after this one in its ring; after the sentinel comes the first. */
export function after(words: Int32Array, cell: number, links: number): number {
  return words[wordsOf(cell) + links + 1]!;
}

/** Puts a cell that is in no ring in front of another one; in front of the sentinel is the end of the ring. */
export function linkBefore(words: Int32Array, cell: number, next: number, links: number): void {
  const nextAt = wordsOf(next) + links;
  const cellAt = wordsOf(cell) + links;
  const previous = words[nextAt]!;
  words[cellAt] = previous;
  words[cellAt + 1] = next;
  words[wordsOf(previous) + links + 1] = cell;
  words[nextAt] = cell;
}

/** Takes a cell out of its ring. */
export function unlink(words: Int32Array, cell: number, links: number): void {
  const at = wordsOf(cell) + links;
  const previous = words[at]!;
  const next = words[at + 1]!;
  words[wordsOf(previous) + links + 1] = next;
  words[wordsOf(next) + links] = previous;
}
