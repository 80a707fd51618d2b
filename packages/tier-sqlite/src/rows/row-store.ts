import {
  type CacheEntry,
  type CacheTierConfig,
  CacheValidationError,
  type CredentialCipher,
  NO_LABELS,
  RemovalReason,
} from '@pw/cache-models';
import {
  type AccessUpdate,
  addHits,
  fateOfTokens,
  fromEpochSeconds,
  isVersion,
  type LoggedAnswer,
  originOf,
  versionOf,
} from '@pw/cache-models/tier';
import { OrphanedRows } from '../cleanup/orphaned-rows.ts';
import type { SqliteDatabase } from '../database/load-binding.ts';
import { addTombstones, CascadeBudget, CascadeTooLarge, hasTombstones, ONE_KEY } from '../health/check-tombstones.ts';
import { ForeignRows, noteForeignTop, noteSeenRows } from '../log/foreign-rows.ts';
import { WriteLog } from '../log/write-log.ts';
import { isUnmarkedSql, MarkRows } from '../marks/mark-rows.ts';
import type { StructureWatch } from '../schema/structure-watch.ts';
import { ENTRY_COLUMNS, type TableLayout } from '../schema/table-layout.ts';
import { decodeRow } from './decode-row.ts';
import { type AccessRow, accessSql, type EntryRow, OPAQUE, OURS, RowAt, selectRows } from './entry-row.ts';
import { EntryStatements, tableValueCount } from './entry-statements.ts';
import { At, type EntryValues, entryToValues, seconds } from './entry-values.ts';
import { Eviction } from './eviction.ts';
import { LabelRows } from './label-rows.ts';
import { RowChecksums } from './row-checksums.ts';
import { RowCount } from './row-count.ts';
import { isInOwnRange, randomRowId, STRIDE } from './row-id-space.ts';
import { boundedNumber, checkLengths, isKey } from './value-limits.ts';

/** An evicted row. The entry is present if a listener wants it and it could be decoded. */
export interface Evicted {
  readonly key: string | undefined;
  readonly entry: CacheEntry | undefined;
  readonly reason: RemovalReason;
}

export interface RowStoreOptions {
  readonly layout: TableLayout;
  readonly cipher: CredentialCipher | undefined;
  readonly config: CacheTierConfig;
  /** Whether evicted entries are to be decoded for a listener. */
  readonly wantsEvicted: boolean;
  readonly structure: StructureWatch;
}

/**
 * The entries of one connection: reads, and writes, which must run inside {@link RowStore.transact}.
 *
 * Health checks are deleted with their entry by the foreign key's cascade. Where one transaction would delete too many
 * of them that way, it is rolled back and run again in the detached state: foreign keys are off, side rows are deleted
 * explicitly, and checks get tombstones (see `check-tombstones.ts`). The tier deletes those checks later, when
 * `takePendingTombstones` returns true.
 *
 * `#nextRowId`, the row count and the labels' emptiness are cached. Within a write transaction no other connection can
 * change them; each transaction resets them, or revalidates them by `data_version`.
 */
export class RowStore {
  readonly db: SqliteDatabase;
  readonly layout: TableLayout;
  readonly statements: EntryStatements;
  readonly log: WriteLog;
  readonly marks: MarkRows;
  readonly foreign = new ForeignRows();
  readonly #checksums = new RowChecksums();
  readonly #cipher: CredentialCipher | undefined;
  readonly #maxEntries: number | null;
  readonly #eviction: Eviction;
  readonly #rows: RowCount;
  readonly #wantsEvicted: boolean;
  readonly #transaction: <T>(work: () => T) => T;
  readonly #orphans = new OrphanedRows();
  readonly #cascadeBudget = new CascadeBudget();
  readonly #labels: LabelRows | undefined;
  /** True in a transaction whose removals cascade to nothing. */
  #isDetached = false;
  #hasPendingTombstones = false;
  #evicted: Evicted[] = [];
  /** Cached within a transaction, in which no other connection assigns one. */
  #nextRowId: number | undefined;

