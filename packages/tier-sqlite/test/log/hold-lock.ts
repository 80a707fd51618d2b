import Database from 'better-sqlite3';
import { onTestFinished } from 'vitest';

/** Takes the write lock of a database through another connection; the function that is returned releases it. */
export function holdLock(path: string): () => void {
  const db = new Database(path, { timeout: 0 });
  db.exec('BEGIN IMMEDIATE');
  const release = (): void => {
    if (db.open) db.exec('COMMIT');
    db.close();
  };
  onTestFinished(release);
  return release;
}
