import { Kinds } from './arguments/argument-kinds.ts';
import { checkArgument } from './arguments/check-argument.ts';

/** A result that is there already, or will be: synchronous tiers answer with a value, the others with a promise. */
export type MaybePromise<T> = T | Promise<T>;

/** True for a promise or any other thenable. */
export function isPromise<T>(value: MaybePromise<T>): value is Promise<T> {
  return typeof value === 'object' && value !== null && typeof (value as Promise<T>).then === 'function';
}

/** Goes on with a value at once, or with a promise's value when it settles: no promise is made where none was. */
export function chain<T, U>(value: MaybePromise<T>, next: (value: T) => MaybePromise<U>): MaybePromise<U> {
  if (typeof next !== 'function') checkArgument('next', next, Kinds.function);
  return isPromise(value) ? value.then(next) : next(value);
}
