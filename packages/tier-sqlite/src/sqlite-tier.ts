import { resolve } from 'node:path';
import {
  BaseTier,
  CacheCorruptionError,
  type CacheEntry,
  CacheStorageError,
  type MaybePromise,
  RemovalReason,
} from '@pw/cache-models';
import {
  type AccessUpdate,
  chain,
  changedOrRemoved,
  checkArgument,
  ENTRY_CHANGE,
  type HealthCheck,
  isPromise,
  type ResealCounts,
  type TierChanges,
  type TierDescription,
  type TierLeases,
  type TierLog,
  type TierMarks,
} from '@pw/cache-models/tier';
import { checkBatchSize } from './check-tier-options.ts';
import { BackgroundTask } from './cleanup/background-task.ts';
import { LargeCleanup } from './cleanup/large-cleanup.ts';
import { closeDatabase } from './database/close-database.ts';
import { isLocked, LockQueue } from './database/lock-queue.ts';
import type { DatabaseSettings } from './database/open-database.ts';
import { identify, isSameFile } from './database/prepare-file.ts';
import { retryWhenBusy } from './database/retry-when-busy.ts';
import { isDamage, isReadOnly, toStorageError } from './database/storage-error.ts';
import { deleteTombstonedChecks } from './health/check-tombstones.ts';
import { SqliteLeases } from './leases.ts';
import { SqliteChanges } from './log/sqlite-changes.ts';
import { SqliteLog } from './log/sqlite-log.ts';
import { SqliteMarks } from './marks/sqlite-marks.ts';
import { databaseSettings, type OpenedStore, openStore } from './open-store.ts';
import { PutGroup } from './put-group.ts';
import { DamagedRows, type Outcome } from './quarantine/damaged-rows.ts';
import { resealDatabase } from './reseal/reseal-database.ts';
import { changeRow } from './rows/change-row.ts';
import type { EntryRow } from './rows/entry-row.ts';
import { getRow } from './rows/get-row.ts';
import { rowPages } from './rows/row-pages.ts';
import type { RowStore } from './rows/row-store.ts';
import { StructureCheck } from './schema/check-structure.ts';
import type { TableLayout } from './schema/table-layout.ts';
import type { SqliteTierOptions } from './sqlite-tier-options.ts';
import type { TierWork } from './tier-work.ts';
import { ANY_KEY } from './write-arguments.ts';

/** What both tiers claim. */
export const SQLITE_CAPABILITIES = Object.freeze({
  persistent: true,
  shared: true,
  reseal: true,
  sideValues: true,
  leases: true,
  changes: true,
  update: true,
  log: true,
  marks: true,
});

/** Side rows that a cleanup processes: some milliseconds. */
const ORPHANS_PER_CLEANUP = 1000;

/**
 * The base of DiskCacheTier and SqliteCacheTier: the hooks of a tier over one table of one database.
 *
 * A write may find the lock taken by another connection. `#mayReturnPromise` decides what happens then: if it is false,
 * the write blocks the thread; if it is true, the write joins `#queue` and returns a promise. It is set by
 * `whenLocked`, and for the duration of one call by `#withWaiting`. Writes never overtake each other: each first
 * flushes the group of `putSoon`, and a blocking one also the queue.
 *
 * `#opened` is undefined while the tier is closed. A fault that may be cured by reopening (a damaged or unwritable
 * file, or one that was removed or replaced) closes the tier, and the next use opens it again.
 */
