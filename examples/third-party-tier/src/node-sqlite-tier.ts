import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import {
  BaseTier,
  CacheConfigError,
  CacheCorruptionError,
  CacheEntry,
  CacheStorageError,
  CacheValidationError,
  entryToRecord,
  RemovalReason,
  recordToEntry,
  type TierOptions,
} from '@pw/cache-models';
import type { AccessUpdate } from '@pw/cache-models/tier';
import { openStore } from './open-store.js';
import { parseRow, type Row } from './row.js';

export interface NodeSqliteTierOptions extends TierOptions {
  /** The database file; created if it does not exist. */
  readonly path: string;
}

const ORDERS = { lru: 'used, place', lfu: 'uses, used, place', fifo: 'place' } as const;

/** Stores entries in one SQLite file, with the SQLite of Node.js itself. No method returns a promise. */
export class NodeSqliteTier extends BaseTier<'sync'> {
  readonly #path: string;
  #db: DatabaseSync | undefined;

  /** Throws a CacheConfigError for an invalid option. */
  constructor(options: NodeSqliteTierOptions) {
    super(options, {
      mode: 'sync',
      tierType: 'l2_node_sqlite',
      capabilities: { persistent: true, shared: true, ordered: true },
    });
    if (typeof options.path !== 'string' || options.path === '') {
      throw new CacheConfigError(`${this.name}: path: must be the path of the database file`);
    }
    this.#path = options.path;
  }

  protected override doOpen(): void {
    try {
      this.#db = openStore(this.#path);
    } catch (error) {
      throw new CacheStorageError(`${this.name}: the database cannot be opened`, { tier: this.name, cause: error });
    }
  }

  protected override doClose(): void {
    this.#db?.close();
    this.#db = undefined;
  }

  protected override doGet(key: string): CacheEntry | undefined {
    const row = this.#row(key);
    return row && this.#entry(row);
  }

