import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/**
 * `place` is the order of insertion, for fifo; `used` and `uses` come from `recordAccess`. Times are epoch
 * milliseconds.
 */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS entries (
    place INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL UNIQUE,
    record TEXT NOT NULL,
    expires_at REAL NOT NULL,
    used REAL NOT NULL,
    uses INTEGER NOT NULL,
    evicted_from_l1 INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS entries_expires_at ON entries (expires_at);
`;

/** Opens the database. Creates its file first, with mode 0600 in a 0700 folder: SQLite would make it world-readable. */
export function openStore(path: string): DatabaseSync {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  closeSync(openSync(path, 'a', 0o600));
  const db = new DatabaseSync(path);
  try {
    db.exec('PRAGMA busy_timeout = 1500; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;');
    db.exec(SCHEMA);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}
