import Database from 'better-sqlite3';

/**
 * Holds a database's write lock for a while, as another program may: `locking-child.ts <path> <ms>`. Prints `held` once
 * it has the lock.
 */
const [path, ms] = process.argv.slice(2) as [string, string];
const db = new Database(path, { timeout: 0 });
db.exec('BEGIN IMMEDIATE');
process.stdout.write('held\n');
setTimeout(() => {
  db.exec('COMMIT');
  db.close();
}, Number(ms));
