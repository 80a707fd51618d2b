import type { SqliteDatabase } from '../database/load-binding.ts';
import { retryWhenBusy } from '../database/retry-when-busy.ts';

/** Longest wait for the write lock, and then for readers of older pages in the log, in milliseconds. */
const TIMEOUT_MS = 5000;

/** Has the code with which SQLite reports a lock that another connection holds. */
class LogInUse extends Error {
  readonly code = 'SQLITE_BUSY';
}

/**
 * Rebuilds the database file from its contents, and truncates its log. Otherwise pages keep copies of rows removed long
 * ago: SQLite leaves some when it moves rows between pages, and a program without `secure_delete` leaves all. Meanwhile
 * readers continue and writers wait. Throws the errors of SQLite, such as SQLITE_BUSY if another connection holds a
 * lock, or reads an older state, for too long.
 */
export function vacuumDatabase(db: SqliteDatabase): void {
  retryWhenBusy(() => db.exec('VACUUM'), TIMEOUT_MS);
  // Without a lock, so that the truncation, which takes one, finds nothing left to copy.
  db.pragma('wal_checkpoint(PASSIVE)');
  retryWhenBusy(() => truncateLog(db), TIMEOUT_MS);
}

function truncateLog(db: SqliteDatabase): void {
  const [row] = db.pragma('wal_checkpoint(TRUNCATE)') as { busy: number }[];
  if (row?.busy === 1)
    throw new LogInUse('another connection reads an older state of the database; end its transaction and try again');
}
