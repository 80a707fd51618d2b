import { createRequire } from 'node:module';
import type BetterSqlite3 from 'better-sqlite3';
import { hardenConnection } from './harden-connection.ts';

/**
 * A connection for a worker, set up by `configure`. It never waits for locks, and no commit checkpoints: workers decide
 * on both.
 */
export function openInWorker(path: string, configure: (db: BetterSqlite3.Database) => void): BetterSqlite3.Database {
  const Database = createRequire(import.meta.url)('better-sqlite3') as typeof BetterSqlite3;
  const db = new Database(path, { timeout: 0, fileMustExist: true });
  try {
    hardenConnection(db);
    configure(db);
    db.pragma('wal_autocheckpoint = 0');
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/**
 * A connection for a worker that removes rows: configured as the tier's own, except that all changes of a transaction
 * stay in memory.
 */
export function openWriterInWorker(path: string, isDurable: boolean): BetterSqlite3.Database {
  return openInWorker(path, (db) => {
    db.pragma('foreign_keys = ON');
    db.pragma('secure_delete = ON');
    db.pragma(`synchronous = ${isDurable ? 'FULL' : 'NORMAL'}`);
    db.pragma('temp_store = MEMORY');
    // In KiB.
    db.pragma('cache_size = -65536');
  });
}
