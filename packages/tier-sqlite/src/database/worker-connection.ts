import { createRequire } from 'node:module';
import type BetterSqlite3 from 'better-sqlite3';
import { hardenConnection } from './harden-connection.ts';

/** A connection for a thread that removes rows: as the tier's own, but that no commit folds the log, and that what one transaction changes stays in memory. */
export function connectInWorker(path: string, isDurable: boolean): BetterSqlite3.Database {
  const Database = createRequire(import.meta.url)('better-sqlite3') as typeof BetterSqlite3;
  const db = new Database(path, { timeout: 0, fileMustExist: true });
  try {
    hardenConnection(db);
    db.pragma('foreign_keys = ON');
    db.pragma('secure_delete = ON');
    db.pragma(`synchronous = ${isDurable ? 'FULL' : 'NORMAL'}`);
    db.pragma('temp_store = MEMORY');
    // In KiB.
    db.pragma('cache_size = -65536');
    db.pragma('wal_autocheckpoint = 0');
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}
