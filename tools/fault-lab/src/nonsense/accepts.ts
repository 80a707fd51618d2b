import { CacheEntry } from '@pw/cache-models';
import type { Parameter } from './nonsense-spec.ts';

type Test = (value: unknown) => boolean;

export const isText: Test = (value) => typeof value === 'string';
export const isFunction: Test = (value) => typeof value === 'function';
export const isBoolean: Test = (value) => typeof value === 'boolean';
export const isUndefined: Test = (value) => value === undefined;
/** Accepts every value, for parameters that are documented to accept any. */
export const isAnything: Test = () => true;

export const isBytes: Test = (value) => value instanceof Uint8Array;
export const isNumber: Test = (value) => typeof value === 'number' && !Number.isNaN(value);
export const isEntry: Test = (value) => CacheEntry.isCacheEntry(value);
export const isNull: Test = (value) => value === null;

export function oneOf(...choices: readonly unknown[]): Test {
  return (value) => choices.includes(value);
}

export function listOf(test: Test): Test {
  // `every` would skip holes.
  return (value) => Array.isArray(value) && Array.from<unknown>(value).every(test);
}

/** An object or class with these functions: a logger, a clock, a cipher. */
export function having(...functions: readonly string[]): Test {
  return (value) =>
    ((typeof value === 'object' && value !== null) || typeof value === 'function') &&
    functions.every((name) => typeof (value as Record<string, unknown>)[name] === 'function');
}

/** The types of time that most calls accept: a number, a Date, a string. Which values are valid is up to the call. */
export const isTimeLike: Test = (value) =>
  typeof value === 'string' || typeof value === 'number' || value instanceof Date;

export function either(...tests: readonly Test[]): Test {
  return (value) => tests.some((test) => test(value));
}

/** An argument or member that may be omitted. */
export function maybe(name: string, accepts: Test, members?: readonly Parameter[]): Parameter {
  return must(name, either(isUndefined, accepts), members);
}

export function must(name: string, accepts: Test, members?: readonly Parameter[]): Parameter {
  return members === undefined ? { name, accepts } : { name, accepts, members };
}

export function wholeFrom(least: number, most: number = Number.MAX_SAFE_INTEGER): Test {
  return (value) => Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most;
}

/** An object with only these members; their values are tried separately. */
export function objectOf(...names: readonly string[]): Test {
  return (value) =>
    typeof value === 'object' &&
    value !== null &&
    isBag(value) &&
    Object.keys(value).every((name) => names.includes(name));
}

/** The value of a label as documented. */
export const isLabelValue: Test = (value) =>
  typeof value === 'string' &&
  value.length >= 1 &&
  value.length <= 256 &&
  value.isWellFormed() &&
  !/\p{Cc}/u.test(value);

/** True for an object that may be meant as options; false for lists, bytes, dates, maps, promises and errors. */
export function isBag(value: unknown): boolean {
  return Object.prototype.toString.call(value) === '[object Object]';
}
