import type { SqliteDatabase } from '../database/load-binding.ts';
import { retryWhenBusy } from '../database/retry-when-busy.ts';

/** Longest wait for the write lock, and then for readers of what the log had before, in milliseconds. */
const PATIENCE_MS = 5000;

/** What SQLite calls a lock that others hold. */
class LogInUse extends Error {
  readonly code = 'SQLITE_BUSY';
}

/**
 * Makes a database's file anew out of what it holds, and empties its log: pages hold copies of rows that are long gone, which SQLite
 * leaves where it moves rows between pages, and in a file that another program wrote all that was ever deleted. Readers go
 * on, writers wait. Throws what SQLite throws; SQLITE_BUSY if another connection holds a lock, or an older state, for too long.
 */
export function scrubDatabase(db: SqliteDatabase): void {
  retryWhenBusy(() => db.exec('VACUUM'), PATIENCE_MS);
  // First without a lock, so that the second one finds nothing to copy.
  db.pragma('wal_checkpoint(PASSIVE)');
  retryWhenBusy(() => emptyLog(db), PATIENCE_MS);
}

function emptyLog(db: SqliteDatabase): void {
  const [row] = db.pragma('wal_checkpoint(TRUNCATE)') as { busy: number }[];
  if (row?.busy === 1) throw new LogInUse('another connection reads an older state of the database');
}
