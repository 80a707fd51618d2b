import Database from 'better-sqlite3';

/**
 * Holds the write lock of a database for some milliseconds, as another program would: `locking-child.ts <path> <ms>`.
 * Prints a line once it has the lock.
 */
const [path, ms] = process.argv.slice(2) as [string, string];
const db = new Database(path, { timeout: 0 });
db.exec('BEGIN IMMEDIATE');
process.stdout.write('held\n');
setTimeout(() => {
  db.exec('COMMIT');
  db.close();
}, Number(ms));
