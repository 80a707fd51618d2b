import { CacheValidationError, MAX_KEY_BYTES } from '@pw/cache-models';
import { ENTRY_COLUMNS, isNumberColumn, LABELS_COLUMN } from '../schema/table-layout.ts';
import { At, type EntryValues, type StoredValue } from './entry-values.ts';

/** Longest string or token that is stored and read, in bytes: 1 MiB, as in the other tiers. */
export const MAX_VALUE_BYTES = 1024 * 1024;

/**
 * Longer than all labels of an entry as they are stored: 32 names of 64 characters with values of 256, three bytes
 * each, take 27 thousand bytes with their quotes.
 */
export const MAX_LABELS_BYTES = 32 * 1024;

/** Longer than any valid row: five strings and tokens, and the small values beside them. */
export const MAX_ROW_BYTES = 5 * MAX_VALUE_BYTES + 64 * 1024;

/**
 * Substitutes for a string that is too long and for a number of the wrong type: values that no such column may contain.
 */
const NO_TEXT = '0';
const NO_NUMBER = "''";

/**
 * SQL: the value of a column, or a substitute that decoding reports as damage if it is too long or of the wrong type.
 * Does not read the bytes of the value.
 */
export function boundedValue(table: string, name: string): string {
  const value = `${table}.${name}`;
  if (name === 'key') return boundedKey(value);
  if (name === LABELS_COLUMN.name) return boundedText(value, MAX_LABELS_BYTES);
  if (isNumberColumn(name)) return boundedNumber(value);
  return boundedText(value);
}

/** Like `boundedValue`, for a string or token. */
export function boundedText(value: string, bytes = MAX_VALUE_BYTES): string {
  return `iif(octet_length(${value}) > ${bytes}, ${NO_TEXT}, ${value})`;
}

/** Like `boundedValue`, for a number. `typeof` reads only the header of a row. */
export function boundedNumber(value: string): string {
  return `iif(typeof(${value}) IN ('text', 'blob'), ${NO_NUMBER}, ${value})`;
}

/** A key that is too long is cut to one that is still too long, but keeps its position in the order of keys. */
function boundedKey(key: string): string {
  const start = `substr(${key}, 1, ${MAX_KEY_BYTES + 1})`;
  return `iif(typeof(${key}) = 'text', iif(octet_length(${key}) > ${MAX_KEY_BYTES}, ${start}, ${key}), ${NO_TEXT})`;
}

/** SQL: true for a valid key. */
export function isKey(key: string): string {
  return `typeof(${key}) = 'text' AND octet_length(${key}) <= ${MAX_KEY_BYTES}`;
}

/**
 * SQL: a value of any type for the quarantine; NULL for one that exceeds all bounds, of which there may be gigabytes.
 */
export function keptValue(value: string): string {
  return `iif(octet_length(${value}) > ${MAX_VALUE_BYTES}, NULL, ${value})`;
}

/** Throws a CacheValidationError that names the first value that is too long to be read again. */
export function checkLengths(values: EntryValues): void {
  for (let at = 0; at < values.length; at++) if (isLong(values[at]!)) throw tooLong(ENTRY_COLUMNS[at]!);
  const labels = values[At.LABELS];
  if (typeof labels === 'string' && Buffer.byteLength(labels) > MAX_LABELS_BYTES)
    throw tooLong(LABELS_COLUMN.name, MAX_LABELS_BYTES);
}

function isLong(value: StoredValue): boolean {
  if (typeof value === 'string')
    return value.length * 3 > MAX_VALUE_BYTES && Buffer.byteLength(value) > MAX_VALUE_BYTES;
  return value !== null && typeof value === 'object' && value.byteLength > MAX_VALUE_BYTES;
}

function tooLong(path: string, bytes = MAX_VALUE_BYTES): CacheValidationError {
  const message = `must be at most ${bytes} bytes long`;
  return new CacheValidationError(`entry: ${path}: ${message}`, { problems: [{ path, message }] });
}
