import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';

/**
 * Holds the write locks of databases, one after the other, as another program would. Reads pairs of lines: a path, upon
 * which it takes the lock and prints `held`, and a number of milliseconds, after which it releases the lock and prints
 * `released`.
 */
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
for (let path = await lines.next(); path.done !== true; path = await lines.next()) {
  const db = new Database(path.value, { timeout: 0 });
  db.exec('BEGIN IMMEDIATE');
  process.stdout.write('held\n');
  await sleep(Number((await lines.next()).value));
  db.exec('COMMIT');
  db.close();
  process.stdout.write('released\n');
}