export abstract class SqliteTier extends BaseTier<'sync'> {
  /** See `CacheTier.log`. */
  readonly log: TierLog;
  /** See `CacheTier.changes`. */
  readonly changes: TierChanges;
  /** See `CacheTier.leases`. They end by the system's clock. */
  readonly leases: TierLeases;
  /** See `CacheTier.marks`. */
  readonly marks: TierMarks;
  readonly #changes: SqliteChanges;
  readonly #layout: TableLayout;
  readonly #settings: DatabaseSettings;
  readonly #check: StructureCheck;
  readonly #wantsEvicted: boolean;
  readonly #maxBlockMs: number;
  readonly #group = new PutGroup({
    put: (entry) => this.put(entry.key, entry),
    putMany: (entries) => this.putMany(entries),
    allowWaiting: (flush) => this.#withWaiting(true, flush),
  });
  readonly #queue: LockQueue;
  #mayReturnPromise: boolean;
  #opened: OpenedStore | undefined;
  readonly #cleanup: LargeCleanup;
  readonly #tombstones: BackgroundTask;
  readonly #damaged: DamagedRows;

  protected constructor(
    options: SqliteTierOptions,
    description: TierDescription<'sync'>,
    /** `path` is called after the options were checked. */
    database: { readonly path: () => string; readonly layout: TableLayout },
  ) {
    super(options, description);
    const { whenLocked = 'block' } = options;
    const maxBlockMs = options.maxBlockMs === null ? Number.POSITIVE_INFINITY : (options.maxBlockMs ?? 20);
    const { name: tier, clock, logger } = this;
    this.#settings = databaseSettings(resolve(database.path()), { tier, clock, logger }, options);
    this.#mayReturnPromise = whenLocked === 'promise';
    this.#queue = new LockQueue(this.#settings.busyTimeoutMs);
    this.#maxBlockMs = maxBlockMs;
    this.#layout = database.layout;
    this.#check = new StructureCheck(database.layout, tier);
    this.#wantsEvicted = options.onEvict !== undefined;
    const work = this.#tierWork();
    this.log = new SqliteLog(work, (...check) => this.recordCheck(...check));
    this.#changes = new SqliteChanges(work);
    this.changes = this.#changes;
    this.leases = new SqliteLeases(work);
    this.marks = new SqliteMarks(work);
    this.#cleanup = new LargeCleanup({
      settings: this.#settings,
      layout: database.layout,
      logger: this.logger,
      maxBlockMs,
      cleanupUpTo: (limit, now) => this.#transactAsync((store) => store.cleanupExpiredUpTo(limit, now)),
      isOpen: () => this.status === 'open',
      onRemoved: (count) => this.counts.countRemoval(RemovalReason.TTL, count),
    });
    this.#damaged = new DamagedRows({
      settings: this.#settings,
      layout: database.layout,
      logger: this.logger,
      inThread: Number.isFinite(maxBlockMs),
      opened: () => this.#openedStore(),
    });
    this.#tombstones = new BackgroundTask({
      tier: this.name,
      logger: this.logger,
      failure: 'health checks of removed entries could not be deleted yet',
      step: () => this.#transactAsync((store) => deleteTombstonedChecks(store.statements)),
    });
  }

  #tierWork(): TierWork {
    return {
      role: { isMiddle: false },
      now: () => this.clock.now(),
      removed: (reason) => this.counts.countRemoval(reason),
      run: <R>(fallback: R, work: () => R) => this.run<R>(fallback, work as () => R | Promise<R>),
      checkFile: () => this.#checkFile(),
      withStore: (work) => this.withStore(work),
      transact: (work, timeoutMs) => this.transact(work, timeoutMs),
      transactNow: (work) => this.#transactNow(work),
      setAside: (error, row) => {
        if (this.#setAside(error, row, this.clock.now()) !== 'pending') this.passOver(error);
      },
    };
  }

  /**
   * See `CacheTier.update`. A promise only if `whenLocked` allows it.
   *
   * @example
   * ```ts
   * tier.update(key, (entry) => entry.with({ failureCount: entry.failureCount + 1 }));
   * ```
   */
  update(key: string, change: (entry: CacheEntry) => CacheEntry | null): MaybePromise<CacheEntry | null | undefined> {
    checkArgument('key', key, ANY_KEY);
    checkArgument('change', change, ENTRY_CHANGE);
    const changed = this.change(key, (entry) => changedOrRemoved(entry, change));
    return chain(changed, (entry) => {
      if (entry === null) this.counts.countRemoval(RemovalReason.EXPLICIT);
      return entry;
    });
  }

  /** @internal `onStored` is called in the same transaction. */
  protected change(
    key: string,
    change: (entry: CacheEntry) => CacheEntry | null,
    onStored?: (store: RowStore, before: CacheEntry, now: number) => void,
  ): MaybePromise<CacheEntry | null | undefined> {
    const now = this.clock.now();
    return this.run<CacheEntry | null | undefined>(undefined, () => {
      // Read outside the transaction first, as setting a damaged row aside needs its own.
      if (this.doGet(key, now) === undefined) return undefined;
      return this.transact((store) =>
        changeRow(store, key, change, { now, onStored: (before) => onStored?.(store, before, now) }),
      );
    });
  }

  /** @internal Adds a check to the history of a stored entry, in a tier that has one. */
  protected recordCheck(_store: RowStore, _check: HealthCheck, _entry: CacheEntry, _now: number): void {}

  /**
   * Re-encrypts credentials that were not sealed with the cipher's current key, each batch in one transaction,
   * including the quarantine. Then it rebuilds the file with VACUUM, in a worker thread; writers wait meanwhile, at
   * most for `busyTimeoutMs`.
   *
   * Throws a CacheValidationError if `batchSize` is not an integer of 1 or more, and a CacheStorageError for faults,
   * also if another process reads an older state of the database for too long.
   */
  async *reseal(batchSize: number): AsyncGenerator<ResealCounts> {
    checkBatchSize(batchSize);
    const { cipher } = this;
    this.open();
    if (cipher === undefined) return;
    try {
      yield* resealDatabase({
        path: this.#settings.path,
        tier: this.name,
        cipher,
        batchSize,
        logger: this.logger,
        inThread: Number.isFinite(this.#maxBlockMs),
        now: () => this.clock.now(),
        transact: (work) => this.#transactAsync(work),
        withStore: (work) =>
          this.#withFaultMapping(() => work(this.#openedStore().store, this.#openedStore().checkpointer)),
        setAside: async ({ row, error }) => {
          const outcome = this.#setAside(error, row, this.clock.now());
          if (outcome !== 'pending') this.passOver(error);
          if (outcome !== 'pending' && outcome !== 'scheduled') return outcome;
          await this.#damaged.done;
          return 'set aside';
        },
      });
    } catch (error) {
      throw toStorageError(error, this.name);
    }
  }

  /**
   * Like `put`, but entries passed within one turn of the event loop share one transaction and, with `durability:
   * "full"`, one flush to the disk: a hundred cost little more than one. Resolves with true once the entry is as safe
   * as after `put`. Later writes come after it; reads do not see it before. Rejects where `put` throws.
   */
  async putSoon(key: string, entry: CacheEntry): Promise<boolean> {
    // `put` throws the right error for a wrong argument.
    if (typeof key !== 'string' || key !== entry?.key || !this.enabled) return this.put(key, entry);
    return this.#group.add(entry);
  }

  override close(): void {
    // The last chance for writes that still wait for a lock.
    this.#withWaiting(false, () => {
      this.#group.flush();
      this.#queue.end();
    });
    super.close();
  }

  protected override doOpen(): void {
    this.#withFaultMapping(() => {
      this.#opened = openStore({
        settings: this.#settings,
        layout: this.#layout,
        check: this.#check,
        cipher: this.cipher,
        config: this.config,
        wantsEvicted: this.#wantsEvicted,
        inThread: Number.isFinite(this.#maxBlockMs),
      });
      this.#changes.reached(this.#opened.store);
    });
    this.#afterWrite();
  }

  protected override doClose(): void {
    const opened = this.#opened;
    this.#opened = undefined;
    this.#changes.reached(undefined);
    this.#cleanup.stop();
    this.#tombstones.stop();
    this.#damaged.stop();
    opened?.checkpointer.stop();
    if (opened !== undefined) this.#withFaultMapping(() => closeDatabase(opened.store.db));
  }

  protected override doGet(key: string, now: number): CacheEntry | undefined {
    return this.#withFaultMapping(() => this.#get(key, now));
  }

  #get(key: string, now: number, isRetry = false): CacheEntry | undefined {
    const { store } = this.#openedStore();
    const row = getRow(store, key);
    if (row === undefined) return undefined;
    try {
      const entry = store.decode(row);
      if (entry.key === key) return entry;
      throw new CacheCorruptionError('stored row: its key is not the requested one');
    } catch (error) {
      const outcome = this.#setAside(error, row, now);
      if (outcome === 'pending') return undefined;
      if (outcome === 'repaired' && !isRetry) return this.#get(key, now, true);
      throw error;
    }
  }

  protected override doPut(_key: string, entry: CacheEntry, now: number): MaybePromise<boolean> {
    return this.transact((store) => {
      store.put(entry, now);
      return true;
    });
  }

  protected override doPutMany(entries: readonly CacheEntry[], now: number): MaybePromise<boolean[]> {
    // The caller may change its list while the write waits.
    const given = this.#mayReturnPromise ? [...entries] : entries;
    return this.transact((store) => {
      for (const entry of given) store.put(entry, now);
      return given.map(() => true);
    });
  }

  protected override doDelete(key: string, now: number): MaybePromise<boolean> {
    return this.transact((store) => store.delete(key, now));
  }

  protected override doDeleteMany(keys: readonly string[], now: number): MaybePromise<boolean[]> {
    const given = this.#mayReturnPromise ? [...keys] : keys;
    return this.transact((store) => given.map((key) => store.delete(key, now)));
  }

  /** A read does not wait for the lock; if it is taken, the row is left to the next cleanup. */
  protected override doExpire(key: string, now: number): void {
    const expired = this.#transactAsync((store) => store.expire(key, now));
    if (isPromise(expired)) expired.catch(() => {});
  }

  protected override doClear(now: number): MaybePromise<number> {
    return this.transact((store) => {
      const count = store.clear(now);
      store.log.add(null, now);
      return count;
    });
  }

  protected override doCleanupExpired(now: number): MaybePromise<number> {
    // A call during a cleanup waits for it; the removed rows count in the result of the first call.
    const { running, inlineRows } = this.#cleanup;
    if (running !== undefined) return running.then(() => 0);
    const { store, checkpointer } = this.#openedStore();
    if (!Number.isFinite(inlineRows) || !this.#withFaultMapping(() => store.hasExpired(inlineRows, now))) {
      const work = (open: RowStore): number => {
        open.removeOrphans(ORPHANS_PER_CLEANUP);
        return open.cleanupExpired(now);
      };
      return Number.isFinite(inlineRows) ? this.#transactAsync(work) : this.transact(work);
    }
    this.#checkFile();
    return this.#cleanup.run(store, checkpointer, now);
  }

  protected override doRecordAccess(updates: readonly AccessUpdate[], now: number): MaybePromise<number> {
    const given = this.#mayReturnPromise ? updates.map((update) => ({ ...update })) : updates;
    return this.transact((store) => given.filter((update) => store.recordAccess(update, now)).length);
  }

  protected override doHas(key: string, now: number): boolean {
    return this.#withFaultMapping(() => this.#openedStore().store.has(key, now));
  }

  protected override doSize(now: number): number {
    return this.#withFaultMapping(() => this.#openedStore().store.size(now));
  }

  protected override doKeys(now: number): string[] {
    return this.#withFaultMapping(() => this.#openedStore().store.keys(now));
  }

  /** One snapshot for all keys; damaged rows are set aside after it is closed. */
  protected override doGetMany(keys: readonly string[], now: number): Map<string, CacheEntry> {
    return this.#withFaultMapping(() => {
      const { store } = this.#openedStore();
      const rows = store.snapshot(() => keys.map((key) => this.#getRowIfReadable(store, key)));
      const found = new Map<string, CacheEntry>();
      for (const entry of this.decodeRows(rows, now)) found.set(entry.key, entry);
      return found;
    });
  }

  protected override *doEntries(now: number): Generator<CacheEntry> {
    for (const rows of rowPages(() => this.#withFaultMapping(() => this.#openedStore().store.statements)))
      yield* this.decodeRows(rows, now);
  }

  /**
   * @internal Runs writes in one transaction on the file that is at the path now. If that is not the file that was
   * opened, the write fails and the next use opens the new one. Returns a promise only if `whenLocked` allows it. With
   * `timeoutMs` it begins within this time, or never.
   */
  protected transact<T>(work: (store: RowStore) => T, timeoutMs?: number): MaybePromise<T> {
    const { busyTimeoutMs } = this.#settings;
    const wait = Math.min(timeoutMs ?? busyTimeoutMs, busyTimeoutMs);
    const inTime = timeoutMs === undefined ? work : this.#beginWithin(timeoutMs, work);
    this.#group.flush();
    if (this.#mayReturnPromise) return this.#queue.run(() => this.#transactOnce(inTime, 0), wait);
    this.#queue.flush();
    return this.#transactOnce(inTime, wait);
  }

  /** Work that fails, with the lock in hand, once it is too late. */
  #beginWithin<T>(timeoutMs: number, work: (store: RowStore) => T): (store: RowStore) => T {
    const end = performance.now() + timeoutMs;
    return (store) => {
      if (performance.now() <= end) return work(store);
      throw new CacheStorageError(`${this.name}: the write could not begin within ${timeoutMs} ms`, {
        tier: this.name,
      });
    };
  }

  /** Like `transact`, at once; `'locked'` if another connection has the lock, or earlier writes wait for it. */
  #transactNow<T>(work: (store: RowStore) => T): T | 'locked' {
    this.#withWaiting(true, () => this.#group.flush());
    if (!this.#queue.tryFlush()) return 'locked';
    try {
      return this.#transactOnce(work, 0);
    } catch (error) {
      if (isLocked(error)) return 'locked';
      throw error;
    }
  }

  /** @internal Like `transact`, for operations that may always return a promise. */
  #transactAsync<T>(work: (store: RowStore) => T): MaybePromise<T> {
    return this.#withWaiting(true, () => this.transact(work));
  }

  /** @internal Like `transact`, for operations that must return a value. */
  protected transactSync<T>(work: (store: RowStore) => T): T {
    return this.#withWaiting(false, () => this.transact(work)) as T;
  }

  #withWaiting<T>(isAllowed: boolean, work: () => T): T {
    const before = this.#mayReturnPromise;
    this.#mayReturnPromise = isAllowed;
    try {
      return work();
    } finally {
      this.#mayReturnPromise = before;
    }
  }

  #transactOnce<T>(work: (store: RowStore) => T, timeoutMs: number): T {
    // A write that waited may find the tier closed after a fault of another operation.
    if (this.status === 'closed') this.open();
    const result = this.#withFaultMapping(() => {
      this.#checkFile();
      const { store } = this.#openedStore();
      return store.transact(() => work(store));
    }, timeoutMs);
    this.#opened?.checkpointer.wrote();
    this.#afterWrite();
    return result;
  }

  /** @internal Runs reads on the open database. */
  protected withStore<T>(work: (store: RowStore) => T): T {
    return this.#withFaultMapping(() => work(this.#openedStore().store));
  }

  /** @internal Decodes rows. A damaged one is set aside, one that no key opens is skipped, and both are counted. */
  protected decodeRows(rows: Iterable<EntryRow | undefined>, now: number): CacheEntry[] {
    const { store } = this.#openedStore();
    const entries: CacheEntry[] = [];
    for (const row of rows) {
      if (row === undefined) continue;
      try {
        entries.push(store.decode(row));
      } catch (error) {
        if (this.#setAside(error, row, now) !== 'pending') this.passOver(error);
      }
    }
    return entries;
  }

  #getRowIfReadable(store: RowStore, key: string): EntryRow | undefined {
    try {
      return getRow(store, key);
    } catch (error) {
      this.passOver(error);
      return undefined;
    }
  }

  /** Needed because SQLite would continue to write to a deleted file. */
  #checkFile(): void {
    if (isSameFile(identify(this.#settings.path), this.#openedStore().file)) return;
    this.#reopenLater();
    throw new CacheStorageError(
      `${this.name}: the database file was removed or replaced; the next operation opens or creates it`,
      { tier: this.name },
    );
  }

  #openedStore(): OpenedStore {
    if (this.#opened !== undefined) return this.#opened;
    throw new CacheStorageError(`${this.name}: the database is closed; open the tier first`, { tier: this.name });
  }

  /**
   * Retries work while the database is busy, and converts SQLite's errors to errors of the cache. A damaged file is
   * reopened by the next use, and set aside if it is no longer a database. A file that cannot be written is reopened as
   * well: a connection that once could not open the index of the log for writing stays read-only.
   */
  #withFaultMapping<T>(work: () => T, timeoutMs = this.#settings.busyTimeoutMs): T {
    try {
      return retryWhenBusy(() => {
        this.#opened?.structure.verifyIfStale();
        return work();
      }, timeoutMs);
    } catch (error) {
      if (isDamage(error) || isReadOnly(error)) this.#reopenLater();
      throw toStorageError(error, this.name);
    }
  }

  #reopenLater(): void {
    if (this.#opened === undefined) return;
    try {
      super.close();
    } catch {
      // The file is gone or is not a database: there is nothing left to write to it.
    }
  }

  #setAside(error: unknown, row: EntryRow, now: number): Outcome {
    const outcome = this.#damaged.setAside(error, row, now);
    this.#afterWrite();
    return outcome;
  }

  /** Reports evicted entries, and starts the deletion of health checks that the write left behind. */
  #afterWrite(): void {
    if (this.#opened?.store.takePendingTombstones() === true) this.#tombstones.start();
    const evicted = this.#opened?.store.takeEvicted() ?? [];
    for (const { entry, reason } of evicted) {
      if (entry === undefined) this.counts.countRemoval(reason);
      else this.evicted(entry.key, entry, reason);
    }
  }
}
