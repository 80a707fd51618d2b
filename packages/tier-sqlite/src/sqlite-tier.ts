import { resolve } from 'node:path';
import {
  type AccessUpdate,
  BaseTier,
  CacheCorruptionError,
  type CacheEntry,
  CacheStorageError,
  type CacheTierConfigInput,
  FileGuard,
  isPromise,
  type MaybePromise,
  RemovalReason,
  type ResealCounts,
  type TierDescription,
} from '@pw/cache-models';
import { checkBatchSize } from './check-tier-options.ts';
import { SweepLater } from './cleanup/background-task.ts';
import { LargeCleanup } from './cleanup/large-cleanup.ts';
import { closeDatabase } from './database/close-database.ts';
import { LockQueue } from './database/lock-queue.ts';
import type { DatabaseSettings } from './database/open-database.ts';
import { identify, isSameFile } from './database/prepare-file.ts';
import { retryWhenBusy } from './database/retry-when-busy.ts';
import { isDamage, isReadOnly, toStorageError } from './database/storage-error.ts';
import { sweepForgotten } from './health/check-tombstones.ts';
import { type OpenedStore, openStore } from './open-store.ts';
import { PutGroup } from './put-group.ts';
import { DamagedRows, type Fate } from './quarantine/damaged-rows.ts';
import { resealDatabase } from './reseal/reseal-database.ts';
import type { EntryRow } from './rows/entry-row.ts';
import { readRow } from './rows/get-row.ts';
import { readPages } from './rows/row-pages.ts';
import type { EntryStore } from './rows/row-store.ts';
import { StructureCheck } from './schema/check-structure.ts';
import type { TableLayout } from './schema/table-layout.ts';
import type { SqliteTierOptions } from './sqlite-tier-options.ts';

const DEFAULT_BUSY_TIMEOUT_MS = 1000;
/** Side rows that a cleanup looks at: some milliseconds. */
const ORPHANS_AT_A_TIME = 1000;

