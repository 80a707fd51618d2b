import {
  CacheValidationError,
  fromEpochSeconds,
  type HealthCheck,
  type HealthRecord,
  isHealthStatus,
} from '@pw/cache-models';
import { type StoredValue, seconds } from '../rows/entry-values.ts';
import type { EntryStore } from '../rows/row-store.ts';
import { MAX_VALUE_BYTES } from '../rows/value-limits.ts';
import { fewBytesOf } from './check-tombstones.ts';
import {
  boundedCheckValue,
  isDuration,
  isTime,
  lastRecorded,
  type OnDamagedChecks,
  soundChecks,
} from './stored-checks.ts';

/** REPLACE meets only what {@link nextId} could not step over. */
const INSERT = `INSERT OR REPLACE INTO health_history (id, proxy_key, check_time, status, response_time_ms, error_message, check_url)
  VALUES (?, ?, ?, ?, ?, ?, ?)`;

/** The places of a record's values in a row. */
const RECORD = ['check_time', 'status', 'response_time_ms', 'error_message', 'check_url']
  .map(boundedCheckValue)
  .join(', ');
/** Only times and ids are looked at before it is known which rows are wanted. */
const NEWEST = `SELECT ${RECORD} FROM health_history WHERE id IN (SELECT id FROM (${lastRecorded('check_time')}) WHERE check_time >= ?
  ORDER BY check_time DESC, id DESC LIMIT ?) ORDER BY check_time DESC, id DESC`;

/** Nobody counts so far. */
const FORGED = 2 ** 52;
/** From here to {@link FORGED} more checks fit than are ever made. */
const ODD = FORGED - 2 ** 40;
/** Rows with an id that nobody counted up to which go with one check. */
const ODD_AT_A_TIME = 100;

const LAST_ID = 'SELECT ifnull(max(id), 0) FROM health_history';
const LAST_SOUND_ID = `${LAST_ID} WHERE id < ${ODD}`;
const FORGET_ODD = `DELETE FROM health_history WHERE id IN (${fewBytesOf(`SELECT id FROM health_history WHERE id >= ${ODD} ORDER BY id LIMIT ${ODD_AT_A_TIME}`)})`;

/** Adds a check to the history of a stored key. Throws a CacheValidationError for a URL that could not be read again. */
export function addHealthRecord(store: EntryStore, key: string, check: HealthCheck): void {
  const { checkTime, status, responseTimeMs, errorMessage, checkUrl } = check;
  if (Buffer.byteLength(checkUrl) > MAX_VALUE_BYTES) {
    const problem = { path: 'checkUrl', message: `must be at most ${MAX_VALUE_BYTES} bytes long` };
    throw new CacheValidationError(`health check: checkUrl: ${problem.message}`, { problems: [problem] });
  }
  const values = [key, seconds(checkTime), status, responseTimeMs, errorMessage, checkUrl];
  store.statements.of(INSERT).run(nextId(store), ...values);
}

/**
 * The id after the last one. Not AUTOINCREMENT's: where somebody put a row, or its sequence, at the end of all ids, SQLite has none that
 * follows. Rows with such ids are no checks of ours or ProxyWhirl's, and go, some with each check.
 */
function nextId({ statements }: EntryStore): number {
  const last = statements.of(LAST_ID).pluck().get() as number;
  if (last < FORGED - 1) return last + 1;
  statements.of(FORGET_ODD).run();
  return (statements.of(LAST_SOUND_ID).pluck().get() as number) + 1;
}

/**
 * The checks of a key from `since` on, newest first, out of the `most` that were recorded last. Rows that hold no check are passed over, and
 * `onDamaged` is told how many.
 */
export function readHealthHistory(
  store: EntryStore,
  key: string,
  { since, limit, most }: { readonly since: number; readonly limit: number; readonly most: number },
  onDamaged: OnDamagedChecks,
): HealthRecord[] {
  if (!key.isWellFormed()) return [];
  const rows = store.statements.of(NEWEST).raw().all(key, key, most, seconds(since), limit) as StoredValue[][];
  return soundChecks(rows, toRecord, onDamaged);
}

function toRecord([checkTime, status, responseTimeMs, errorMessage, checkUrl]: readonly StoredValue[]):
  | HealthRecord
  | undefined {
  if (!isTime(checkTime) || !isHealthStatus(status) || !isDuration(responseTimeMs) || typeof checkUrl !== 'string')
    return undefined;
  if (errorMessage !== null && typeof errorMessage !== 'string') return undefined;
  return { checkTime: fromEpochSeconds(checkTime), status, responseTimeMs, errorMessage, checkUrl };
}
