/**
 * A reply does not have the shape that the command calls for, so the connection can no longer be trusted. The message
 * quotes no value.
 */
export class UnexpectedReply extends Error {
  readonly code = 'ERR_REPLY_UNEXPECTED';
}

function refuse(wanted: string): never {
  throw new UnexpectedReply(`not a ${wanted}`);
}

function listOf<T>(reply: unknown, length: number, isFit: (item: unknown) => boolean, wanted: string): readonly T[] {
  const isList = Array.isArray(reply) && (length < 0 || reply.length === length) && reply.every(isFit);
  return isList ? (reply as T[]) : refuse(wanted);
}

const isString = (item: unknown) => typeof item === 'string';
const isStringOrNull = (item: unknown) => item === null || typeof item === 'string';
const isCount = (item: unknown) => Number.isSafeInteger(item) && (item as number) >= 0;

/** Exactly `length` strings, with `null` for each missing one. */
export function stringsOrNulls(reply: unknown, length: number): readonly (string | null)[] {
  return listOf(reply, length, isStringOrNull, 'list of strings');
}

/** Exactly `length` whole numbers from 0 to `most`. */
export function numbersUpTo<T extends number>(reply: unknown, length: number, most: number): readonly T[] {
  return listOf(reply, length, (item) => isCount(item) && (item as number) <= most, 'list of numbers');
}

/** A string, or `null` for none. */
export function stringOrNull(reply: unknown): string | null {
  return isStringOrNull(reply) ? (reply as string | null) : refuse('string');
}

export function wholeNumber(reply: unknown): number {
  return isCount(reply) ? (reply as number) : refuse('number');
}

export function ok(reply: unknown): void {
  if (reply !== 'OK') refuse('acknowledgement');
}

function list(reply: unknown): readonly unknown[] {
  return Array.isArray(reply) ? reply : refuse('list');
}

/** A reply to SCAN. */
export function scanned(reply: unknown): readonly [cursor: string, names: readonly string[]] {
  const [cursor, names] = list(reply);
  if (typeof cursor !== 'string' || !/^\d{1,20}$/.test(cursor)) return refuse('page of names');
  return [cursor, listOf<string>(names, -1, isString, 'page of names')];
}

/** The value of a key on the server: a record, nothing, or something that cannot be a record. */
export type Stored = string | null | typeof UNFIT;

/** A value that is not a string, or is too long. */
export const UNFIT = Symbol('unfit');

/** A reply of the script READ: at least the first record asked for, at most all of them. */
export function recordsRead(
  reply: unknown,
  most: number,
): readonly (readonly [record: Stored, access: string | null])[] {
  const all = list(reply);
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
export function evicted(reply: unknown): {
  readonly expired: number;
  readonly unreported: number;
  readonly reported: readonly (readonly [key: string, record: string, access: string | null])[];
} {
  const [expired, unreported, ...rest] = list(reply);
  if (!isCount(expired) || !isCount(unreported) || rest.length % 3 !== 0) return refuse('list of evicted records');
  const reported: (readonly [string, string, string | null])[] = [];
  for (let at = 0; at < rest.length; at += 3) {
    const [key, record, access] = rest.slice(at, at + 3);
    if (!isString(key) || !isString(record) || !isStringOrNull(access)) return refuse('list of evicted records');
    reported.push([key as string, record as string, access as string | null]);
  }
  return { expired: expired as number, unreported: unreported as number, reported };
}
