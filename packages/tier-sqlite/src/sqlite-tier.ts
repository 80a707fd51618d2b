import {
  type AccessUpdate,
  BaseTier,
  CacheCorruptionError,
  type CacheEntry,
  CacheStorageError,
  type CacheTierConfigInput,
  type DirectoryChecks,
  FileGuard,
  type MaybePromise,
  RemovalReason,
  type ResealCounts,
  silentLogger,
  systemClock,
  type TierDescription,
  type TierOptions,
} from '@pw/cache-models';
import { checkTierOptions } from './check-tier-options.ts';
import { databasePath } from './database-path.ts';
import type { EntryRow } from './entry-row.ts';
import { EntryStore } from './entry-store.ts';
import { LargeCleanup } from './large-cleanup.ts';
import { LogFolding } from './log-folding.ts';
import { closeDatabase, type DatabaseSettings, type Durability, openDatabase } from './open-database.ts';
import { type FileIdentity, identify, isSameFile } from './prepare-file.ts';
import { PutGroup } from './put-group.ts';
import { readPages } from './read-pages.ts';
import { readRow } from './read-row.ts';
import { resealDatabase } from './reseal-database.ts';
import { retryWhenBusy } from './retry-when-busy.ts';
import { setRowAside } from './set-aside.ts';
import { codeOf, isDamage, isReadOnly, toStorageError } from './storage-error.ts';
import type { TableLayout } from './table-layout.ts';

/** What both SQLite tiers take. */
export interface SqliteTierOptions extends TierOptions {
  /** `"normal"` (default): a put that returned true survives any end of the process. `"full"`: a power cut too. */
  readonly durability?: Durability | undefined;
  /**
   * Longest wait for another connection's lock in milliseconds, 0 to 60000; default 1000. The event loop stands still
   * meanwhile, and then the operation fails.
   */
  readonly busyTimeoutMs?: number | undefined;
  /**
   * How long a cleanup of expired entries may hold up the event loop in one go, in milliseconds, 1 or more; default 20.
   * More entries than can be removed in it are removed in a thread of their own, and `cleanupExpired` gives a promise.
   * `Infinity`: never a thread, never a promise; then commits, too, fold SQLite's log into the database themselves.
   */
  readonly maxBlockMs?: number | undefined;
  /** What is done where other users of the machine could change the folder or the file. Default `"warn"`; see {@link DirectoryChecks}. */
  readonly directoryChecks?: DirectoryChecks | undefined;
}

const DEFAULT_BUSY_TIMEOUT_MS = 1000;
/** Side rows that a cleanup looks at: some milliseconds. */
const ORPHANS_AT_A_TIME = 1000;

interface Opened {
  readonly store: EntryStore;
  readonly file: FileIdentity;
  readonly folding: LogFolding;
}

