import { CacheCorruptionError } from '@pw/cache-models';
import { fromEpochSeconds, isInstant } from '@pw/cache-models/tier';
import type { StoredValue } from '../rows/entry-values.ts';
import { boundedNumber, boundedText } from '../rows/value-limits.ts';
import { TOMBSTONED_UP_TO } from './check-tombstones.ts';

/**
 * Largest number of checks of a key, the latest ones, that are read for a history or a summary, unless
 * `maxRecordsPerKey` is more. This takes some milliseconds. A file may contain any number of checks.
 */
export const MOST_CHECKS = 5000;

/**
 * SQL: ids and columns of the latest checks of a key; binds the key twice, and their number. Uses the index of keys, in
 * which the rows of one key are in order of id.
 */
export function lastRecorded(...columns: readonly string[]): string {
  const values = columns.map((name) => `${boundedCheckValue(name)} AS ${name}`);
  return `SELECT ${['id', ...values].join(', ')} FROM health_history WHERE proxy_key = ? AND id > ${TOMBSTONED_UP_TO} ORDER BY id DESC LIMIT ?`;
}

const NUMBERS: ReadonlySet<string> = new Set(['check_time', 'response_time_ms']);

/** SQL: the value of a column of the history, or an invalid value if it exceeds all bounds. */
export function boundedCheckValue(name: string): string {
  return NUMBERS.has(name) ? boundedNumber(name) : boundedText(name);
}

/** Called once with the number of rows that a read skipped. */
export type OnDamagedChecks = (error: CacheCorruptionError, count: number) => void;

/** The decoded rows; those for which `decode` returns nothing are damaged. */
export function validChecks<T extends object>(
  rows: readonly (readonly StoredValue[])[],
  decode: (row: readonly StoredValue[]) => T | undefined,
  onDamaged: OnDamagedChecks,
): T[] {
  const valid = rows.map(decode).filter((check) => check !== undefined);
  const damaged = rows.length - valid.length;
  if (damaged > 0) onDamaged(new CacheCorruptionError('stored health check: its values are invalid'), damaged);
  return valid;
}

export function isTime(value: StoredValue | undefined): value is number {
  return typeof value === 'number' && isInstant(fromEpochSeconds(value));
}

export function isDuration(value: StoredValue | undefined): value is number | null {
  return value === null || (typeof value === 'number' && Number.isFinite(value) && value >= 0);
}
