import { createRequire } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import type BetterSqlite3 from 'better-sqlite3';
import { hardenConnection } from '../database/harden-connection.ts';
import { scrubDatabase } from './vacuum-database.ts';

/** What the thread is to do. */
export interface ScrubTask {
  readonly path: string;
}

const { path } = workerData as ScrubTask;
const Database = createRequire(import.meta.url)('better-sqlite3') as typeof BetterSqlite3;
const db = new Database(path, { timeout: 0, fileMustExist: true });
try {
  hardenConnection(db);
  db.pragma('secure_delete = ON');
  db.pragma('synchronous = FULL');
  // The copy may be as large as the database: no commit folds it, the last step does.
  db.pragma('wal_autocheckpoint = 0');
  scrubDatabase(db);
} finally {
  db.close();
}
parentPort?.postMessage('done');
