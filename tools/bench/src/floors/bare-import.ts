import { randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { CacheEntry } from '@pw/cache-models';
import Database from 'better-sqlite3';
import { bareSeal } from './bare-fernet.ts';

const SHARDS = 16;

const TABLE = `CREATE TABLE cache_entries (key TEXT PRIMARY KEY, proxy_url TEXT NOT NULL, username_encrypted BLOB,
  password_encrypted BLOB, source TEXT NOT NULL, fetch_time REAL NOT NULL, last_accessed REAL NOT NULL,
  access_count INTEGER, ttl_seconds INTEGER NOT NULL, expires_at REAL NOT NULL, health_status TEXT,
  failure_count INTEGER, created_at REAL NOT NULL, updated_at REAL NOT NULL, last_health_check REAL,
  consecutive_health_failures INTEGER, consecutive_health_successes INTEGER, recovery_attempt INTEGER,
  next_check_time REAL, last_health_error TEXT, total_health_checks INTEGER, total_health_check_failures INTEGER,
  evicted_from_l1 INTEGER);
  CREATE INDEX i1 ON cache_entries(expires_at); CREATE INDEX i2 ON cache_entries(source);
  CREATE INDEX i3 ON cache_entries(health_status); CREATE INDEX i4 ON cache_entries(last_accessed);`;

/**
 * The least that an import costs: every credential sealed once, every entry stored in one transaction into the
 * reference's table and in one batch of lines. Nothing is read, checked, locked or cached. Returns the number of stored
 * rows.
 */
export function bareImport(directory: string, entries: readonly CacheEntry[]): number {
  mkdirSync(directory, { recursive: true });
  const seal = bareSeal(randomBytes(16), randomBytes(16));
  const tokens = entries.map((entry) => [seal(entry.username!.reveal()), seal(entry.password!.reveal())] as const);
  writeLines(directory, entries, tokens);
  return insertRows(directory, entries, tokens);
}

type Tokens = readonly (readonly [string, string])[];

function writeLines(directory: string, entries: readonly CacheEntry[], tokens: Tokens): void {
  const lines: string[][] = Array.from({ length: SHARDS }, () => []);
  for (const [i, entry] of entries.entries()) {
    const [username, password] = tokens[i]!;
    lines[Number.parseInt(entry.key.slice(0, 2), 16) % SHARDS]!.push(
      JSON.stringify({ ...entry.toFields(), username, password }),
    );
  }
  for (const [shard, text] of lines.entries()) {
    const fd = openSync(join(directory, `shard_${shard}.jsonl`), 'a', 0o600);
    writeSync(fd, `${text.join('\n')}\n`);
    closeSync(fd);
  }
}

function insertRows(directory: string, entries: readonly CacheEntry[], tokens: Tokens): number {
  const db = new Database(join(directory, 'bare.db'));
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = NORMAL');
  db.exec(TABLE);
  const insert = db.prepare(`INSERT INTO cache_entries VALUES (${Array(23).fill('?').join(',')})`);
  db.transaction(() => {
    for (const [i, entry] of entries.entries()) insert.run(...valuesOf(entry, tokens[i]!));
  })();
  const { rows } = db.prepare('SELECT count(*) AS rows FROM cache_entries').get() as { rows: number };
  db.close();
  return rows;
}

function valuesOf(e: CacheEntry, [username, password]: readonly [string, string]): (string | number | Buffer | null)[] {
  const seconds = (time: number | null) => (time === null ? null : time / 1000);
  return [
    e.key,
    e.proxyUrl,
    Buffer.from(username),
    Buffer.from(password),
    e.source,
    e.fetchTime / 1000,
    e.lastAccessed / 1000,
    e.accessCount,
    e.ttlSeconds,
    e.expiresAt / 1000,
    e.healthStatus,
    e.failureCount,
    e.fetchTime / 1000,
    e.fetchTime / 1000,
    seconds(e.lastHealthCheck),
    e.consecutiveHealthFailures,
    e.consecutiveHealthSuccesses,
    e.recoveryAttempt,
    seconds(e.nextCheckTime),
    e.lastHealthError,
    e.totalHealthChecks,
    e.totalHealthCheckFailures,
    e.evictedFromL1 ? 1 : 0,
  ];
}
