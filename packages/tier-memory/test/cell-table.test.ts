import { expect, it } from 'vitest';
import { LfuOrder } from '../src/lfu-order.ts';
import { NONE, numberOf, SlotTable } from '../src/cell-table.ts';
import { makeEntry } from './support/make-entry.ts';

it('a released slot is given out again and holds on to no entry', () => {
  const table = new SlotTable(1, 10);
  const slot = table.take();
  table.entries[slot] = makeEntry('a');
  table.release(slot);
  expect(table.entries).toEqual([undefined, undefined]);
  expect(table.take()).toBe(slot);
});

it('slots keep what they hold while the table grows, past its expected size too', () => {
  const table = new SlotTable(1, 100);
  const slots = Array.from({ length: 5000 }, () => table.take());
  expect(new Set(slots).size).toBe(5000);
  expect(slots).not.toContain(NONE);
  slots.forEach((slot, i) => {
    table.numbers[numberOf(slot)] = i;
  });
  slots.push(table.take(), ...Array.from({ length: 5000 }, () => table.take()));
  expect(slots.slice(0, 5000).map((slot) => table.numbers[numberOf(slot)])).toEqual(
    Array.from({ length: 5000 }, (_, i) => i),
  );
});

it('lfu gives frequencies that nobody has any more back: use after use takes no more room', () => {
  const table = new SlotTable(1, 4);
  const order = new LfuOrder(table);
  const slots = [table.take(), table.take(), table.take()];
  for (const slot of slots) order.added(slot);
  for (let i = 0; i < 1000; i++) for (const slot of slots) order.used(slot);
  expect(table.entries.length).toBeLessThanOrEqual(1 + 2 * slots.length);
  for (const slot of slots) order.removed(slot);
  expect(order.victim()).toBe(NONE);
});
