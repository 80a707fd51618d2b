import { CacheCorruptionError, fromEpochSeconds, isInstant } from '@pw/cache-models';
import type { StoredValue } from '../rows/entry-values.ts';
import { boundedNumber, boundedText } from '../rows/value-limits.ts';
import { FORGOTTEN_UP_TO } from './check-tombstones.ts';

/**
 * Most checks of a key, the ones recorded last, that a history or a summary is made of: 5,000, some milliseconds, or `maxRecordsPerKey` if that is more. A
 * file may hold any number of them.
 */
export const MOST_CHECKS = 5000;

/** SQL: ids and columns of those rows of a key; binds the key twice, and how many. By the index of keys, in which the rows of one follow by id. */
export function lastRecorded(...columns: readonly string[]): string {
  const values = columns.map((name) => `${boundedCheckValue(name)} AS ${name}`);
  return `SELECT ${['id', ...values].join(', ')} FROM health_history WHERE proxy_key = ? AND id > ${FORGOTTEN_UP_TO} ORDER BY id DESC LIMIT ?`;
}

const NUMBERS: ReadonlySet<string> = new Set(['check_time', 'response_time_ms']);

/** SQL: the value of a column of the history; of one beyond all bounds what is none. */
export function boundedCheckValue(name: string): string {
  return NUMBERS.has(name) ? boundedNumber(name) : boundedText(name);
}

/** Told once of how many rows a read passed over. */
export type OnDamagedChecks = (error: CacheCorruptionError, count: number) => void;

/** What `read` makes of the rows; those of which it makes nothing are damaged. */
export function soundChecks<T extends object>(
  rows: readonly (readonly StoredValue[])[],
  read: (row: readonly StoredValue[]) => T | undefined,
  onDamaged: OnDamagedChecks,
): T[] {
  const sound = rows.map(read).filter((check) => check !== undefined);
  const damaged = rows.length - sound.length;
  if (damaged > 0)
    onDamaged(new CacheCorruptionError('stored health check: its values are those of no check'), damaged);
  return sound;
}

export function isTime(value: StoredValue | undefined): value is number {
  return typeof value === 'number' && isInstant(fromEpochSeconds(value));
}

export function isDuration(value: StoredValue | undefined): value is number | null {
  return value === null || (typeof value === 'number' && Number.isFinite(value) && value >= 0);
}
