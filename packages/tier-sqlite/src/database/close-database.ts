import { statSync } from 'node:fs';
import { errorCode } from '@pw/cache-models/tier';
import { hardenConnection } from './harden-connection.ts';
import type { SqliteDatabase, SqliteDatabaseConstructor } from './load-binding.ts';

/**
 * Closes a database without changing the file or its log. The last connection to close would checkpoint the log, unless
 * it is read-only; so where there is a log, a read-only connection is closed last.
 */
export function closeUntouched(db: SqliteDatabase, Database: SqliteDatabaseConstructor): void {
  const hasLog = statSync(`${db.name}-wal`, { throwIfNoEntry: false })?.size;
  if (!hasLog) {
    db.close();
    return;
  }
  let reader: SqliteDatabase | undefined;
  try {
    reader = new Database(db.name, { readonly: true, timeout: 0 });
    hardenConnection(reader);
    reader.pragma('schema_version');
  } finally {
    db.close();
    reader?.close();
  }
}

/**
 * Checkpoints the log and closes. If a reader or a full disk prevents the checkpoint, the log stays: nothing is lost.
 */
export function closeDatabase(db: SqliteDatabase): void {
  try {
    db.pragma('busy_timeout = 100');
    db.pragma('wal_checkpoint(TRUNCATE)');
  } catch (error) {
    if (errorCode(error)?.startsWith('SQLITE_') !== true) throw error;
  } finally {
    db.close();
  }
}
