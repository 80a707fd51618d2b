/**
 * A reply does not have the shape that the command calls for, so the connection can no longer be trusted. Quotes no
 * value.
 */
export class UnfitAnswer extends Error {
  readonly code = 'ERR_UNFIT_ANSWER';
}

function refuse(wanted: string): never {
  throw new UnfitAnswer(`not a ${wanted}`);
}

function listOf<T>(answer: unknown, length: number, isFit: (item: unknown) => boolean, wanted: string): readonly T[] {
  const isList = Array.isArray(answer) && (length < 0 || answer.length === length) && answer.every(isFit);
  return isList ? (answer as T[]) : refuse(wanted);
}

const isString = (item: unknown) => typeof item === 'string';
const isStringOrNull = (item: unknown) => item === null || typeof item === 'string';
const isCount = (item: unknown) => Number.isSafeInteger(item) && (item as number) >= 0;

/** Exactly `length` strings, with `null` for each missing one. */
export function stringsOrNulls(answer: unknown, length: number): readonly (string | null)[] {
  return listOf(answer, length, isStringOrNull, 'list of strings');
}

/** Exactly `length` whole numbers from 0 to `most`. */
export function numbersUpTo<T extends number>(answer: unknown, length: number, most: number): readonly T[] {
  return listOf(answer, length, (item) => isCount(item) && (item as number) <= most, 'list of numbers');
}

/** A string, or `null` for none. */
export function stringOrNull(answer: unknown): string | null {
  return isStringOrNull(answer) ? (answer as string | null) : refuse('string');
}

export function wholeNumber(answer: unknown): number {
  return isCount(answer) ? (answer as number) : refuse('number');
}

export function ok(answer: unknown): void {
  if (answer !== 'OK') refuse('acknowledgement');
}

function list(answer: unknown): readonly unknown[] {
  return Array.isArray(answer) ? answer : refuse('list');
}

/** A reply to SCAN. */
export function scanned(answer: unknown): readonly [cursor: string, names: readonly string[]] {
  const [cursor, names] = list(answer);
  if (typeof cursor !== 'string' || !/^\d{1,20}$/.test(cursor)) return refuse('page of names');
  return [cursor, listOf<string>(names, -1, isString, 'page of names')];
}

/** The value of a key on the server: a record, nothing, or something that cannot be a record. */
export type Stored = string | null | typeof UNFIT;

/** A value that is not a string, or is too long. */
export const UNFIT = Symbol('unfit');

/** A reply of the script READ: at least the first record asked for, at most all of them. */
export function recordsRead(
  answer: unknown,
  most: number,
): readonly (readonly [record: Stored, access: string | null])[] {
  const all = list(answer);
  if (all.length === 0 || all.length % 2 === 1 || all.length > 2 * most) return refuse('list of records');
  const found: (readonly [Stored, string | null])[] = [];
  for (let at = 0; at < all.length; at += 2) {
    const [record, access] = [all[at], all[at + 1]];
    if (!(record === 1 || isStringOrNull(record)) || !isStringOrNull(access)) return refuse('list of records');
    found.push([record === 1 ? UNFIT : (record as string | null), access as string | null]);
  }
  return found;
}

/** A reply of the script PUT_BOUNDED. */
export function evicted(answer: unknown): {
  readonly expired: number;
  readonly unreported: number;
  readonly reported: readonly (readonly [key: string, record: string, access: string | null])[];
} {
  const [expired, unreported, ...rest] = list(answer);
  if (!isCount(expired) || !isCount(unreported) || rest.length % 3 !== 0) return refuse('list of evicted records');
  const reported: (readonly [string, string, string | null])[] = [];
  for (let at = 0; at < rest.length; at += 3) {
    const [key, record, access] = rest.slice(at, at + 3);
    if (!isString(key) || !isString(record) || !isStringOrNull(access)) return refuse('list of evicted records');
    reported.push([key as string, record as string, access as string | null]);
  }
  return { expired: expired as number, unreported: unreported as number, reported };
}
