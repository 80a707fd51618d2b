import { CacheValidationError, type HealthRecord, isHealthStatus } from '@pw/cache-models';
import { fromEpochSeconds, type HealthCheck } from '@pw/cache-models/tier';
import { type StoredValue, seconds } from '../rows/entry-values.ts';
import type { RowStore } from '../rows/row-store.ts';
import { MAX_VALUE_BYTES } from '../rows/value-limits.ts';
import { fewBytesOf } from './check-tombstones.ts';
import {
  boundedCheckValue,
  isDuration,
  isTime,
  lastRecorded,
  type OnDamagedChecks,
  validChecks,
} from './stored-checks.ts';

/** Replaces a row only if an implausible row already has the id that {@link nextId} returned. */
const INSERT = `INSERT OR REPLACE INTO health_history (id, proxy_key, check_time, status, response_time_ms, error_message, check_url)
  VALUES (?, ?, ?, ?, ?, ?, ?)`;

/** The values of a record, in order. */
const RECORD = ['check_time', 'status', 'response_time_ms', 'error_message', 'check_url']
  .map(boundedCheckValue)
  .join(', ');
/** Reads only times and ids until the wanted rows are known. */
const NEWEST = `SELECT ${RECORD} FROM health_history WHERE id IN (SELECT id FROM (${lastRecorded('check_time')}) WHERE check_time >= ?
  ORDER BY check_time DESC, id DESC LIMIT ?) ORDER BY check_time DESC, id DESC`;

/** No counting from 1 gets this far. */
const FORGED = 2 ** 52;
/**
 * Ids from here on are implausible. From here to {@link FORGED} there is room for more checks than will ever be made.
 */
const IMPLAUSIBLE = FORGED - 2 ** 40;
/** Rows with implausible ids that are removed with each new check. */
const IMPLAUSIBLE_PER_CHECK = 100;

const LAST_ID = 'SELECT ifnull(max(id), 0) FROM health_history';
const LAST_PLAUSIBLE_ID = `${LAST_ID} WHERE id < ${IMPLAUSIBLE}`;
const REMOVE_IMPLAUSIBLE = `DELETE FROM health_history WHERE id IN (${fewBytesOf(`SELECT id FROM health_history WHERE id >= ${IMPLAUSIBLE} ORDER BY id LIMIT ${IMPLAUSIBLE_PER_CHECK}`)})`;

/**
 * Adds a check to the history of a stored key. Throws a CacheValidationError for a URL that is too long to be read
 * again.
 */
export function addHealthRecord(store: RowStore, key: string, check: HealthCheck): void {
  const { checkTime, status, responseTimeMs, errorMessage, checkUrl } = check;
  if (Buffer.byteLength(checkUrl) > MAX_VALUE_BYTES) {
    const problem = { path: 'checkUrl', message: `must be at most ${MAX_VALUE_BYTES} bytes long` };
    throw new CacheValidationError(`health check: checkUrl: ${problem.message}`, { problems: [problem] });
  }
  const values = [key, seconds(checkTime), status, responseTimeMs, errorMessage, checkUrl];
  store.statements.of(INSERT).run(nextId(store), ...values);
}

/**
 * The id after the last one. AUTOINCREMENT has none left once another program has stored a row, or a sequence, with the
 * last possible id. Neither we nor ProxyWhirl make such rows; they are removed, some with each check.
 */
function nextId({ statements }: RowStore): number {
  const last = statements.of(LAST_ID).pluck().get() as number;
  if (last < FORGED - 1) return last + 1;
  statements.of(REMOVE_IMPLAUSIBLE).run();
  return (statements.of(LAST_PLAUSIBLE_ID).pluck().get() as number) + 1;
}

/**
 * The checks of a key since `since`, newest first, out of the `most` that were recorded last. Invalid rows are skipped,
 * and `onDamaged` is called with their number.
 */
export function selectHealthHistory(
  store: RowStore,
  key: string,
  { since, limit, most }: { readonly since: number; readonly limit: number; readonly most: number },
  onDamaged: OnDamagedChecks,
): HealthRecord[] {
  if (!key.isWellFormed()) return [];
  const rows = store.statements.of(NEWEST).raw().all(key, key, most, seconds(since), limit) as StoredValue[][];
  return validChecks(rows, toRecord, onDamaged);
}

function toRecord([checkTime, status, responseTimeMs, errorMessage, checkUrl]: readonly StoredValue[]):
  | HealthRecord
  | undefined {
  if (!isTime(checkTime) || !isHealthStatus(status) || !isDuration(responseTimeMs) || typeof checkUrl !== 'string')
    return undefined;
  if (errorMessage !== null && typeof errorMessage !== 'string') return undefined;
  return { checkTime: fromEpochSeconds(checkTime), status, responseTimeMs, errorMessage, checkUrl };
}
