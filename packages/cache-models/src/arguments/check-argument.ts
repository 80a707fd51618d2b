import { CacheValidationError, type FieldErrorOptions } from '../errors/cache-error.ts';
import type { ArgumentKind } from './argument-kinds.ts';

/** The class of an error that lists what is wrong, field by field. */
export type FieldError = new (message: string, options: FieldErrorOptions) => Error;

/**
 * Throws an error that names the argument, and never quotes its value, unless the argument is of its kind. `error` is
 * the class to throw, CacheValidationError by default; constructors use CacheConfigError. On a hot path, test with
 * `typeof` first, and call this for wrong values only: the call costs more than the test.
 *
 * @example
 * if (typeof key !== 'string') checkArgument('key', key, Kinds.string);
 */
export function checkArgument(
  name: string,
  value: unknown,
  kind: ArgumentKind,
  error: FieldError = CacheValidationError,
): void {
  if (typeof name !== 'string') throw wrong('name', 'must be a string', CacheValidationError);
  if (typeof kind?.isRight !== 'function' || typeof kind.wanted !== 'string')
    throw wrong('kind', 'must be one of Kinds', CacheValidationError);
  if (!isErrorClass(error)) throw wrong('error', ERROR_CLASS, CacheValidationError);
  if (!kind.isRight(value)) throw wrong(name, kind.wanted, error);
}

function wrong(path: string, message: string, error: FieldError): Error {
  return new error(`${path}: ${message}`, { problems: [{ path, message }] });
}

/** The message for a value that is not a class of errors. */
export const ERROR_CLASS = 'must be a class of errors';

export function isErrorClass(value: unknown): boolean {
  return typeof value === 'function' && (value as { readonly prototype?: unknown }).prototype instanceof Error;
}