/** What DiskCacheTier and SqliteCacheTier share: the hooks of a tier over one table of one database. */
export abstract class SqliteTier extends BaseTier<'sync'> {
  readonly #layout: TableLayout;
  readonly #settings: DatabaseSettings;
  readonly #check: StructureCheck;
  readonly #wantsEvicted: boolean;
  readonly #maxBlockMs: number;
  readonly #group = new PutGroup({
    put: (entry) => this.put(entry.key, entry),
    putMany: (entries) => this.putMany(entries),
    inTime: (flush) => this.#letWait(true, flush),
  });
  readonly #queue: LockQueue;
  /** Whether a write may answer with a promise. */
  #mayWait: boolean;
  #opened: OpenedStore | undefined;
  readonly #cleanup: LargeCleanup;
  readonly #sweep: SweepLater;
  readonly #damaged: DamagedRows;

  protected constructor(
    config: CacheTierConfigInput,
    options: SqliteTierOptions,
    description: TierDescription<'sync'>,
    /** `path` is asked once the options are known to be right. */
    place: { readonly path: () => string; readonly layout: TableLayout },
  ) {
    super(config, options, description);
    const { durability = 'normal', busyTimeoutMs = DEFAULT_BUSY_TIMEOUT_MS, maxBlockMs = 20 } = options;
    const { whenLocked = 'block', directoryChecks = 'warn' } = options;
    this.#mayWait = whenLocked === 'promise';
    this.#queue = new LockQueue(busyTimeoutMs);
    this.#maxBlockMs = maxBlockMs;
    this.#layout = place.layout;
    this.#check = new StructureCheck(place.layout, this.name);
    this.#wantsEvicted = options.onEvict !== undefined;
    this.#settings = {
      path: resolve(place.path()),
      tier: this.name,
      durability,
      busyTimeoutMs,
      guard: new FileGuard({ checks: directoryChecks, logger: this.logger, tier: this.name }),
      clock: this.clock,
      logger: this.logger,
    };
    this.#cleanup = new LargeCleanup({
      settings: this.#settings,
      layout: place.layout,
      logger: this.logger,
      maxBlockMs,
      removeSome: (limit, now) => this.#writeInTime((store) => store.cleanupSome(limit, now)),
      isOpen: () => this.status === 'open',
      onRemoved: (count) => this.counts.countRemoval(RemovalReason.TTL, count),
    });
    this.#damaged = new DamagedRows({
      settings: this.#settings,
      layout: place.layout,
      logger: this.logger,
      inThread: Number.isFinite(maxBlockMs),
      opened: () => this.#current(),
    });
    const step = () => this.#writeInTime(sweepForgotten);
    this.#sweep = new SweepLater({ tier: this.name, logger: this.logger, step });
  }

  /**
   * Seals again what the cipher's current key did not seal, each batch in one transaction, also in the quarantine. Then it makes the
   * file anew, as SQLite's VACUUM does, in a thread of its own: whoever writes meanwhile waits, `busyTimeoutMs` at most.
   * `batchSize`: 1 or more; throws a CacheValidationError for another one. Throws a CacheStorageError, also if another process kept an older state of the database from being wiped out.
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
        write: (work) => this.#writeInTime(work),
        use: (work) => this.#guarded(() => work(this.#current().store, this.#current().folding)),
        setAside: async ({ row, error }) => {
          const fate = this.#setAside(error, row, this.clock.now());
          if (fate !== 'pending') this.passOver(error);
          if (fate !== 'pending' && fate !== 'later') return fate;
          await this.#damaged.done;
          return 'set aside';
        },
      });
    } catch (error) {
      throw toStorageError(error, this.name);
    }
  }

  /**
   * As `put`, but entries that are handed over within one turn of the event loop share one transaction, and with
   * `durability: "full"` one flush to the disk: a hundred at once cost little more than one. True once the entry is as
   * safe as after `put`. Writes that follow come after it; reads do not see it before. Rejects where `put` throws.
   */
  async putSoon(key: string, entry: CacheEntry): Promise<boolean> {
    // Wrong arguments have their errors there.
    if (typeof key !== 'string' || key !== entry?.key || !this.enabled) return this.put(key, entry);
    return this.#group.add(entry);
  }

  override close(): void {
    // What still waits for a lock has its last chance now.
    this.#letWait(false, () => {
      this.#group.flush();
      this.#queue.end();
    });
    super.close();
  }

  protected override doOpen(): void {
    this.#guarded(() => {
      this.#opened = openStore({
        settings: this.#settings,
        layout: this.#layout,
        check: this.#check,
        cipher: this.cipher,
        config: this.config,
        wantsEvicted: this.#wantsEvicted,
        inThread: Number.isFinite(this.#maxBlockMs),
      });
    });
    this.#afterWrite();
  }

  protected override doClose(): void {
    const opened = this.#opened;
    this.#opened = undefined;
    this.#cleanup.stop();
    this.#sweep.stop();
    this.#damaged.stop();
    opened?.folding.stop();
    if (opened !== undefined) this.#guarded(() => closeDatabase(opened.store.db));
  }

  protected override doGet(key: string, now: number): CacheEntry | undefined {
    return this.#guarded(() => this.#get(key, now));
  }

  #get(key: string, now: number, isRetry = false): CacheEntry | undefined {
    const { store } = this.#current();
    const row = readRow(store, key);
    if (row === undefined) return undefined;
    try {
      const entry = store.decode(row);
      if (entry.key === key) return entry;
      throw new CacheCorruptionError('stored row: stands under another key');
    } catch (error) {
      const fate = this.#setAside(error, row, now);
      if (fate === 'pending') return undefined;
      if (fate === 'repaired' && !isRetry) return this.#get(key, now, true);
      throw error;
    }
  }

  protected override doPut(_key: string, entry: CacheEntry, now: number): MaybePromise<boolean> {
    return this.write((store) => {
      store.put(entry, now);
      return true;
    });
  }

  protected override doPutMany(entries: readonly CacheEntry[], now: number): MaybePromise<boolean[]> {
    // A caller may change its list while the work waits.
    const given = this.#mayWait ? [...entries] : entries;
    return this.write((store) => {
      for (const entry of given) store.put(entry, now);
      return given.map(() => true);
    });
  }

  protected override doDelete(key: string, now: number): MaybePromise<boolean> {
    return this.write((store) => store.delete(key, now));
  }

  protected override doDeleteMany(keys: readonly string[], now: number): MaybePromise<boolean[]> {
    const given = this.#mayWait ? [...keys] : keys;
    return this.write((store) => given.map((key) => store.delete(key, now)));
  }

  /** A read does not wait for the lock: what is left behind goes with the next cleanup. */
  protected override doExpire(key: string, now: number): void {
    const expired = this.#writeInTime((store) => store.expire(key, now));
    if (isPromise(expired)) expired.catch(() => {});
  }

  protected override doClear(now: number): MaybePromise<number> {
    return this.write((store) => store.clear(now));
  }

  protected override doCleanupExpired(now: number): MaybePromise<number> {
    // Who asks while one is under way waits for it; its count is in the first one's answer.
    const { underWay, inlineRows } = this.#cleanup;
    if (underWay !== undefined) return underWay.then(() => 0);
    const { store, folding } = this.#current();
    if (!Number.isFinite(inlineRows) || !this.#guarded(() => store.hasExpired(inlineRows, now))) {
      const work = (open: EntryStore): number => {
        open.sweepOrphans(ORPHANS_AT_A_TIME);
        return open.cleanupExpired(now);
      };
      return Number.isFinite(inlineRows) ? this.#writeInTime(work) : this.write(work);
    }
    this.#checkFile();
    return this.#cleanup.run(store, folding, now);
  }

  protected override doRecordAccess(updates: readonly AccessUpdate[], now: number): MaybePromise<number> {
    const given = this.#mayWait ? updates.map((update) => ({ ...update })) : updates;
    return this.write((store) => given.filter((update) => store.recordAccess(update, now)).length);
  }

  protected override doHas(key: string, now: number): boolean {
    return this.#guarded(() => this.#current().store.has(key, now));
  }

  protected override doSize(now: number): number {
    return this.#guarded(() => this.#current().store.size(now));
  }

  protected override doKeys(now: number): string[] {
    return this.#guarded(() => this.#current().store.keys(now));
  }

  /** One snapshot for all keys; what is damaged is set aside when the snapshot is closed. */
  protected override doGetMany(keys: readonly string[], now: number): Map<string, CacheEntry> {
    return this.#guarded(() => {
      const { store } = this.#current();
      const rows = store.snapshot(() => keys.map((key) => this.#rowOrNothing(store, key)));
      const found = new Map<string, CacheEntry>();
      for (const entry of this.readable(rows, now)) found.set(entry.key, entry);
      return found;
    });
  }

  protected override *doEntries(now: number): Generator<CacheEntry> {
    for (const rows of readPages(() => this.#guarded(() => this.#current().store))) yield* this.readable(rows, now);
  }

  /**
   * @internal Runs writes in one transaction, on the file that stands at the path: one that vanished is made anew by the next use.
   * Answers with a promise only where `whenLocked` lets it.
   */
  protected write<T>(work: (store: EntryStore) => T): MaybePromise<T> {
    this.#group.flush();
    if (this.#mayWait) return this.#queue.run(() => this.#writeOnce(work, 0));
    this.#queue.flush();
    return this.#writeOnce(work, this.#settings.busyTimeoutMs);
  }

  /** @internal As `write`, for an operation of which a promise may be the answer whatever `whenLocked` says. */
  #writeInTime<T>(work: (store: EntryStore) => T): MaybePromise<T> {
    return this.#letWait(true, () => this.write(work));
  }

  /** @internal As `write`, for an operation of which only a value may be the answer. */
  protected writeNow<T>(work: (store: EntryStore) => T): T {
    return this.#letWait(false, () => this.write(work)) as T;
  }

  #letWait<T>(isAllowed: boolean, work: () => T): T {
    const mayWait = this.#mayWait;
    this.#mayWait = isAllowed;
    try {
      return work();
    } finally {
      this.#mayWait = mayWait;
    }
  }

  #writeOnce<T>(work: (store: EntryStore) => T, patienceMs: number): T {
    // What waited may find the tier closed by a fault of another operation.
    if (this.status === 'closed') this.open();
    const result = this.#guarded(() => {
      this.#checkFile();
      const { store } = this.#current();
      return store.write(() => work(store));
    }, patienceMs);
    this.#opened?.folding.wrote();
    this.#afterWrite();
    return result;
  }

  /** @internal Runs reads on the open database. */
  protected read<T>(work: (store: EntryStore) => T): T {
    return this.#guarded(() => work(this.#current().store));
  }

  /** @internal The entries of rows; a damaged one is set aside, one that no key opens passed over, and both are counted. */
  protected readable(rows: Iterable<EntryRow | undefined>, now: number): CacheEntry[] {
    const { store } = this.#current();
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

  #rowOrNothing(store: EntryStore, key: string): EntryRow | undefined {
    try {
      return readRow(store, key);
    } catch (error) {
      this.passOver(error);
      return undefined;
    }
  }

  /** SQLite would go on writing into a file that was deleted. */
  #checkFile(): void {
    if (isSameFile(identify(this.#settings.path), this.#current().file)) return;
    this.#reopenLater();
    throw new CacheStorageError(`${this.name}: the database file was removed or replaced`, { tier: this.name });
  }

  #current(): OpenedStore {
    if (this.#opened !== undefined) return this.#opened;
    throw new CacheStorageError(`${this.name}: the database is closed`, { tier: this.name });
  }

  /**
   * Turns what SQLite throws into errors of the cache. A damaged file is opened anew by the next use, and set aside if it is
   * no database any more; so is one that cannot be written, as a connection that once could not open the log's index for
   * writing stays read-only for good.
   */
  #guarded<T>(work: () => T, patienceMs = this.#settings.busyTimeoutMs): T {
    try {
      return retryWhenBusy(() => {
        this.#opened?.structure.verifySometimes();
        return work();
      }, patienceMs);
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
      // The file is gone or no database any more: there was nothing left to be written to it.
    }
  }

  #setAside(error: unknown, row: EntryRow, now: number): Fate {
    const fate = this.#damaged.setAside(error, row, now);
    this.#afterWrite();
    return fate;
  }

  /** Tells of what went, and goes on with what is left of it. */
  #afterWrite(): void {
    if (this.#opened?.store.takeForgotten() === true) this.#sweep.start();
    const evicted = this.#opened?.store.takeEvicted() ?? [];
    for (const { entry, reason } of evicted) {
      if (entry === undefined) this.counts.countRemoval(reason);
      else this.evicted(entry.key, entry, reason);
    }
  }
}
