import { Kinds } from './arguments/argument-kinds.ts';
import { checkArgument } from './arguments/check-argument.ts';

/** A result that is available now or later: synchronous tiers return values, the others return promises. */
export type MaybePromise<T> = T | Promise<T>;

/** True for a promise or any other thenable. */
export function isPromise<T>(value: MaybePromise<T>): value is Promise<T> {
  return typeof value === 'object' && value !== null && typeof (value as Promise<T>).then === 'function';
}

/**
 * Applies `next` to a value immediately, or to the value of a promise once it is fulfilled. Creates no promise for a
 * plain value.
 */
export function chain<T, U>(value: MaybePromise<T>, next: (value: T) => MaybePromise<U>): MaybePromise<U> {
  if (typeof next !== 'function') checkArgument('next', next, Kinds.function);
  return isPromise(value) ? value.then(next) : next(value);
}

/**
 * All results in order; a promise only if one of them is a promise.
 *
 * @example
 * ```ts
 * const stored = allOf([tier.put('a', entry), tier.put('b', entry)]);
 * ```
 */
export function allOf<T>(results: readonly MaybePromise<T>[]): MaybePromise<T[]> {
  if (!Array.isArray(results)) checkArgument('results', results, Kinds.list);
  // The usual case of a stack with one slow tier: `Promise.all` makes several promises.
  if (results.length === 1 && isPromise(results[0]!)) return results[0].then((result) => [result]);
  return results.some(isPromise) ? Promise.all(results) : (results as T[]);
}
