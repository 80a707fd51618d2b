import { CacheEntry } from '@pw/cache-models';
import type { Parameter } from './nonsense-spec.ts';

type Test = (value: unknown) => boolean;

export const isText: Test = (value) => typeof value === 'string';
export const isFunction: Test = (value) => typeof value === 'function';
export const isBoolean: Test = (value) => typeof value === 'boolean';
export const isUndefined: Test = (value) => value === undefined;
/** For what takes anything at all, and says so. */
export const isAnything: Test = () => true;

export const isBytes: Test = (value) => value instanceof Uint8Array;
export const isNumber: Test = (value) => typeof value === 'number' && !Number.isNaN(value);
export const isEntry: Test = (value) => CacheEntry.isCacheEntry(value);
export const isNull: Test = (value) => value === null;

export function oneOf(...choices: readonly unknown[]): Test {
  return (value) => choices.includes(value);
}

export function listOf(test: Test): Test {
  // Not by `every`, which passes over holes.
  return (value) => Array.isArray(value) && Array.from<unknown>(value).every(test);
}

/** An object, or a class, with such functions: a logger, a clock, a cipher. */
export function having(...functions: readonly string[]): Test {
  return (value) =>
    ((typeof value === 'object' && value !== null) || typeof value === 'function') &&
    functions.every((name) => typeof (value as Record<string, unknown>)[name] === 'function');
}

/** A time as most calls take it: a number, a Date, a text. Which of them are times is for the call to say. */
export const isTimeLike: Test = (value) =>
  typeof value === 'string' || typeof value === 'number' || value instanceof Date;

export function either(...tests: readonly Test[]): Test {
  return (value) => tests.some((test) => test(value));
}

/** An argument, or a member, that may be left out. */
export function maybe(name: string, accepts: Test, members?: readonly Parameter[]): Parameter {
  return must(name, either(isUndefined, accepts), members);
}

export function must(name: string, accepts: Test, members?: readonly Parameter[]): Parameter {
  return members === undefined ? { name, accepts } : { name, accepts, members };
}

export function wholeFrom(least: number, most: number = Number.MAX_SAFE_INTEGER): Test {
  return (value) => Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most;
}

/** An object with no members but these; what they hold is tried member by member. */
export function objectOf(...names: readonly string[]): Test {
  return (value) =>
    typeof value === 'object' &&
    value !== null &&
    isBag(value) &&
    Object.keys(value).every((name) => names.includes(name));
}

/** The value of a label, as its documentation has it. */
export const isLabelValue: Test = (value) =>
  typeof value === 'string' &&
  value.length >= 1 &&
  value.length <= 256 &&
  value.isWellFormed() &&
  !/\p{Cc}/u.test(value);

/** Lists, bytes, dates, maps, promises, errors and the like have no members that anybody means. */
export function isBag(value: unknown): boolean {
  return Object.prototype.toString.call(value) === '[object Object]';
}
