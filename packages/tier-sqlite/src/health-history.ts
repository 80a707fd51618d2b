import { fromEpochSeconds, type HealthCheck, type HealthRecord, type HealthStatus } from '@pw/cache-models';
import type { EntryStore } from './entry-store.ts';
import { seconds } from './entry-values.ts';

interface HistoryRow {
  readonly check_time: number;
  readonly status: HealthStatus;
  readonly response_time_ms: number | null;
  readonly error_message: string | null;
  readonly check_url: string;
}

/** REPLACE meets only what {@link nextId} could not step over. */
const INSERT = `INSERT OR REPLACE INTO health_history (id, proxy_key, check_time, status, response_time_ms, error_message, check_url)
  VALUES (?, ?, ?, ?, ?, ?, ?)`;
const NEWEST = `SELECT check_time, status, response_time_ms, error_message, check_url FROM health_history
  WHERE proxy_key = ? AND check_time >= ? ORDER BY check_time DESC, id DESC LIMIT ?`;

/** Nobody counts so far. */
const FORGED = 2 ** 52;
/** From here to {@link FORGED} more checks fit than are ever made. */
const ODD = FORGED - 2 ** 40;
/** Rows with an id that nobody counted up to which go with one check. */
const ODD_AT_A_TIME = 100;

const LAST_ID = 'SELECT ifnull(max(id), 0) FROM health_history';
const LAST_SOUND_ID = `${LAST_ID} WHERE id < ${ODD}`;
const FORGET_ODD = `DELETE FROM health_history WHERE id IN (SELECT id FROM health_history WHERE id >= ${ODD} LIMIT ${ODD_AT_A_TIME})`;

/** Adds a check to the history of a stored key. */
export function addHealthRecord(store: EntryStore, key: string, check: HealthCheck): void {
  const { checkTime, status, responseTimeMs, errorMessage, checkUrl } = check;
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

/** The checks of a key from `since` on, newest first. */
export function readHealthHistory(store: EntryStore, key: string, since: number, limit: number): HealthRecord[] {
  if (!key.isWellFormed()) return [];
  const rows = store.statements.of(NEWEST).all(key, seconds(since), limit) as HistoryRow[];
  return rows.map((row) => ({
    checkTime: fromEpochSeconds(row.check_time),
    status: row.status,
    responseTimeMs: row.response_time_ms,
    errorMessage: row.error_message,
    checkUrl: row.check_url,
  }));
}