  constructor(db: SqliteDatabase, options: RowStoreOptions) {
    this.db = db;
    this.layout = options.layout;
    this.#cipher = options.cipher;
    this.#maxEntries = options.config.maxEntries;
    this.#wantsEvicted = options.wantsEvicted;
    this.#eviction = new Eviction(options.layout, options.config.evictionPolicy);
    if (this.#maxEntries !== null) this.#eviction.prepare(db);
    this.statements = new EntryStatements(db, options.layout);
    this.log = new WriteLog(this.statements);
    this.marks = new MarkRows(this.statements);
    const { labels } = options.layout;
    this.#labels = labels === null ? undefined : new LabelRows(this.statements, labels);
    this.#rows = new RowCount(db, options.layout.table);
    // Left by a process that ended.
    this.#hasPendingTombstones = hasTombstones(this.statements);
    const { structure } = options;
    this.#transaction = db.transaction((work: () => unknown) => {
      structure.verifyForWrite();
      const result = work();
      if (this.log.isPruningDue) this.#maintainLog();
      return result;
    }).immediate as <T>(work: () => T) => T;
  }

  /**
   * Runs a write. Replaced while a cleanup runs in a worker thread, so that each write waits for its turn at the gate.
   */
  passGate: <T>(write: () => T) => T = (write) => write();

  /**
   * Runs writes in one transaction that takes the write lock at its start, as upgrading a read lock later can fail
   * immediately. `work` may run twice: see the class.
   */
  transact<T>(work: () => T): T {
    try {
      return this.#transactOnce(work);
    } catch (error) {
      if (!(error instanceof CascadeTooLarge)) throw error;
    }
    // SQLite ignores this pragma inside a transaction.
    this.db.pragma('foreign_keys = OFF');
    this.#isDetached = true;
    try {
      const result = this.#transactOnce(work);
      this.#hasPendingTombstones = true;
      return result;
    } finally {
      this.#isDetached = false;
      this.db.pragma('foreign_keys = ON');
    }
  }

  /** True, once, if the last writes or an earlier process left tombstones; call after the commit. */
  takePendingTombstones(): boolean {
    const isPending = this.#hasPendingTombstones;
    this.#hasPendingTombstones = false;
    return isPending;
  }

  #transactOnce<T>(work: () => T): T {
    this.#nextRowId = undefined;
    this.#cascadeBudget.reset();
    this.#labels?.reset();
    this.marks.reset();
    this.log.begin();
    try {
      const result = this.passGate(() => this.#transaction(work));
      this.log.committed();
      return result;
    } catch (error) {
      this.#rows.invalidate();
      this.#evicted = [];
      throw error;
    }
  }

  /** Runs reads on one snapshot. */
  snapshot<T>(work: () => T): T {
    return this.db.transaction(work).deferred();
  }

  /** The rows that the last writes evicted; call after the commit. */
  takeEvicted(): readonly Evicted[] {
    const evicted = this.#evicted;
    if (evicted.length > 0) this.#evicted = [];
    return evicted;
  }

  /** The row of a key, unchecked. */
  selectRow(key: string): EntryRow | undefined {
    // Otherwise SQLite would search for another key, with the lone surrogate replaced.
    return key.isWellFormed() ? (this.statements.get.get(key, key) as EntryRow | undefined) : undefined;
  }

  /** Throws like {@link decodeRow}. */
  decode(row: EntryRow): CacheEntry {
    return decodeRow(row, this.#checksums, this.#cipher, this.layout.healthInSide);
  }

  /**
   * Stores an entry, with a new version above `after`; if it is new, first makes room for it. The answer is for the
   * log of the tier.
   */
  put(entry: CacheEntry, now: number, after = 0, isUpdate = false): LoggedAnswer {
    return this.#put(entry, now, () => this.log.add(entry.key, now, after, isUpdate));
  }

  /** Like `put`, with a version that the entry has got elsewhere. */
  putAs(entry: CacheEntry, now: number, version: number): void {
    this.#put(entry, now, () => {
      this.log.addAs(entry.key, now, version);
      return version;
    });
  }

  /** Stores an entry with other tokens only: that is no new version. */
  putResealed(entry: CacheEntry, now: number): void {
    this.#put(entry, now, () => versionOf(entry));
  }

  /** `log` is called once room has been made, as that is logged as well. */
  #put(entry: CacheEntry, now: number, log: () => number): LoggedAnswer {
    const { key, proxyUrl, labels } = entry;
    if (!key.isWellFormed()) {
      throw new CacheValidationError('key: must be well-formed Unicode (no lone surrogate)', {
        problems: [{ path: 'key', message: 'must be well-formed Unicode (no lone surrogate)' }],
      });
    }
    const values = entryToValues(entry, this.#cipher);
    checkLengths(values);
    const { rowId, existed } = this.#rowIdFor(key, proxyUrl, now);
    const version = log();
    this.#store(values, rowId, version, now);
    this.#labels?.put(key, labels);
    return { version, existed };
  }

  #store(values: EntryValues, rowId: number, version: number, now: number): void {
    const inTable = tableValueCount(this.layout);
    const stamp = seconds(now);
    const stamps = this.layout.isFull ? [stamp, stamp] : [];
    this.statements.upsert.run(rowId, ...values.slice(0, inTable), ...stamps);
    const checksums = [this.#checksums.ofRecord(values, version), this.#checksums.ofRowAccess(values)];
    const stored = version === 0 ? null : version;
    this.statements.upsertSide.run(values[At.KEY], rowId, ...checksums, stored, ...values.slice(inTable));
  }

  /**
   * Makes a row of another program ours: it gets a rowid and checksums, and a version and a row in the log unless it is
   * as we wrote it once. Throws a CacheCorruptionError for a damaged row. One whose credentials no key
   * opens stays so.
   */
  adopt(row: EntryRow, now: number, isMarked: boolean): void {
    const isKnown = row[RowAt.CHECKSUM] === this.#checksums.ofRecord(row, row[RowAt.VERSION] ?? null);
    try {
      // Also fills in the defaults of an older ProxyWhirl.
      this.decode(row);
    } catch (error) {
      if (fateOfTokens(error) === undefined) throw error;
    }
    const key = row[At.KEY] as string;
    const { rowId } = this.#rowIdFor(key, row[At.PROXY_URL] as string, now);
    const known = isKnown ? row[RowAt.VERSION] : null;
    const version = isVersion(known) ? known : isMarked ? this.log.addAlone(key, now) : this.log.add(key, now);
    this.#store(row.slice(0, ENTRY_COLUMNS.length), rowId, version, now);
    if (!isKnown) this.#labels?.put(key, NO_LABELS);
  }

  /** The version of the row of a key; 0 if there is none. */
  versionOf(key: string): number {
    const version = key.isWellFormed() ? this.statements.version.get(key) : 0;
    return isVersion(version) ? version : 0;
  }

  /** Stores the entries that are newer than the stored ones of the same key; returns their keys. */
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

  /** Removes a row and everything that depends on it; true if it was live. */
  delete(key: string, now: number): boolean {
    const wasLive = this.#remove(key, now);
    if (wasLive !== undefined) this.log.add(key, now);
    return wasLive === true;
  }

  /** Like `delete`, and adds the removal to the log even if there is no row. */
  remove(key: string, now: number, after: number): LoggedAnswer {
    // No entry has such a key, and the log could not name it.
    if (!key.isWellFormed()) return { version: this.log.next(now, after), existed: false };
    const existed = this.#remove(key, now) === true;
    return { version: this.log.add(key, now, after), existed };
  }

  /** Like `remove`, with a version that the removal has got elsewhere. */
  removeAs(key: string, now: number, version: number): boolean {
    if (!key.isWellFormed()) return false;
    const existed = this.#remove(key, now) === true;
    this.log.addAs(key, now, version);
    return existed;
  }

  /** Whether the removed row was live; `undefined` if there was none. */
  #remove(key: string, now: number): boolean | undefined {
    if (!key.isWellFormed()) return undefined;
    this.prepareRemoval(ONE_KEY, [key]);
    const expiresAt = this.statements.delete.get(key) as number | undefined;
    if (expiresAt === undefined) return undefined;
    this.#rows.add(-1);
    return fromEpochSeconds(expiresAt) > now;
  }

  /** Removes a row if it is still expired, and not marked. */
  expire(key: string, now: number): void {
    const expired = `c.key = ${OPAQUE} AND c.expires_at <= ${OPAQUE}${this.#andUnmarked}`;
    this.#removeRows(expired, [key, seconds(now)]);
  }

  /** Removes rows `c` under a condition. They are not logged. Returns how many. */
  #removeRows(condition: string, values: readonly unknown[]): number {
    const rows = `${this.layout.table} AS c WHERE ${condition}`;
    this.prepareRemoval(`SELECT c.key AS key FROM ${rows}`, values);
    const { changes } = this.statements.of(`DELETE FROM ${rows}`).run(...values);
    this.#rows.add(-changes);
    return changes;
  }

  /** SQL: a further condition for rows that may be removed to make room, or because they expired. */
  get #andUnmarked(): string {
    return this.marks.isEmpty ? '' : ` AND ${isUnmarkedSql(this.layout)}`;
  }

  /** True if more than `moreThan` rows are expired. */
  hasExpired(moreThan: number, now: number): boolean {
    const sql = `SELECT 1 FROM ${this.layout.table} WHERE expires_at <= ? LIMIT 1 OFFSET ?`;
    return this.statements.of(sql).get(seconds(now), moreThan) !== undefined;
  }

  /** Removes all expired rows in one statement over the index of expiry. */
  cleanupExpired(now: number): number {
    return this.#removeRows(`c.expires_at <= ${OPAQUE}${this.#andUnmarked}`, [seconds(now)]);
  }

  /** Removes at most `limit` expired rows. */
  cleanupExpiredUpTo(limit: number, now: number): number {
    const { table } = this.layout;
    const some = `SELECT rowid FROM ${table} c WHERE expires_at <= ${OPAQUE}${this.#andUnmarked} ORDER BY expires_at LIMIT ?`;
    return this.#removeRows(`c.rowid IN (${some})`, [seconds(now), limit]);
  }

  /** Removes some of the side rows and labels whose entry ProxyWhirl deleted. */
  removeOrphans(limit: number): number {
    return this.#orphans.removeSome(this.statements, limit);
  }

  /**
   * Removes all entries, and for L3 the whole history; the quarantine stays. Returns the number of live entries
   * removed. The caller adds the removal to the log.
   */
  clear(now: number): number {
    const live = this.size(now);
    const { table, side, isFull } = this.layout;
    this.prepareRemoval();
    if (this.#labels?.clear(this.#rows.get()) === false) this.#orphans.restart();
    const children = isFull && !this.#isDetached ? [side, 'health_history'] : [side];
    // Children first, so that deleting the parents finds nothing to cascade to.
    for (const name of [...children, table]) this.statements.of(`DELETE FROM ${name}`).run();
    this.#rows.invalidate();
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
   * Adds accesses to the stored ones without reading the record, whose own checksum stays as it was. True if there is a
   * live entry; access metadata that is damaged is left to the read that will set the row aside.
   */
  recordAccess({ key, hits, lastAccessed, evictedFromL1 }: AccessUpdate, now: number): boolean {
    if (!key.isWellFormed()) return false;
    const old = this.statements.of(accessSql(this.layout)).get(key, seconds(now)) as AccessRow | undefined;
    if (old === undefined) return false;
    const expectedChecksum = this.#checksums.ofAccess(key, old.access_count, old.last_accessed, old.evicted_from_l1);
    const isOurs = old.ours === 1;
    if (isOurs && expectedChecksum !== old.access_checksum) return false;
    const { access_count: count = 0, last_accessed: before } = old;
    if (!Number.isInteger(count ?? 0)) return false;
    const accessCount = addHits((count as number | null) ?? 0, hits);
    const { table, side } = this.layout;
    const time = typeof before === 'number' ? Math.max(before, seconds(lastAccessed)) : seconds(lastAccessed);
    // A rowid that JavaScript cannot represent would address another row.
    const [where, id] = Number.isSafeInteger(old.id) ? ['rowid = ?', old.id] : ['key = ?', key];
    const evicted = evictedFromL1 === undefined ? (old.evicted_from_l1 ?? 0) : Number(evictedFromL1);
    if (accessCount === old.access_count && time === old.last_accessed) {
      // Only the eviction mark changes: the index of the other two columns need not be written.
      this.statements.of(`UPDATE ${table} SET evicted_from_l1 = ? WHERE ${where}`).run(evicted, id);
    } else {
      const update = `UPDATE ${table} SET access_count = ?, last_accessed = ?, evicted_from_l1 = ? WHERE ${where}`;
      this.statements.of(update).run(accessCount, time, evicted, id);
    }
    // If ProxyWhirl replaced the row, the side row describes the old one, and must not get a valid checksum for the new
    // one.
    if (!isOurs) return true;
    const checksum = this.#checksums.ofAccess(key, accessCount, time, evicted);
    this.statements.of(`UPDATE ${side} SET access_checksum = ? WHERE key = ?`).run(checksum, key);
    return true;
  }

  /**
   * To be called before the rows of some keys, `SELECT key …`, or all rows are removed. Their health checks are left to
   * the cascade if they are few, and get tombstones if not. Labels of the given keys are removed here.
   */
  prepareRemoval(keys?: string, values: readonly unknown[] = []): void {
    if (keys !== undefined && this.#labels?.remove(keys, values) === true) this.#orphans.restart();
    if (!this.layout.isFull) return;
    if (!this.#isDetached) {
      this.#cascadeBudget.spend(this.statements, keys, values);
      return;
    }
    addTombstones(this.statements, keys, values);
    if (keys !== undefined) this.statements.of(`DELETE FROM ${this.layout.side} WHERE key IN (${keys})`).run(...values);
  }

  /** Evicts the rows that exceed `maxEntries`, for example after the limit was lowered. */
  trim(now: number): void {
    if (this.#maxEntries !== null) this.#makeRoom(0, now);
  }

  /** Invalidates the row count, because other code wrote through this connection. */
  recount(): void {
    this.#rows.invalidate();
  }

  /** Removes all entries that are older than a version; the caller adds the removal to the log. */
  clearOlder(version: number): void {
    const { side } = this.layout;
    const isNewer = `EXISTS (SELECT 1 FROM ${side} s WHERE s.key = c.key AND ${OURS} AND s.version >= ${OPAQUE})`;
    this.#removeRows(`NOT ${isNewer}`, [version]);
  }

  /** Also notes that the rows seen so far need not be examined again, unless some are still to be adopted. */
  #maintainLog(): void {
    this.log.prune();
    noteSeenRows(this.statements);
  }

  /**
   * The rowid for the row of an entry: its present one if that is ours, else a new one. If the key has belonged to
   * another proxy, that proxy's history is removed.
   */
  #rowIdFor(key: string, proxyUrl: string, now: number): { readonly rowId: number; readonly existed: boolean } {
    const [rowId, isOurs, expiresAt, otherUrl] = this.statements.find(key, proxyUrl) ?? [];
    if (otherUrl !== undefined && otherUrl !== null && originOf(String(otherUrl)) !== originOf(proxyUrl))
      this.#removeHistory(key);
    const existed = expiresAt !== undefined && fromEpochSeconds(expiresAt) > now;
    if (isOurs === 1) return { rowId: rowId!, existed };
    if (isOurs === undefined && this.#maxEntries !== null) {
      this.#makeRoom(1, now);
      this.#rows.add(1);
    }
    const next = this.#newRowId();
    if (isOurs === 0) this.statements.of(`UPDATE ${this.layout.table} SET rowid = ? WHERE key = ?`).run(next, key);
    return { rowId: next, existed };
  }

  #removeHistory(key: string): void {
    if (this.#isDetached) {
      addTombstones(this.statements, ONE_KEY, [key]);
      return;
    }
    this.#cascadeBudget.spend(this.statements, ONE_KEY, [key]);
    this.statements.of('DELETE FROM health_history WHERE proxy_key = ?').run(key);
  }

  #newRowId(): number {
    const next = this.#nextRowId ?? this.#rowIdAboveAll();
    if (isInOwnRange(next)) {
      this.#nextRowId = next + STRIDE;
      return next;
    }
    this.#nextRowId = undefined;
    const taken = this.statements.of(`SELECT 1 FROM ${this.layout.table} WHERE rowid = ?`);
    let any = randomRowId(Math.random);
    while (taken.get(any) !== undefined) any = randomRowId(Math.random);
    return any;
  }

  #rowIdAboveAll(): number {
    const [next, isForeignTop] = this.statements.nextRowId.get() as [number, 0 | 1];
    if (isForeignTop === 1) noteForeignTop(this.statements);
    return next;
  }

  #makeRoom(wanted: number, now: number): void {
    const excess = this.#rows.get() + wanted - this.#maxEntries!;
    if (excess <= 0) return;
    const bound = { now: seconds(now), n: excess };
    const victims = this.statements
      .of(this.#eviction.victimsSql(!this.marks.isEmpty))
      .pluck()
      .safeIntegers()
      .all(bound) as bigint[];
    for (const rowId of victims) this.#evict(rowId, now);
  }

  #evict(rowId: bigint, now: number): void {
    const { layout, statements } = this;
    const select = `${selectRows(layout)} WHERE c.rowid = ${OPAQUE}`;
    const row = this.#wantsEvicted ? (statements.of(select).raw().get(rowId) as EntryRow | undefined) : undefined;
    const victim = `${layout.table} WHERE rowid = ${OPAQUE}`;
    this.prepareRemoval(`SELECT key FROM ${victim}`, [rowId]);
    const removal = `DELETE FROM ${victim} RETURNING ${boundedNumber('expires_at')}, iif(${isKey('key')}, key, NULL)`;
    const [time, key] = statements.of(removal).raw().get(rowId) as [number, string | null];
    this.#rows.add(-1);
    if (key !== null) this.log.add(key, now);
    const reason = fromEpochSeconds(time) <= now ? RemovalReason.TTL : RemovalReason.CAPACITY;
    this.#evicted.push({ ...this.#decodeIfPossible(row), reason });
  }

  #decodeIfPossible(row: EntryRow | undefined): Pick<Evicted, 'key' | 'entry'> {
    if (row === undefined) return { key: undefined, entry: undefined };
    try {
      const entry = this.decode(row);
      return { key: entry.key, entry };
    } catch {
      // A damaged row, or one that no key opens, is evicted like any other, but the listener is not called.
      return { key: undefined, entry: undefined };
    }
  }
}
