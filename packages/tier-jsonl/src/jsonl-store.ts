import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  CacheCorruptionError,
  type CacheEntry,
  CacheStorageError,
  type CacheTierConfig,
  type Clock,
  type Logger,
  type MaybePromise,
  type RemovalReason,
} from '@pw/cache-models';
import { type AccessUpdate, errorCode, type Marks } from '@pw/cache-models/tier';
import { AccessWriteBuffer } from './access-write-buffer.ts';
import { ChangeReports } from './changes/change-reports.ts';
import { compactWithRetries } from './compaction/compact-with-retries.ts';
import { storageFault } from './files/storage-fault.ts';
import { NO_RECORD, type RecordId } from './index/record-id.ts';
import type { RecordIndex } from './index/record-index.ts';
import type { JsonlTierSettings } from './jsonl-tier-options.ts';
import { dropOlder } from './layout/drop-older.ts';
import { openShardSet } from './layout/open-shard-set.ts';
import type { ByteRange } from './lines/byte-range.ts';
import type { RawRecord } from './lines/raw-record.ts';
import { versionOfLine } from './lines/record-line.ts';
import { EVERYTHING_SHARD } from './marks/shard-marks.ts';
import { type KeyedPut, putBatch, type StoredPut } from './put-batch.ts';
import { RoomMaker } from './room-maker.ts';
import { FileWindow } from './shard/file-window.ts';
import { RecordReader } from './shard/record-reader.ts';
import type { Shard } from './shard/shard.ts';
import { Resharded, type ShardLane } from './shard/shard-lane.ts';
import type { CallerFault, ShardOperation, ShardView } from './shard/shard-operation.ts';
import type { ShardSet } from './shard/shard-set.ts';

export interface JsonlStoreHooks {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called with the number of damaged lines found. */
  onDamaged(count: number): void;
  /** Called before a record is evicted, while it can still be read. */
  onEvicting(id: RecordId, key: string, reason: RemovalReason): void;
}

/** Finds, stores, deletes and evicts the records of a directory. Their credentials stay sealed here. */
export class JsonlStore {
  readonly #settings: JsonlTierSettings;
  readonly #room: RoomMaker | undefined;
  readonly #policy: CacheTierConfig['evictionPolicy'] | undefined;
  readonly #hooks: JsonlStoreHooks;
  readonly #access: AccessWriteBuffer;
  readonly #records = new RecordReader(() => this.#shards);
  /** What other processes changed. */
  readonly reports = new ChangeReports();
  #set: ShardSet | undefined;
  #reopening: Promise<void> | undefined;

