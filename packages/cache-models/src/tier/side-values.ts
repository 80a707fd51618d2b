import type { ArgumentKind } from '../arguments/argument-kinds.ts';
import { checkArgument } from '../arguments/check-argument.ts';
import type { MaybePromise } from '../maybe-promise.ts';

/** Maximum length of a side value, in characters. */
export const MAX_SIDE_VALUE = 16_384;

/**
 * A few small values that belong to a store as a whole, such as a sealed key. They are not entries: no list, count,
 * query or stream contains them, they never expire and are never evicted, and `clear` keeps them. They are stored as
 * they are: seal a secret first.
 *
 * A name is 1 to 64 lower-case letters, digits and hyphens, beginning with a letter; a value is 1 to 16,384 printable
 * ASCII characters. Anything else causes a CacheValidationError. The tier opens automatically. Unlike other operations,
 * these throw for a fault of the store and in a tier that is switched off, because a result of "no value" must be
 * reliable. Once an operation has returned, the value is as durable as an entry after `put`.
 */
export interface SideValues {
  /** The value of a name; `undefined` if there is none. */
  read(name: string): MaybePromise<string | undefined>;
  /**
   * Stores a value unless the name has one already, and returns the value that is then stored. Of any number of
   * concurrent callers, in any number of processes, exactly one stores its value, and all get that value. A crash
   * leaves either no value or a complete one.
   */
  storeIfAbsent(name: string, value: string): MaybePromise<string>;
  /** Replaces the value if it is `expected`; otherwise returns false and changes nothing. */
  replace(name: string, expected: string, value: string): MaybePromise<boolean>;
}

const NAME: ArgumentKind = Object.freeze({
  wanted: 'must be 1 to 64 lower-case letters, digits and hyphens, beginning with a letter',
  isRight: (name: unknown) => typeof name === 'string' && /^[a-z][a-z0-9-]{0,63}$/.test(name),
});
const VALUE: ArgumentKind = Object.freeze({
  wanted: `must be a string of 1 to ${MAX_SIDE_VALUE} printable ASCII characters`,
  isRight: isSideValue,
});

/** True for a valid side value. Tiers also check values that they read from the store with it. */
export function isSideValue(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_SIDE_VALUE && /^[\x21-\x7e]+$/.test(value);
}

/** For tiers: throws a CacheValidationError if the name or one of the values is wrong. No message quotes a value. */
export function checkSideValue(name: unknown, ...values: readonly unknown[]): void {
  checkArgument('name', name, NAME);
  for (const value of values) checkArgument('value', value, VALUE);
}
