import { expect, it } from 'vitest';
import { CellTable, NONE, numberOf } from '../src/cell-table.ts';
import { LfuOrder } from '../src/lfu-order.ts';
import { makeEntry } from './support/make-entry.ts';

it('a released cell is reused and keeps no reference to an entry', () => {
  const table = new CellTable(1, 10);
  const cell = table.take();
  table.entries[cell] = makeEntry('a');
  table.release(cell);
  expect(table.entries).toEqual([undefined, undefined]);
  expect(table.take()).toBe(cell);
});

it('cells keep their content while the table grows, also beyond its expected size', () => {
  const table = new CellTable(1, 100);
  const cells = Array.from({ length: 5000 }, () => table.take());
  expect(new Set(cells).size).toBe(5000);
  expect(cells).not.toContain(NONE);
  cells.forEach((cell, i) => {
    table.numbers[numberOf(cell)] = i;
  });
  cells.push(table.take(), ...Array.from({ length: 5000 }, () => table.take()));
  expect(cells.slice(0, 5000).map((cell) => table.numbers[numberOf(cell)])).toEqual(
    Array.from({ length: 5000 }, (_, i) => i),
  );
});

it('lfu releases unused frequencies: repeated use takes no more memory', () => {
  const table = new CellTable(1, 4);
  const order = new LfuOrder(table);
  const cells = [table.take(), table.take(), table.take()];
  for (const cell of cells) order.added(cell);
  for (let i = 0; i < 1000; i++) for (const cell of cells) order.used(cell);
  expect(table.entries.length).toBeLessThanOrEqual(1 + 2 * cells.length);
  for (const cell of cells) order.removed(cell);
  expect(order.victim()).toBe(NONE);
});