  protected override doPut(key: string, entry: CacheEntry, now: number): boolean {
    // SQLite stores strings as UTF-8, where all lone surrogates look alike, so different keys would collide.
    if (!key.isWellFormed()) throw new CacheValidationError(`${this.name}: key: must be well-formed Unicode`);
    const record = JSON.stringify(entryToRecord(entry, this.cipher));
    const evicted = this.#write(() => {
      this.#removeExpired(key, now);
      this.#run(
        `INSERT INTO entries (key, record, expires_at, used, uses, evicted_from_l1) VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT (key) DO UPDATE SET record = excluded.record, expires_at = excluded.expires_at, used = excluded.used,
           uses = excluded.uses, evicted_from_l1 = excluded.evicted_from_l1`,
        [key, record, entry.expiresAt, entry.lastAccessed, entry.accessCount, Number(entry.evictedFromL1)],
      );
      return this.#makeRoom(key, now);
    });
    for (const row of evicted) this.#reportEviction(row, now);
    return true;
  }

  protected override doDelete(key: string, now: number): boolean {
    if (this.#row(key) === undefined) return false;
    return this.#write(() => {
      this.#removeExpired(key, now);
      return this.#run('DELETE FROM entries WHERE key = ?', [key]) > 0;
    });
  }

  protected override doExpire(key: string, now: number): void {
    this.#run('DELETE FROM entries WHERE key = ? AND expires_at <= ?', [key, now]);
  }

  protected override doClear(now: number): number {
    return this.#write(() => {
      this.counts.countRemoval(RemovalReason.TTL, this.doCleanupExpired(now));
      return this.#run('DELETE FROM entries', []);
    });
  }

  protected override doCleanupExpired(now: number): number {
    return this.#run('DELETE FROM entries WHERE expires_at <= ?', [now]);
  }

  protected override doSize(now: number): number {
    return this.#count('SELECT count(*) AS n FROM entries WHERE expires_at > ?', now);
  }

  protected override doHas(key: string, now: number): boolean {
    const row = this.#row(key);
    return row !== undefined && row.expires_at > now;
  }

  protected override doKeys(now: number): string[] {
    return this.#rows('SELECT * FROM entries WHERE expires_at > ? ORDER BY key', now).map(({ key }) => key);
  }

  protected override *doEntries(): Generator<CacheEntry> {
    for (const row of this.#rows('SELECT * FROM entries ORDER BY key')) {
      try {
        yield this.#entry(row);
      } catch (error) {
        this.passOver(error);
      }
    }
  }

  protected override doRecordAccess(updates: readonly AccessUpdate[], now: number): number {
    const sql = `UPDATE entries SET used = max(used, ?), uses = min(uses + ?, ${Number.MAX_SAFE_INTEGER}),
      evicted_from_l1 = coalesce(?, evicted_from_l1) WHERE key = ? AND expires_at > ?`;
    const known = updates.filter(({ key }) => key.isWellFormed());
    // One transaction: the caller repeats all updates of a call that failed.
    const found = this.#write(() =>
      known.map(({ key, hits, lastAccessed, evictedFromL1 }) =>
        this.#run(sql, [lastAccessed, hits, evictedFromL1 === undefined ? null : Number(evictedFromL1), key, now]),
      ),
    );
    return found.reduce((sum, count) => sum + count, 0);
  }

  /** A key that is not well-formed Unicode was never stored. */
  #row(key: string): Row | undefined {
    return key.isWellFormed() ? this.#rows('SELECT * FROM entries WHERE key = ?', key)[0] : undefined;
  }

  /** Evicts and returns the rows beyond the bound, never the new one: expired rows first, then by policy. */
  #makeRoom(newcomer: string, now: number): Row[] {
    const { maxEntries, evictionPolicy } = this.config;
    if (maxEntries === null) return [];
    const excess = this.#count('SELECT count(*) AS n FROM entries') - maxEntries;
    if (excess <= 0) return [];
    const order = `expires_at > ?, ${ORDERS[evictionPolicy]}`;
    const evicted = this.#rows(`SELECT * FROM entries WHERE key <> ? ORDER BY ${order} LIMIT ?`, newcomer, now, excess);
    for (const { place } of evicted) this.#run('DELETE FROM entries WHERE place = ?', [place]);
    return evicted;
  }

  #reportEviction(row: Row, now: number): void {
    const reason = row.expires_at <= now ? RemovalReason.TTL : RemovalReason.CAPACITY;
    try {
      if (reason === RemovalReason.CAPACITY) {
        this.evicted(row.key, this.#entry(row), reason);
        return;
      }
    } catch (error) {
      // The row was evicted, but there is no entry to report.
      this.passOver(error);
    }
    this.counts.countRemoval(reason);
  }

  /** Removes an expired row and counts it as expired. An entry stored in its place is new. */
  #removeExpired(key: string, now: number): void {
    const count = this.#run('DELETE FROM entries WHERE key = ? AND expires_at <= ?', [key, now]);
    this.counts.countRemoval(RemovalReason.TTL, count);
  }

  #entry(row: Row): CacheEntry {
    const entry = recordToEntry(parseRow(row), this.cipher);
    if (entry.key !== row.key) throw new CacheCorruptionError('stored row: belongs to another key');
    const { uses: accessCount, used: lastAccessed, evicted_from_l1: evicted } = row;
    return CacheEntry.restore({ ...entry.toFields(), accessCount, lastAccessed, evictedFromL1: evicted === 1 });
  }

  /** Takes the write lock at the start of the transaction: upgrading a read lock later can fail. */
  #write<T>(work: () => T): T {
    this.#open.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.#open.exec('COMMIT');
      return result;
    } catch (error) {
      this.#open.exec('ROLLBACK');
      throw error;
    }
  }

  #rows(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.#open.prepare(sql).all(...values) as unknown as Row[];
  }

  #run(sql: string, values: readonly SQLInputValue[]): number {
    return Number(this.#open.prepare(sql).run(...values).changes);
  }

  #count(sql: string, ...values: SQLInputValue[]): number {
    return Number((this.#open.prepare(sql).get(...values) as { n: number }).n);
  }

  get #open(): DatabaseSync {
    if (this.#db !== undefined) return this.#db;
    throw new CacheStorageError(`${this.name}: the database is closed`, { tier: this.name });
  }
}
