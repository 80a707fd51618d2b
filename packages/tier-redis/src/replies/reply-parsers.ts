/** What a server answered is not what it was asked for: the connection is of no use any more. It shows no value. */
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

const isText = (item: unknown) => typeof item === 'string';
const isTextOrNull = (item: unknown) => item === null || typeof item === 'string';
const isCount = (item: unknown) => Number.isSafeInteger(item) && (item as number) >= 0;

/** As many texts as were asked for, `null` for each that is not there. */
export function textsOrNulls(answer: unknown, length: number): readonly (string | null)[] {
  return listOf(answer, length, isTextOrNull, 'list of texts');
}

/** As many numbers as were asked for, each at most `most`. */
export function smallNumbers<T extends number>(answer: unknown, length: number, most: number): readonly T[] {
  return listOf(answer, length, (item) => isCount(item) && (item as number) <= most, 'list of numbers');
}

/** An acknowledgement, or nothing. */
export function textOrNull(answer: unknown): string | null {
  return isTextOrNull(answer) ? (answer as string | null) : refuse('text');
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

/** An answer to SCAN. */
export function scanned(answer: unknown): readonly [cursor: string, names: readonly string[]] {
  const [cursor, names] = list(answer);
  if (typeof cursor !== 'string' || !/^\d{1,20}$/.test(cursor)) return refuse('page of names');
  return [cursor, listOf<string>(names, -1, isText, 'page of names')];
}

/** What stands on the server for a key: a record, nothing, or what can be no record. */
export type Stored = string | null | typeof UNFIT;

/** Not a text, or one that is too long. */
export const UNFIT = Symbol('unfit');

/** An answer of the script READ: of the first one asked for, and at most of all. */
export function recordsRead(
  answer: unknown,
  most: number,
): readonly (readonly [record: Stored, access: string | null])[] {
  const all = list(answer);
  if (all.length === 0 || all.length % 2 === 1 || all.length > 2 * most) return refuse('list of records');
  const found: (readonly [Stored, string | null])[] = [];
  for (let at = 0; at < all.length; at += 2) {
    const [record, access] = [all[at], all[at + 1]];
    if (!(record === 1 || isTextOrNull(record)) || !isTextOrNull(access)) return refuse('list of records');
    found.push([record === 1 ? UNFIT : (record as string | null), access as string | null]);
  }
  return found;
}

/** An answer of the script PUT_BOUNDED. */
export function evicted(answer: unknown): {
  readonly expired: number;
  readonly untold: number;
  readonly told: readonly (readonly [key: string, record: string, access: string | null])[];
} {
  const [expired, untold, ...rest] = list(answer);
  if (!isCount(expired) || !isCount(untold) || rest.length % 3 !== 0) return refuse('list of evicted records');
  const told: (readonly [string, string, string | null])[] = [];
  for (let at = 0; at < rest.length; at += 3) {
    const [key, record, access] = rest.slice(at, at + 3);
    if (!isText(key) || !isText(record) || !isTextOrNull(access)) return refuse('list of evicted records');
    told.push([key as string, record as string, access as string | null]);
  }
  return { expired: expired as number, untold: untold as number, told };
}
