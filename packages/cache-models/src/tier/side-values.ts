import type { ArgumentKind } from '../arguments/argument-kinds.ts';
import { checkArgument } from '../arguments/check-argument.ts';
import type { MaybePromise } from '../maybe-promise.ts';

/** Characters of a side value. */
export const MAX_SIDE_VALUE = 16_384;

/**
 * A few small values that belong to a store as a whole, such as a sealed key. They are no entries: no list, count, query or stream
 * shows them, they never expire, never make room, and `clear` keeps them. They are stored as they are: whoever has a secret seals it first.
 *
 * A name is 1 to 64 lower-case letters, digits and hyphens, a letter first; a value 1 to 16,384 printable ASCII characters. Anything else is a
 * CacheValidationError. The tier opens by itself. Unlike other operations these throw for a fault of the store, and in a tier that is off: "there
 * is none" must be true when it is said. Once one has answered, the value is as safe as an entry after `put`.
 */
export interface SideValues {
  /** The value of a name, `undefined` if there is none. */
  read(name: string): MaybePromise<string | undefined>;
  /**
   * Stores a value unless the name has one, and answers with the value that is stored then. Of any number of callers, in any number of processes,
   * one stores, and all get the same answer. A process that ends in the middle leaves no value or a whole one.
   */
  storeIfAbsent(name: string, value: string): MaybePromise<string>;
  /** Stores a value in the place of `expected`; false, and nothing changed, if that is not what is stored. */
  replace(name: string, expected: string, value: string): MaybePromise<boolean>;
}

const NAME: ArgumentKind = Object.freeze({
  wanted: 'must be 1 to 64 lower-case letters, digits and hyphens, a letter first',
  isRight: (name: unknown) => typeof name === 'string' && /^[a-z][a-z0-9-]{0,63}$/.test(name),
});
const VALUE: ArgumentKind = Object.freeze({
  wanted: `must be a string of 1 to ${MAX_SIDE_VALUE} printable ASCII characters`,
  isRight: isSideValue,
});

/** True for a text that may be a side value; what a store gives back is checked by it, too. */
export function isSideValue(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_SIDE_VALUE && /^[\x21-\x7e]+$/.test(value);
}

/** For tiers: throws a CacheValidationError for a wrong name, or a wrong value of those that are given. No message quotes a value. */
export function checkSideValue(name: unknown, ...values: readonly unknown[]): void {
  checkArgument('name', name, NAME);
  for (const value of values) checkArgument('value', value, VALUE);
}
