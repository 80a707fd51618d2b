import type { Parameter } from './nonsense-spec.ts';

type Test = (value: unknown) => boolean;

export const isText: Test = (value) => typeof value === 'string';
export const isFunction: Test = (value) => typeof value === 'function';
export const isBoolean: Test = (value) => typeof value === 'boolean';
export const isUndefined: Test = (value) => value === undefined;
/** For what takes anything at all, and says so. */
export const isAnything: Test = () => true;

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

/** Lists, bytes, dates and errors have no members that anybody means. */
function isBag(value: object): boolean {
  return !Array.isArray(value) && !ArrayBuffer.isView(value) && !(value instanceof Date) && !(value instanceof Error);
}
