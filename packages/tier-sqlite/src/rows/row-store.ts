import {
  type AccessUpdate,
  type CacheEntry,
  type CacheTierConfig,
  CacheValidationError,
  type CredentialCipher,
  fromEpochSeconds,
  originOf,
  RemovalReason,
} from '@pw/cache-models';
import { OrphanSweep } from '../cleanup/orphaned-rows.ts';
import type { SqliteDatabase } from '../database/load-binding.ts';
import { FewChecks, hasForgotten, ManyChecks, noteForgotten, ONE_KEY } from '../health/check-tombstones.ts';
import type { StructureWatch } from '../schema/structure-watch.ts';
import type { TableLayout } from '../schema/table-layout.ts';
import { rowToEntry } from './decode-row.ts';
import { type AccessRow, accessSql, type EntryRow, PLAIN, selectRows } from './entry-row.ts';
import { EntryStatements, tableValueCount } from './entry-statements.ts';
import { entryToValues, seconds } from './entry-values.ts';
import { Eviction } from './eviction.ts';
import { LabelRows } from './label-rows.ts';
import { RowChecksums } from './row-checksums.ts';
import { RowCount } from './row-count.ts';
import { anyRowId, isWithin, STRIDE } from './row-id-space.ts';
import { boundedNumber, checkLengths, isKey } from './value-limits.ts';

/** A row that had to make room. The entry is there when a listener wants it and it can be read. */
export interface Evicted {
  readonly key: string | undefined;
  readonly entry: CacheEntry | undefined;
  readonly reason: RemovalReason;
}

export interface EntryStoreOptions {
  readonly layout: TableLayout;
  readonly cipher: CredentialCipher | undefined;
  readonly config: CacheTierConfig;
  /** Whether evicted entries are to be read before they go. */
  readonly wantsEvicted: boolean;
  readonly structure: StructureWatch;
}

/** The entries of one connection: reads, and writes that must run inside {@link EntryStore.write}. */
export class EntryStore {
  readonly db: SqliteDatabase;
  readonly layout: TableLayout;
  readonly statements: EntryStatements;
  readonly #checksums = new RowChecksums();
  readonly #cipher: CredentialCipher | undefined;
  readonly #maxEntries: number | null;
  readonly #eviction: Eviction;
  readonly #rows: RowCount;
  readonly #wantsEvicted: boolean;
  readonly #transaction: <T>(work: () => T) => T;
  readonly #orphans = new OrphanSweep();
  readonly #fewChecks = new FewChecks();
  readonly #labels: LabelRows | undefined;
  /** Whether nothing goes along with an entry by itself. */
  #isDetached = false;
  #hasForgotten = false;
  #evicted: Evicted[] = [];
  /** Known within a transaction, where nobody else takes one. */
  #nextRowId: number | undefined;

