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

const INSERT = `INSERT INTO health_history (proxy_key, check_time, status, response_time_ms, error_message, check_url)
  VALUES (?, ?, ?, ?, ?, ?)`;
const NEWEST = `SELECT check_time, status, response_time_ms, error_message, check_url FROM health_history
  WHERE proxy_key = ? AND check_time >= ? ORDER BY check_time DESC, id DESC LIMIT ?`;

/** Adds a check to the history of a stored key. */
export function addHealthRecord(store: EntryStore, key: string, check: HealthCheck): void {
  const { checkTime, status, responseTimeMs, errorMessage, checkUrl } = check;
  store.statements.of(INSERT).run(key, seconds(checkTime), status, responseTimeMs, errorMessage, checkUrl);
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
