import { CacheValidationError, MAX_KEY_BYTES } from '@pw/cache-models';
import { ENTRY_COLUMNS, isNumberColumn, LABELS_COLUMN } from '../schema/table-layout.ts';
import { At, type EntryValues, type StoredValue } from './entry-values.ts';

/** Bytes of the longest text or token that is stored and read: 1 MiB, as in the other tiers. */
export const MAX_VALUE_BYTES = 1024 * 1024;

/** Bytes beyond all labels as they are stored: 32 names of 64 characters and values of 256, three bytes each, with their quotes, take 27 thousand. */
export const MAX_LABELS_BYTES = 32 * 1024;

/** Bytes beyond all that a sound row may hold: five texts and tokens, and what is small beside them. */
export const HEAVY_BYTES = 5 * MAX_VALUE_BYTES + 64 * 1024;

/** What stands for a text or token that is not read, and for a number that is none: what no such column may hold. */
const NO_TEXT = '0';
const NO_NUMBER = "''";

/** SQL: the value of an entry's column; of one that has no bound, or is of a wrong type, what is damage. Its bytes are not looked at. */
export function boundedValue(table: string, name: string): string {
  const value = `${table}.${name}`;
  if (name === 'key') return boundedKey(value);
  if (name === LABELS_COLUMN.name) return boundedText(value, MAX_LABELS_BYTES);
  if (isNumberColumn(name)) return boundedNumber(value);
  return boundedText(value);
}

/** As `boundedValue`, of a text or token. */
export function boundedText(value: string, bytes = MAX_VALUE_BYTES): string {
  return `iif(octet_length(${value}) > ${bytes}, ${NO_TEXT}, ${value})`;
}

/** As `boundedValue`, of a number. `typeof` reads the head of a row alone. */
export function boundedNumber(value: string): string {
  return `iif(typeof(${value}) IN ('text', 'blob'), ${NO_NUMBER}, ${value})`;
}

/** Of a key that is too long one that is too long as well, but has a place in the order of keys. */
function boundedKey(key: string): string {
  const start = `substr(${key}, 1, ${MAX_KEY_BYTES + 1})`;
  return `iif(typeof(${key}) = 'text', iif(octet_length(${key}) > ${MAX_KEY_BYTES}, ${start}, ${key}), ${NO_TEXT})`;
}

/** SQL: true for a key that can be one. */
export function isKey(key: string): string {
  return `typeof(${key}) = 'text' AND octet_length(${key}) <= ${MAX_KEY_BYTES}`;
}

/** SQL: a value of any type, as it is to be kept; NULL for one beyond all bounds, of which there may be gigabytes. */
export function keptValue(value: string): string {
  return `iif(octet_length(${value}) > ${MAX_VALUE_BYTES}, NULL, ${value})`;
}

/** Throws a CacheValidationError that names the columns which are longer than what is read. */
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