  constructor(db: SqliteDatabase, options: EntryStoreOptions) {
    this.db = db;
    this.layout = options.layout;
    this.#cipher = options.cipher;
    this.#maxEntries = options.config.maxEntries;
    this.#wantsEvicted = options.wantsEvicted;
    this.#eviction = new Eviction(options.layout, options.config.evictionPolicy);
    if (this.#maxEntries !== null) this.#eviction.prepare(db);
    this.statements = new EntryStatements(db, options.layout);
    const { labels } = options.layout;
    this.#labels = labels === null ? undefined : new LabelRows(this.statements, labels);
    this.#rows = new RowCount(db, options.layout.table);
    // What a process that ended left.
    this.#hasForgotten = hasForgotten(this);
    const { structure } = options;
    this.#transaction = db.transaction((work: () => unknown) => {
      structure.verifyForWrite();
      return work();
    }).immediate as <T>(work: () => T) => T;
  }

  /** While a cleanup runs in another thread, which lets writes pass. */
  passGate: <T>(write: () => T) => T = (write) => write();

  /**
   * Runs writes in one transaction that takes the write lock at its start: a later upgrade could fail at once. Where entries would take along
   * more checks than a transaction may hold up the event loop for, the work is undone and done again: the checks are forgotten then, and go later.
   */
  write<T>(work: () => T): T {
    try {
      return this.#writeOnce(work);
    } catch (error) {
      if (!(error instanceof ManyChecks)) throw error;
    }
    // SQLite listens to this outside transactions alone.
    this.db.pragma('foreign_keys = OFF');
    this.#isDetached = true;
    try {
      const result = this.#writeOnce(work);
      this.#hasForgotten = true;
      return result;
    } finally {
      this.#isDetached = false;
      this.db.pragma('foreign_keys = ON');
    }
  }

  /** Whether the last writes, or an earlier process, left checks behind that are to go in steps; call after the commit. */
  takeForgotten(): boolean {
    const has = this.#hasForgotten;
    this.#hasForgotten = false;
    return has;
  }

  #writeOnce<T>(work: () => T): T {
    this.#nextRowId = undefined;
    this.#fewChecks.reset();
    this.#labels?.reset();
    try {
      return this.passGate(() => this.#transaction(work));
    } catch (error) {
      this.#rows.forget();
      this.#evicted = [];
      throw error;
    }
  }

  /** Runs reads on one snapshot. */
  snapshot<T>(work: () => T): T {
    return this.db.transaction(work).deferred();
  }

  /** What the last writes evicted; call after the commit. */
  takeEvicted(): readonly Evicted[] {
    const evicted = this.#evicted;
    if (evicted.length > 0) this.#evicted = [];
    return evicted;
  }

  /** The row of a key, unchecked. */
  row(key: string): EntryRow | undefined {
    // SQLite would look for another key where a lone surrogate is replaced.
    return key.isWellFormed() ? (this.statements.get.get(key, key) as EntryRow | undefined) : undefined;
  }

  /** Throws as {@link rowToEntry}. */
  decode(row: EntryRow): CacheEntry {
    return rowToEntry(row, this.#checksums, this.#cipher, this.layout.healthInSide);
  }

  /** Stores an entry, and before a new one makes room for it. */
  put(entry: CacheEntry, now: number): void {
    const { key } = entry;
    if (!key.isWellFormed()) {
      throw new CacheValidationError('key: must be well-formed Unicode (no lone surrogate)', {
        problems: [{ path: 'key', message: 'must be well-formed Unicode (no lone surrogate)' }],
      });
    }
    const values = entryToValues(entry, this.#cipher);
    checkLengths(values);
    const rowId = this.#placeOf(entry, now);
    const inTable = tableValueCount(this.layout);
    const stamp = seconds(now);
    const stamps = this.layout.isFull ? [stamp, stamp] : [];
    this.statements.upsert.run(rowId, ...values.slice(0, inTable), ...stamps);
    const sums = [this.#checksums.ofRecord(values), this.#checksums.ofRowAccess(values)];
    this.statements.upsertSide.run(key, rowId, ...sums, ...values.slice(inTable));
    this.#labels?.put(key, entry.labels);
  }

  /** Stores the entries that are newer than what is stored under their key; gives their keys. */
  putNewer(entries: readonly CacheEntry[], now: number): string[] {
    const sql = `SELECT ${boundedNumber('fetch_time')} AS time FROM ${this.layout.table} WHERE key = ?`;
    const isNewer = (entry: CacheEntry): boolean => {
      const stored = this.statements.of(sql).get(entry.key) as { time: number } | undefined;
      return stored === undefined || fromEpochSeconds(stored.time) < entry.fetchTime;
    };
    const newer = entries.filter(isNewer);
    for (const entry of newer) this.put(entry, now);
    return newer.map(({ key }) => key);
  }

  has(key: string, now: number): boolean {
    return key.isWellFormed() && this.statements.has.get(key, seconds(now)) !== undefined;
  }

  /** Removes a row with all that hangs on it; true if it was live. */
  delete(key: string, now: number): boolean {
    if (!key.isWellFormed()) return false;
    this.letGo(ONE_KEY, [key]);
    const expiresAt = this.statements.delete.get(key) as number | undefined;
    if (expiresAt === undefined) return false;
    this.#rows.changed(-1);
    return fromEpochSeconds(expiresAt) > now;
  }

  /** Removes a row if it is expired still. */
  expire(key: string, now: number): void {
    const { table } = this.layout;
    const [expired, values] = [`${table} WHERE key = ${PLAIN} AND expires_at <= ${PLAIN}`, [key, seconds(now)]];
    this.letGo(`SELECT key FROM ${expired}`, values);
    this.#rows.changed(-this.statements.of(`DELETE FROM ${expired}`).run(...values).changes);
  }

  /** True if more rows than that are expired. */
  hasExpired(moreThan: number, now: number): boolean {
    const sql = `SELECT 1 FROM ${this.layout.table} WHERE expires_at <= ? LIMIT 1 OFFSET ?`;
    return this.statements.of(sql).get(seconds(now), moreThan) !== undefined;
  }

  /** One statement over the index of expiry. */
  cleanupExpired(now: number): number {
    const { table } = this.layout;
    this.letGo(`SELECT key FROM ${table} WHERE expires_at <= ${PLAIN}`, [seconds(now)]);
    const sql = `DELETE FROM ${table} WHERE expires_at <= ?`;
    const { changes } = this.statements.of(sql).run(seconds(now));
    this.#rows.changed(-changes);
    return changes;
  }

  /** Removes at most `limit` of what is expired. */
  cleanupSome(limit: number, now: number): number {
    const { table } = this.layout;
    const some = `${table} WHERE rowid IN (SELECT rowid FROM ${table} WHERE expires_at <= ${PLAIN} ORDER BY expires_at LIMIT ?)`;
    this.letGo(`SELECT key FROM ${some}`, [seconds(now), limit]);
    const sql = `DELETE FROM ${some}`;
    const { changes } = this.statements.of(sql).run(seconds(now), limit);
    this.#rows.changed(-changes);
    return changes;
  }

  /** Removes some of the side rows and labels that ProxyWhirl left without an entry. */
  sweepOrphans(limit: number): number {
    return this.#orphans.next(this, limit);
  }

  /** Removes all entries, and for L3 the whole history; the quarantine stays. Returns how many live entries there were. */
  clear(now: number): number {
    const live = this.size(now);
    const { table, side, isFull } = this.layout;
    this.letGo();
    if (this.#labels?.clear(this.#rows.get()) === true) this.#orphans.restart();
    const children = isFull && !this.#isDetached ? [side, 'health_history'] : [side];
    // Children first: deleting the parents then finds nothing to cascade to.
    for (const name of [...children, table]) this.statements.of(`DELETE FROM ${name}`).run();
    this.#rows.forget();
    return live;
  }

  size(now: number): number {
    const sql = `SELECT count(*) AS n FROM ${this.layout.table} WHERE expires_at > ?`;
    return (this.statements.of(sql).get(seconds(now)) as { n: number }).n;
  }

  keys(now: number): string[] {
    const sql = `SELECT key FROM ${this.layout.table} WHERE expires_at > ? AND ${isKey('key')}`;
    return (this.statements.of(sql).raw().all(seconds(now)) as [string][]).map(([key]) => key);
  }

  /**
   * Stores access metadata without reading the record, whose own checksum stays what it was. True if a live entry is there;
   * metadata that does not match its checksum is left for the read that sets the row aside.
   */
  recordAccess({ key, accessCount, lastAccessed, evictedFromL1 }: AccessUpdate, now: number): boolean {
    if (!key.isWellFormed()) return false;
    const old = this.statements.of(accessSql(this.layout)).get(key, seconds(now)) as AccessRow | undefined;
    if (old === undefined) return false;
    const oldSum = this.#checksums.ofAccess(key, old.access_count, old.last_accessed, old.evicted_from_l1);
    const isOurs = old.ours === 1;
    if (isOurs && oldSum !== old.access_checksum) return false;
    const { table, side } = this.layout;
    const time = seconds(lastAccessed);
    // A rowid that JavaScript cannot hold would be that of another row.
    const [where, id] = Number.isSafeInteger(old.id) ? ['rowid = ?', old.id] : ['key = ?', key];
    const evicted = evictedFromL1 === undefined ? (old.evicted_from_l1 ?? 0) : Number(evictedFromL1);
    if (accessCount === old.access_count && time === old.last_accessed) {
      // The mark alone, as for what only makes room: an index of the other two need not be written.
      this.statements.of(`UPDATE ${table} SET evicted_from_l1 = ? WHERE ${where}`).run(evicted, id);
    } else {
      const update = `UPDATE ${table} SET access_count = ?, last_accessed = ?, evicted_from_l1 = ? WHERE ${where}`;
      this.statements.of(update).run(accessCount, time, evicted, id);
    }
    // The side row of a row that ProxyWhirl replaced is no longer about it, and must not vouch for it.
    if (!isOurs) return true;
    const sum = this.#checksums.ofAccess(key, accessCount, time, evicted);
    this.statements.of(`UPDATE ${side} SET access_checksum = ? WHERE key = ?`).run(sum, key);
    return true;
  }

  /**
   * To be called before the rows of some keys, `SELECT key …`, or all rows are removed: their checks will go along by themselves if they are few,
   * and are forgotten if not. The labels of some keys go now.
   */
  letGo(keys?: string, values: readonly unknown[] = []): void {
    if (keys !== undefined && this.#labels?.remove(keys, values) === true) this.#orphans.restart();
    if (!this.layout.isFull) return;
    if (!this.#isDetached) {
      this.#fewChecks.take(this, keys, values);
      return;
    }
    noteForgotten(this, keys, values);
    if (keys !== undefined) this.statements.of(`DELETE FROM ${this.layout.side} WHERE key IN (${keys})`).run(...values);
  }

  /** Makes a bounded store hold what its configuration allows, as after it was lowered. */
  trim(now: number): void {
    if (this.#maxEntries !== null) this.#makeRoom(0, now);
  }

  /** Forgets the count: something else wrote through this connection. */
  recount(): void {
    this.#rows.forget();
  }

  /**
   * The rowid that the row of an entry is to have: the one it has if that is ours, else a new one of ours. What another proxy has
   * left under the key has a history that is not the entry's.
   */
  #placeOf({ key, proxyUrl }: CacheEntry, now: number): number {
    const [rowId, isOurs, otherUrl] = this.statements.find(key, proxyUrl) ?? [];
    if (otherUrl !== undefined && otherUrl !== null && originOf(String(otherUrl)) !== originOf(proxyUrl))
      this.#forgetChecks(key);
    if (isOurs === 1) return rowId!;
    if (isOurs === undefined && this.#maxEntries !== null) {
      this.#makeRoom(1, now);
      this.#rows.changed(1);
    }
    const next = this.#newRowId();
    if (isOurs === 0) this.statements.of(`UPDATE ${this.layout.table} SET rowid = ? WHERE key = ?`).run(next, key);
    return next;
  }

  #forgetChecks(key: string): void {
    if (this.#isDetached) {
      noteForgotten(this, ONE_KEY, [key]);
      return;
    }
    this.#fewChecks.take(this, ONE_KEY, [key]);
    this.statements.of('DELETE FROM health_history WHERE proxy_key = ?').run(key);
  }

  #newRowId(): number {
    const next = this.#nextRowId ?? (this.statements.nextRowId.get() as number);
    if (isWithin(next)) {
      this.#nextRowId = next + STRIDE;
      return next;
    }
    this.#nextRowId = undefined;
    const taken = this.statements.of(`SELECT 1 FROM ${this.layout.table} WHERE rowid = ?`);
    let any = anyRowId(Math.random);
    while (taken.get(any) !== undefined) any = anyRowId(Math.random);
    return any;
  }

  #makeRoom(wanted: number, now: number): void {
    const excess = this.#rows.get() + wanted - this.#maxEntries!;
    if (excess <= 0) return;
    const bound = { now: seconds(now), n: excess };
    const victims = this.statements.of(this.#eviction.victimsSql).pluck().safeIntegers().all(bound) as bigint[];
    for (const rowId of victims) this.#evict(rowId, now);
  }

  #evict(rowId: bigint, now: number): void {
    const { layout, statements } = this;
    const select = `${selectRows(layout)} WHERE c.rowid = ${PLAIN}`;
    const row = this.#wantsEvicted ? (statements.of(select).raw().get(rowId) as EntryRow | undefined) : undefined;
    const victim = `${layout.table} WHERE rowid = ${PLAIN}`;
    this.letGo(`SELECT key FROM ${victim}`, [rowId]);
    const removal = `DELETE FROM ${victim} RETURNING ${boundedNumber('expires_at')}`;
    const time = statements.of(removal).pluck().get(rowId) as number;
    this.#rows.changed(-1);
    const reason = fromEpochSeconds(time) <= now ? RemovalReason.TTL : RemovalReason.CAPACITY;
    this.#evicted.push({ ...this.#readable(row), reason });
  }

  #readable(row: EntryRow | undefined): Pick<Evicted, 'key' | 'entry'> {
    if (row === undefined) return { key: undefined, entry: undefined };
    try {
      const entry = this.decode(row);
      return { key: entry.key, entry };
    } catch {
      // A damaged row, or one that no key opens, goes like any other; the listener is not told.
      return { key: undefined, entry: undefined };
    }
  }
}
