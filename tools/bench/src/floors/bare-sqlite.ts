import { copyFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { CacheEntry, CredentialCipher } from '@pw/cache-models';
import { DiskCacheTier, SqliteCacheTier } from '@pw/tier-sqlite';
import Database from 'better-sqlite3';

/** One of the two SQLite tiers, with the names of its tables for bare statements on the same file. */
export interface SqliteKind {
  readonly name: 'DiskCacheTier' | 'SqliteCacheTier';
  readonly level: 'l2' | 'l3';
  readonly table: string;
  readonly side: string;
}

export const SQLITE_KINDS: readonly SqliteKind[] = [
  { name: 'DiskCacheTier', level: 'l2', table: 'l2_cache', side: 'pw_l2_cache' },
  { name: 'SqliteCacheTier', level: 'l3', table: 'cache_entries', side: 'pw_cache_entries' },
];

export function sqliteFile({ level }: SqliteKind, directory: string): string {
  return join(directory, level === 'l2' ? 'l2_cache.db' : 'l3.db');
}

export function makeSqliteTier(
  kind: SqliteKind,
  directory: string,
  options: { readonly cipher?: CredentialCipher; readonly durability?: 'normal' | 'full' } = {},
): DiskCacheTier | SqliteCacheTier {
  return kind.level === 'l2'
    ? new DiskCacheTier({ ...options, directory })
    : new SqliteCacheTier({ ...options, path: sqliteFile(kind, directory) });
}

/** Creates a database with these entries, and closes it. */
export function fillDatabase(
  kind: SqliteKind,
  directory: string,
  pages: Iterable<readonly CacheEntry[]>,
  cipher?: CredentialCipher,
): void {
  const tier = makeSqliteTier(kind, directory, cipher === undefined ? {} : { cipher });
  for (const page of pages) tier.putMany(page);
  tier.close();
}

/** Copies a closed database, for bare statements. */
export function copyDatabase(from: string, to: string): string {
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${to}${suffix}`, { force: true });
  copyFileSync(from, to);
  return to;
}

/** Plain better-sqlite3, with the settings of a careful program. */
export function openBare(path: string, synchronous: 'NORMAL' | 'FULL' = 'NORMAL'): Database.Database {
  const db = new Database(path);
  db.pragma('journal_mode = WAL');
  db.pragma(`synchronous = ${synchronous}`);
  db.pragma('foreign_keys = ON');
  db.pragma('cell_size_check = ON');
  return db;
}

/** An upsert of a whole row; binds the rowid, if `withRowId`, and all columns. */
export function bareUpsert(db: Database.Database, table: string, withRowId: boolean): Database.Statement {
  const columns = db.prepare('SELECT name FROM pragma_table_info(?)').pluck().all(table) as string[];
  const all = withRowId ? ['rowid', ...columns] : columns;
  const updated = columns.filter((name) => name !== 'key' && name !== 'created_at');
  return db.prepare(`INSERT INTO ${table} (${all.join(', ')}) VALUES (${all.map(() => '?').join(', ')})
    ON CONFLICT(key) DO UPDATE SET ${updated.map((name) => `${name} = excluded.${name}`).join(', ')}`);
}

/** The raw rows of both tables, in table order, ready to be bound. */
export function rawRows(db: Database.Database, { table, side }: SqliteKind, limit: number) {
  const rows = db.prepare(`SELECT rowid, * FROM ${table} LIMIT ?`).raw().all(limit) as unknown[][];
  const sideRow = db.prepare(`SELECT * FROM ${side} WHERE key = ?`).raw();
  return rows.map((row) => ({ key: row[1] as string, row, side: sideRow.get(row[1]) as unknown[] }));
}
