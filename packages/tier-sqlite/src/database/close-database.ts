import { statSync } from 'node:fs';
import { hardenConnection } from './harden-connection.ts';
import type { SqliteDatabase, SqliteDatabaseConstructor } from './load-binding.ts';
import { codeOf } from './storage-error.ts';

/** Closes and leaves the file, and its log, as they are: the last connection that closes would fold the log into the database, unless it may only read. */
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

/** Folds the log into the database and closes. A busy reader, or a full disk, leaves the log in place: nothing is lost. */
export function closeDatabase(db: SqliteDatabase): void {
  try {
    db.pragma('busy_timeout = 100');
    db.pragma('wal_checkpoint(TRUNCATE)');
  } catch (error) {
    if (codeOf(error)?.startsWith('SQLITE_') !== true) throw error;
  } finally {
    db.close();
  }
}