/** What DiskCacheTier and SqliteCacheTier share: the hooks of a tier over one table of one database. */
export abstract class SqliteTier extends BaseTier<'sync'> {
  readonly #layout: TableLayout;
  readonly #settings: DatabaseSettings;
  readonly #wantsEvicted: boolean;
  readonly #maxBlockMs: number;
  readonly #group = new PutGroup({
    put: (entry) => this.put(entry.key, entry),
    putMany: (entries) => this.putMany(entries),
  });
  #opened: Opened | undefined;
  readonly #cleanup: LargeCleanup;

  protected constructor(
    config: CacheTierConfigInput,
    options: SqliteTierOptions,
    description: TierDescription<'sync'>,
    place: { readonly path: string; readonly layout: TableLayout },
  ) {
    super(config, options, description);
    const { durability = 'normal', busyTimeoutMs = DEFAULT_BUSY_TIMEOUT_MS, maxBlockMs = 20 } = options;
    const { directoryChecks = 'warn' } = options;
    checkTierOptions(this.name, { durability, busyTimeoutMs, maxBlockMs, directoryChecks });
    this.#maxBlockMs = maxBlockMs;
    this.#layout = place.layout;
    this.#wantsEvicted = options.onEvict !== undefined;
    this.#settings = {
      path: databasePath(place.path, this.name),
      tier: this.name,
      durability,
      busyTimeoutMs,
      guard: new FileGuard({ checks: directoryChecks, logger: options.logger, tier: this.name }),
      clock: options.clock ?? systemClock,
      logger: options.logger ?? silentLogger,
    };
    this.#cleanup = new LargeCleanup({
      settings: this.#settings,
      table: place.layout.table,
      logger: this.logger,
      maxBlockMs,
      removeSome: (limit, now) => this.write((store) => store.cleanupSome(limit, now)),
      isOpen: () => this.status === 'open',
      onRemoved: (count) => this.counts.countRemoval(RemovalReason.TTL, count),
    });
  }

  /**
   * Seals again what the cipher's current key did not seal, each batch in one transaction, also in the quarantine. Then it makes the
   * file anew, as SQLite's VACUUM does, in a thread of its own: whoever writes meanwhile waits, `busyTimeoutMs` at most.
   * Throws a CacheStorageError, also if another process kept an older state of the database from being wiped out.
   */
  async *reseal(batchSize: number): AsyncGenerator<ResealCounts> {
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
        write: (work) => this.write(work),
        use: (work) => this.#guarded(() => work(this.#current().store, this.#current().folding)),
        setAside: ({ row, error }) => {
          this.passOver(error);
          return this.#setAside(error, row, this.clock.now());
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
    return key === entry?.key && this.enabled ? this.#group.add(entry) : this.put(key, entry);
  }

  override close(): void {
    this.#group.flush();
    super.close();
  }

  protected override doOpen(): void {
    this.#guarded(() => {
      const { db, file } = openDatabase(this.#settings, this.#layout);
      try {
        const options = {
          layout: this.#layout,
          cipher: this.cipher,
          config: this.config,
          wantsEvicted: this.#wantsEvicted,
        };
        const store = new EntryStore(db, options);
        if (this.config.maxEntries !== null) store.write(() => store.trim(this.clock.now()));
        const folding = new LogFolding(db, { ...this.#settings, inThread: Number.isFinite(this.#maxBlockMs) });
        this.#opened = { store, file, folding };
      } catch (error) {
        db.close();
        throw error;
      }
    });
    this.#reportEvicted();
  }

  protected override doClose(): void {
    const opened = this.#opened;
    this.#opened = undefined;
    this.#cleanup.stop();
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
      if (this.#setAside(error, row, now) === 'repaired' && !isRetry) return this.#get(key, now, true);
      throw error;
    }
  }

  protected override doPut(_key: string, entry: CacheEntry, now: number): boolean {
    this.write((store) => store.put(entry, now));
    return true;
  }

  protected override doPutMany(entries: readonly CacheEntry[], now: number): boolean[] {
    this.write((store) => {
      for (const entry of entries) store.put(entry, now);
    });
    return entries.map(() => true);
  }

  protected override doDelete(key: string, now: number): boolean {
    return this.write((store) => store.delete(key, now));
  }

  protected override doDeleteMany(keys: readonly string[], now: number): boolean[] {
    return this.write((store) => keys.map((key) => store.delete(key, now)));
  }

  protected override doExpire(key: string, now: number): void {
    this.write((store) => store.expire(key, now));
  }

  protected override doClear(now: number): number {
    return this.write((store) => store.clear(now));
  }

  protected override doCleanupExpired(now: number): MaybePromise<number> {
    // Who asks while one is under way waits for it; its count is in the first one's answer.
    const { underWay, inlineRows } = this.#cleanup;
    if (underWay !== undefined) return underWay.then(() => 0);
    const { store, folding } = this.#current();
    if (!Number.isFinite(inlineRows) || !this.#guarded(() => store.hasExpired(inlineRows, now))) {
      return this.write((open) => {
        open.sweepOrphans(ORPHANS_AT_A_TIME);
        return open.cleanupExpired(now);
      });
    }
    this.#checkFile();
    return this.#cleanup.run(store, folding, now);
  }

  protected override doRecordAccess(updates: readonly AccessUpdate[], now: number): number {
    return this.write((store) => updates.filter((update) => store.recordAccess(update, now)).length);
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

  /** @internal Runs writes in one transaction, on the file that stands at the path: one that vanished is made anew by the next use. */
  protected write<T>(work: (store: EntryStore) => T): T {
    this.#group.flush();
    const result = this.#guarded(() => {
      this.#checkFile();
      const { store } = this.#current();
      return store.write(() => work(store));
    });
    this.#opened?.folding.wrote();
    this.#reportEvicted();
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
        this.#setAside(error, row, now);
        this.passOver(error);
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

  #current(): Opened {
    if (this.#opened !== undefined) return this.#opened;
    throw new CacheStorageError(`${this.name}: the database is closed`, { tier: this.name });
  }

  /**
   * Turns what SQLite throws into errors of the cache. A damaged file is opened anew by the next use, and set aside if it is
   * no database any more; so is one that cannot be written, as a connection that once could not open the log's index for
   * writing stays read-only for good.
   */
  #guarded<T>(work: () => T): T {
    try {
      return retryWhenBusy(work, this.#settings.busyTimeoutMs);
    } catch (error) {
      if (isDamage(error) || isReadOnly(error)) this.#reopenLater();
      throw toStorageError(error, this.name);
    }
  }

  #reopenLater(): void {
    if (this.#opened === undefined) return;
    try {
      this.close();
    } catch {
      // The file is gone or no database any more: there was nothing left to be written to it.
    }
  }

  #setAside(error: unknown, row: EntryRow, now: number): 'set aside' | 'repaired' | undefined {
    if (!(error instanceof CacheCorruptionError)) return undefined;
    try {
      return setRowAside(this.#current().store, row, error.message, now);
    } catch (failure) {
      // The row stays where it is; the read that met it answers as it would have.
      this.logger.warn({ tier: this.name, code: codeOf(failure) }, 'a damaged row could not be set aside');
      return undefined;
    }
  }

  #reportEvicted(): void {
    const evicted = this.#opened?.store.takeEvicted() ?? [];
    for (const { entry, reason } of evicted) {
      if (entry === undefined) this.counts.countRemoval(reason);
      else this.evicted(entry.key, entry, reason);
    }
  }
}