  constructor(settings: JsonlTierSettings, config: CacheTierConfig, hooks: JsonlStoreHooks) {
    this.#settings = settings;
    this.#policy = config.maxEntries === null ? undefined : config.evictionPolicy;
    this.#hooks = hooks;
    this.#room = this.#roomMaker(config.maxEntries);
    this.#access = new AccessWriteBuffer(
      {
        write: (key, facts, onStored) => this.#atHome(key, { kind: 'access', key, facts, attempt: { onStored } }),
        homeOf: (key) => this.#set?.homeOf(key) ?? 0,
      },
      (error) => hooks.logger.warn({ code: errorCode(error) }, 'JSONL tier: access metadata could not be written yet'),
    );
  }

  async open(): Promise<void> {
    this.#set = await this.#openSet(false);
    await this.#room?.makeFor([]);
    this.reports.note(null);
    this.reports.flush();
  }

  async close(): Promise<void> {
    await this.#reopening;
    await this.#access.settle();
    this.#access.clear();
    const set = this.#set;
    this.#set = undefined;
    await set?.close();
  }

  /**
   * A promise to wait for while a shard is being re-read, or the whole directory after a change of its number of
   * shards; else `undefined`.
   */
  ready(): MaybePromise<void> {
    if (this.#reopening !== undefined) return this.#reopening;
    if (!this.#shards.isCurrent) return this.#reopen();
    return this.#shards.isReading ? this.#shards.untilRead() : undefined;
  }

  /** True if the number of shards is still the one last seen, and everything seen has been read. */
  get isSettled(): boolean {
    return this.#reopening === undefined && this.#set?.isSettled === true;
  }

  /** True while a shard is being read in several steps. */
  get isReading(): boolean {
    return this.#set?.isReading === true;
  }

  /** Runs `work` on the shards as they are, and again if it turns out that they had to be read first. */
  whenSettled<T>(work: () => T): MaybePromise<T> {
    const waiting = this.ready();
    if (waiting !== undefined) return waiting.then(() => this.whenSettled(work));
    const result = work();
    return this.#shards.isSettled ? result : Promise.resolve(this.ready()).then(() => this.whenSettled(work));
  }

  /** The id of a key according to the current files, or NO_RECORD. */
  find(key: string): RecordId {
    return this.#shards.find(key);
  }

  isExpired(id: RecordId, now: number): boolean {
    return now >= this.#shards.index.expiresAt(id);
  }

  /** Records a read of a key for the eviction order. */
  noteUse(key: string): void {
    const { index } = this.#shards;
    if (!index.isOrdered) return;
    const id = index.find(key);
    if (id !== NO_RECORD) index.used(id);
  }

  refreshAll(): void {
    this.#shards.refreshAll();
  }

  /** Number of live records as last seen; 0 while closed. */
  liveCount(now: number): number {
    return this.#set?.index.liveCount(now) ?? 0;
  }

  /** Keys of the records that are not expired at `now`; all keys without it. */
  liveKeys(now = Number.NEGATIVE_INFINITY): string[] {
    const { index } = this.#shards;
    const keys: string[] = [];
    for (const id of index.ids()) if (now < index.expiresAt(id)) keys.push(index.keyOf(id));
    return keys;
  }

  /** Like `liveKeys`, but file by file in line order, so that reading them all goes forward through each file. */
  *liveKeysByFile(now: number): Generator<string[]> {
    for (const { shard } of this.#shards.lanes) {
      const { index } = this.#shards;
      const live = index.idsOf(shard.number).filter((id) => now < index.expiresAt(id));
      yield live.sort((a, b) => index.offsetOf(a) - index.offsetOf(b)).map((id) => index.keyOf(id));
    }
  }

  /**
   * The record of an id that `find` returned; `undefined` if it no longer exists, or while its shard is being re-read.
   * Throws a CacheCorruptionError for a damaged record, which is set aside, and a CacheStorageError.
   */
  readRecord(id: RecordId): RawRecord | undefined {
    return this.#records.read(id);
  }

  overlay(entry: CacheEntry): CacheEntry {
    return this.#access.overlay(entry);
  }

  /** Takes a damaged record out of the index and, as soon as the lock is free, out of the file. */
  setAside(key: string): void {
    this.#records.setAside(key);
  }

  async put(key: string, put: StoredPut): Promise<boolean> {
    this.#access.forget(key);
    await this.#atHome(key, { kind: 'put', key, ...put });
    await this.#room?.makeFor([key]);
    return true;
  }

  async putMany(puts: readonly KeyedPut[]): Promise<boolean[]> {
    for (const { key } of puts) this.#access.forget(key);
    const { stored, fault } = await putBatch(puts, () => this.#current());
    await this.#room?.makeFor(puts.filter((_, at) => stored[at]).map(({ key }) => key));
    // A batch fails only if none of its puts was stored.
    if (fault !== undefined && !stored.includes(true)) throw fault.reason;
    return stored;
  }

  /** The shards, once their number is certain. */
  async #current(): Promise<ShardSet> {
    await this.ready();
    return this.#shards;
  }

  async delete(key: string, now: number, onlyExpired: boolean): Promise<boolean> {
    // If nothing is queued and the files do not contain the key, it is absent, and no lock is needed to return that.
    // Otherwise the deletion is queued.
    if (this.isSettled && this.#isAbsent(key) && this.isSettled) return false;
    if (onlyExpired && this.#shards.marks.isKnown(key)) return false;
    this.#access.forget(key);
    return (await this.#atHome(key, { kind: 'delete', key, now, onlyExpired })) === true;
  }

  /**
   * Calls `decide` for the items of each shard, with its lock held: again if the lock was lost, or if the number of
   * shards has changed before. An item without a key belongs to the shard that has the mark of everything. Throws the
   * CallerFault that `decide` throws, or a CacheStorageError.
   */
  async decide<T>(
    items: readonly T[],
    keyOf: (item: T) => string | null,
    decide: (view: ShardView, items: readonly T[]) => void,
  ): Promise<void> {
    const set = this.isSettled ? this.#shards : await this.#current();
    const homeOf = (item: T) => {
      const key = keyOf(item);
      return key === null ? EVERYTHING_SHARD : set.homeOf(key);
    };
    const decideIn = async (lane: ShardLane, some: readonly T[]) => {
      try {
        await decideInLane(lane, (view) => decide(view, some));
      } catch (error) {
        if (!(error instanceof Resharded)) throw error;
        await this.decide(some, keyOf, decide);
      }
    };
    if (items.length === 1) return decideIn(set.lane(homeOf(items[0]!)), items);
    const groups = Map.groupBy(items, homeOf);
    throwFirst(await Promise.allSettled([...groups].map(([shard, some]) => decideIn(set.lane(shard), some))));
  }

  /** Like `decide`, once for each shard. */
  async decideEverywhere(decide: (view: ShardView) => void): Promise<void> {
    for (;;) {
      const { lanes } = await this.#current();
      try {
        throwFirst(await Promise.allSettled(lanes.map((lane) => decideInLane(lane, decide))));
        return;
      } catch (error) {
        if (!(error instanceof Resharded)) throw error;
      }
    }
  }

  /** For a decision: the record of a key, also if another program has put it into another shard. */
  recordOf(view: ShardView, key: string): RawRecord | undefined {
    const found = view.recordOf(key);
    if (found !== undefined) return found;
    const { index } = this.#shards;
    const id = index.find(key);
    const isAway = id !== NO_RECORD && index.shardOf(id) !== this.#shards.homeOf(key);
    return isAway ? this.#readOrSkip(id) : undefined;
  }

  #readOrSkip(id: RecordId): RawRecord | undefined {
    try {
      return this.#records.read(id);
    } catch (error) {
      if (error instanceof CacheCorruptionError) return undefined;
      throw error;
    }
  }

  /** The marks as they are now. Throws a CacheStorageError. */
  async readMarks(): Promise<Marks> {
    const { marks } = await this.#current();
    try {
      return marks.read();
    } catch (error) {
      throw storageFault('read the marks', error);
    }
  }

  /** True if the key is marked now, at the cost of two calls. Throws a CacheStorageError. */
  isMarked(key: string): MaybePromise<boolean> {
    return this.whenSettled(() => {
      try {
        return this.#shards.marks.isMarked(key);
      } catch (error) {
        throw storageFault('read the marks', error);
      }
    });
  }

  /** Evicts what exceeds the limit once these keys were stored. */
  makeRoom(keys: readonly string[]): Promise<void> | undefined {
    return this.#room?.makeFor(keys);
  }

  forgetAccess(key: string): void {
    this.#access.forget(key);
  }

  /** Removes all records that are older than a version. Returns how many are left. */
  async clearOlder(version: number): Promise<number> {
    return this.#everywhere(() => true, { kind: 'clear older', version });
  }

  /** The highest version of a record, 0 if none has one. */
  async newestVersion(): Promise<number> {
    await this.whenSettled(() => this.refreshAll());
    let newest = 0;
    for (const { shard } of this.#shards.lanes) {
      newest = Math.max(newest, await this.whenSettled(() => newestVersionIn(shard, this.#shards.index)));
      await nextTurn();
    }
    return newest;
  }

  /** The keys of records without a version. */
  async keysWithoutVersion(): Promise<string[]> {
    await this.whenSettled(() => this.refreshAll());
    const keys: string[] = [];
    for (const { shard } of this.#shards.lanes) {
      const found = await this.whenSettled(() => [...withoutVersion(shard, this.#shards.index)]);
      for (const key of found) keys.push(key);
      if (found.length > 0) await nextTurn();
    }
    return keys;
  }

  #isAbsent(key: string): boolean {
    return this.#shards.lane(this.#shards.homeOf(key)).isIdle && this.find(key) === NO_RECORD;
  }

  async clear(now: number): Promise<number> {
    this.#access.clear();
    return this.#everywhere((lane) => lane.shard.end > 0 || !lane.isIdle, { kind: 'clear', now });
  }

  async cleanupExpired(now: number): Promise<number> {
    const hasExpired = ({ shard }: ShardLane) => this.#shards.index.expiredOf(shard.number, now, 1).length > 0;
    return this.#everywhere(hasExpired, { kind: 'cleanupExpired', now });
  }

  /**
   * Replaces the line of a key by the line that `change` makes from its record, with the lock of its shard held. False
   * if there is no record, or a newer value of the key is queued.
   */
  async rewrite(key: string, change: (raw: RawRecord) => string | undefined): Promise<boolean> {
    for (;;) {
      const shard = await this.whenSettled(() => this.#shardOf(key));
      if (shard === undefined) return false;
      try {
        return (await this.#shards.lane(shard).submit({ kind: 'rewrite', key, change })) === true;
      } catch (error) {
        if (!(error instanceof Resharded)) throw error;
      }
    }
  }

  get directory(): string {
    return this.#settings.directory;
  }

  /** Counts and sets aside a record that its codec rejected. */
  setDamagedAside(key: string): void {
    this.setAside(key);
    this.#hooks.onDamaged(1);
  }

  /** Drops every superseded line, file by file. Throws a CacheStorageError if that fails. */
  async *compact(): AsyncGenerator<void> {
    await this.#dropOlder();
    for (const lane of this.#shards.lanes) {
      if (!lane.shard.lines.hasOutdated) continue;
      await compactWithRetries(lane);
      yield;
    }
  }

  async #dropOlder(): Promise<void> {
    try {
      await dropOlder(this.#shards);
    } catch (error) {
      // Ignored here: the compaction that follows fails with the same error if the shard set is outdated.
      if (!(error instanceof Resharded)) throw error;
    }
  }

  /**
   * Lines that are not records, shard by shard, with a function to read each. Use them in the same turn of the event
   * loop: they may be gone in the next.
   */
  *foreignLines(): Generator<{ readonly ranges: Iterable<ByteRange>; readonly read: (range: ByteRange) => Buffer }> {
    for (const { shard } of this.#shards.lanes)
      if (shard.lines.foreign.length > 0)
        yield { ranges: shard.lines.foreign, read: ({ offset, length }) => shard.file.read(offset, length) };
  }

  /** Runs long `work` with the lock of a shard held; without a lock if the directory has no such shard. */
  runExclusive<T>(shard: number, work: (confirmHeld: () => boolean) => Promise<T>): Promise<T> {
    const lane = this.#shards.lanes.find((candidate) => candidate.shard.number === shard);
    return lane === undefined ? work(() => true) : lane.runExclusive(work);
  }

  recordAccess(updates: readonly AccessUpdate[], now: number): number {
    this.refreshAll();
    // Deferred: the caller repeats it once everything is read.
    if (!this.isSettled) return 0;
    const { index } = this.#shards;
    let found = 0;
    for (const { key, hits, lastAccessed, evictedFromL1 } of updates) {
      const id = index.find(key);
      if (id === NO_RECORD || now >= index.expiresAt(id)) continue;
      found++;
      index.used(id, hits);
      this.#access.add(key, { hits, lastAccessed, evictedFromL1 });
    }
    return found;
  }

  #roomMaker(limit: number | null): RoomMaker | undefined {
    if (limit === null) return undefined;
    const { clock, logger, onEvicting } = this.#hooks;
    return new RoomMaker({
      limit,
      clock,
      logger,
      onEvicting,
      shards: () => this.#set,
      untilRead: async () => {
        while (this.isReading) await this.#set?.untilRead();
      },
      forget: (key) => this.#access.forget(key),
    });
  }

  get #shards(): ShardSet {
    if (this.#set === undefined)
      throw new CacheStorageError('JSONL tier: closed while the operation was under way; repeat it');
    return this.#set;
  }

  #shardOf(key: string): number | undefined {
    const id = this.find(key);
    return id === NO_RECORD ? undefined : this.#shards.index.shardOf(id);
  }

  async #openSet(isAgain: boolean): Promise<ShardSet> {
    const { onDamaged, logger, clock } = this.#hooks;
    const set = await openShardSet({
      settings: this.#settings,
      logger,
      clock,
      policy: this.#policy,
      onDamaged: (count) => onDamaged(count),
      reports: this.reports,
      isAgain,
    });
    set.isServing = true;
    return set;
  }

  #reopen(): Promise<void> {
    this.#reopening ??= (async () => {
      const old = this.#shards;
      const fresh = await this.#openSet(true);
      this.#set = fresh;
      this.reports.note(null);
      await old.close();
    })().finally(() => {
      this.#reopening = undefined;
    });
    return this.#reopening;
  }

  async #atHome(key: string, operation: ShardOperation): Promise<boolean | number> {
    for (;;) {
      for (let waiting = this.ready(); waiting !== undefined; waiting = this.ready()) await waiting;
      try {
        return await this.#shards.atHome(key, operation);
      } catch (error) {
        if (!(error instanceof Resharded)) throw error;
      }
    }
  }

  async #everywhere(
    where: (lane: ShardLane) => boolean,
    operation: ShardOperation & { readonly kind: 'clear' | 'clear older' | 'cleanupExpired' },
  ): Promise<number> {
    let total = 0;
    const submit = async (lane: ShardLane) => {
      for (;;) {
        const count = Number(await lane.submit(operation));
        total += count;
        // Marked records stay, however expired.
        if (operation.kind !== 'cleanupExpired' || count === 0 || !where(lane)) return;
        await nextTurn();
      }
    };
    for (;;) {
      await this.whenSettled(() => this.refreshAll());
      const work: Promise<PromiseSettledResult<void>[]>[] = [];
      for (const lane of this.#shards.lanes.filter(where)) {
        work.push(Promise.allSettled([submit(lane)]));
        // Each shard takes some milliseconds, so yield between them, except when clearing: that must start in all
        // shards in the same turn.
        if (operation.kind === 'cleanupExpired') await nextTurn();
      }
      const results = (await Promise.all(work)).flat();
      const fault = results.find((result) => result.status === 'rejected');
      if (fault === undefined) return total;
      if (!(fault.reason instanceof Resharded)) throw fault.reason;
    }
  }
}

async function decideInLane(lane: ShardLane, decide: (view: ShardView) => void): Promise<void> {
  let fault: CallerFault | undefined;
  const failed = (error: CallerFault | undefined) => {
    fault = error;
  };
  await lane.submit({ kind: 'decide', decide, failed });
  if (fault !== undefined) throw fault;
}

function throwFirst(results: readonly PromiseSettledResult<void>[]): void {
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}

/** Records that are known to have a version are not read. */
function* withoutVersion({ number, file }: Shard, index: RecordIndex): Generator<string> {
  const window = new FileWindow(file);
  for (const id of byOffset(index, index.unversionedOf(number))) {
    if (versionOfLine(window.read(index.offsetOf(id), index.lengthOf(id))) === 0) yield index.keyOf(id);
    else index.setVersioned(id);
  }
}

function newestVersionIn({ number, file }: Shard, index: RecordIndex): number {
  const window = new FileWindow(file);
  let newest = 0;
  for (const id of byOffset(index, index.idsOf(number)))
    newest = Math.max(newest, versionOfLine(window.read(index.offsetOf(id), index.lengthOf(id))));
  return newest;
}

function byOffset(index: RecordIndex, ids: RecordId[]): RecordId[] {
  return ids.sort((a, b) => index.offsetOf(a) - index.offsetOf(b));
}
