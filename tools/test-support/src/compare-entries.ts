import { expect } from 'vitest';

interface EntryLike {
  toFields(): object;
}

/**
 * Makes `toEqual` and its relatives compare two entries by all their fields: the access counts are private state, which
 * they do not see otherwise. Vitest loads this module before each file of tests.
 */
expect.addEqualityTesters([
  function entriesAreEqual(one: unknown, other: unknown, testers): boolean | undefined {
    return isEntry(one) && isEntry(other) ? this.equals(one.toFields(), other.toFields(), testers) : undefined;
  },
]);

function isEntry(value: unknown): value is EntryLike {
  return typeof (value as Partial<EntryLike> | null | undefined)?.toFields === 'function';
}
