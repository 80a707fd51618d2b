import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { CacheEntry } from '@pw/cache-models';
import { DiskCacheTier, SqliteCacheTier, type SqliteTierOptions } from '@pw/tier-sqlite';
import Database from 'better-sqlite3';

/** The class of the tier under test. */
export type Kind = 'DiskCacheTier' | 'SqliteCacheTier';
export const KINDS: readonly Kind[] = ['DiskCacheTier', 'SqliteCacheTier'];

export type SqliteLabTier = DiskCacheTier | SqliteCacheTier;

/** The database file of a tier that {@link openTier} opens. */
export function fileIn(kind: Kind, directory: string): string {
  return join(directory, kind === 'DiskCacheTier' ? 'l2_cache.db' : 'proxywhirl.db');
}

/** Creates a tier as a program would. */
export function openTier(kind: Kind, directory: string, options: Partial<SqliteTierOptions> = {}): SqliteLabTier {
  const all = { failureThreshold: 1000, ...options };
  return kind === 'DiskCacheTier'
    ? new DiskCacheTier({ ...all, directory })
    : new SqliteCacheTier({ ...all, path: fileIn(kind, directory) });
}

/** An entry that contains the ledger's value of its change, in columns of the table and of the side table. */
export function entryOf(key: string, value: string): CacheEntry {
  return CacheEntry.create({
    key,
    proxyUrl: 'http://192.0.2.1:8080',
    source: value,
    lastHealthError: `${key} ${value}`.padEnd(300, 'x'),
    labels: { value },
  });
}

/** Key and value of every live record; throws if a record contradicts itself. */
function valuesIn(tier: SqliteLabTier): Map<string, string> {
  const values = new Map<string, string>();
  for (const { key, source, lastHealthError, labels } of tier.entries()) {
    if (lastHealthError !== `${key} ${source}`.padEnd(300, 'x') || labels['value'] !== source)
      throw new Error('a record contains a value that was never written');
    values.set(key, source);
  }
  return values;
}

/**
 * The contents of a database after an accident, read twice: as it was left, and again after new entries were added and
 * the database was reopened. Both must agree, nothing may have been set aside as damaged, and SQLite's integrity check
 * must pass.
 */
export function surveySqlite(kind: Kind): (directory: string) => Promise<Map<string, string>> {
  return async (directory) => {
    const first = openTier(kind, directory);
    first.open();
    const before = valuesIn(first);
    const fresh = Array.from({ length: 20 }, (_, n) => entryOf(`after-${n}`, 'new'));
    if (first.putMany(fresh).includes(false)) throw new Error('the database does not store new entries');
    first.close();
    const second = openTier(kind, directory);
    const after = valuesIn(second);
    second.close();
    for (const { key } of fresh) if (!after.delete(key)) throw new Error('a new entry is gone');
    if (JSON.stringify([...after].sort()) !== JSON.stringify([...before].sort()))
      throw new Error('the contents changed when the store was opened again');
    const damaged = first.statistics.evictionsCorruption + second.statistics.evictionsCorruption;
    if (damaged + first.totalFailures + second.totalFailures > 0) throw new Error('the tier failed after the accident');
    checkSound(kind, directory);
    return before;
  };
}

/** Throws if a file was set aside or SQLite's integrity check reports an error. */
function checkSound(kind: Kind, directory: string): void {
  if (!existsSync(directory)) return;
  if (readdirSync(directory).some((name) => name.includes('.corrupt-'))) throw new Error('the file was set aside');
  const db = new Database(fileIn(kind, directory), { readonly: true });
  const found = db.pragma('integrity_check', { simple: true });
  db.close();
  if (found !== 'ok') throw new Error('SQLite finds the database damaged');
}
