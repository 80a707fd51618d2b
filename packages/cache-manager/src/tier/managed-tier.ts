import {
  CacheEntry,
  CacheError,
  CacheStorageError,
  type CacheTier,
  CacheValidationError,
  type MaybePromise,
  maskCredentials,
  RemovalReason,
} from '@pw/cache-models';
import {
  type AccessUpdate,
  allOf,
  chain,
  extractUrlCredentials,
  isPromise,
  type SideValues,
} from '@pw/cache-models/tier';
import { inFixedSlices, Slicer } from '../scheduling/slices.ts';
import type { LevelUpdateOptions, SliceHooks, StackLevel, StoredEntries, StoredEntry } from '../stack/stack-level.ts';
import { RecoverableTier } from './recoverable-tier.ts';
import type { BegunWrite } from './write-journal.ts';

/**
 * A tier of a stack that never throws, rejects or hangs: after a fault of the tier, the result of an operation is that
 * of a miss. A write that the tier does not take goes to the journal. When the tier is used, and how it comes back, is
 * described at {@link RecoverableTier}.
 */
export class ManagedTier extends RecoverableTier implements StackLevel<ManagedTier> {
  readonly tiers: readonly ManagedTier[] = [this];
  readonly #getSlices = new Slicer();
  readonly #peekSlices = new Slicer();
  readonly #putSlices = new Slicer();
  readonly #accessSlices = new Slicer();
  #hasWarnedOfRefusal = false;

  /** The live entry of a key. Counts the access if {@link ManagedTier.countsAccesses}. */
  get(key: string): MaybePromise<CacheEntry | undefined> {
    if (!this.breaker.isClosed || (this.missedKeys.size > 0 && this.journal.covers(key))) return undefined;
    return this.boundary!.get(key) ?? this.#miss();
  }

  /** The live entry of a key, read without side effects. */
  peek(key: string): MaybePromise<CacheEntry | undefined> {
    if (!this.breaker.isClosed || (this.missedKeys.size > 0 && this.journal.covers(key))) return undefined;
    return this.boundary!.peek(key) ?? this.#miss();
  }

  /**
   * Checks after a miss whether the tier has disabled itself. That is early enough, because such a tier returns
   * nothing, and every write checks first.
   */
  #miss(): undefined {
    this.checkEnabled();
  }

  /**
   * The results of `get` for several different keys, in order, with one call for all of them, or for each slice. A key
   * that the journal covers is not read.
   */
  getMany(keys: readonly string[]): MaybePromise<readonly (CacheEntry | undefined)[]> {
    const getSlice = (slice: readonly string[]): MaybePromise<readonly (CacheEntry | undefined)[]> => {
      if (!this.isUsable) return slice.map(() => undefined);
      if (this.journal.isEmpty) return this.boundary!.getMany(slice);
      return allOf(slice.map((key) => this.get(key)));
    };
    return this.isSynchronous ? this.#getSlices.run(keys, getSlice) : inFixedSlices(keys, getSlice);
  }

  /** The results of `peek` for several keys, in order. A synchronous tier is read in slices. */
  peekMany(keys: readonly string[]): MaybePromise<readonly (CacheEntry | undefined)[]> {
    const peekSlice = (slice: readonly string[]): MaybePromise<readonly (CacheEntry | undefined)[]> => {
      if (!this.isUsable) return slice.map(() => undefined);
      if (this.journal.isEmpty) return this.boundary!.peekMany(slice);
      return allOf(slice.map((key) => this.peek(key)));
    };
    return this.isSynchronous ? this.#peekSlices.run(keys, peekSlice) : peekSlice(keys);
  }

  /** The live entries of the tier; a fault or a missed deadline ends the stream. */
  async *entries(): AsyncGenerator<CacheEntry> {
    if (!this.isUsable) return;
    const boundary = this.boundary!;
    try {
      for await (const entry of boundary.stream(this.tier!.entries()))
        if (CacheEntry.isCacheEntry(entry)) yield extractUrlCredentials(entry);
    } catch (error) {
      boundary.fault(error);
    }
  }

  /** Removes expired entries and returns their number. */
  cleanupExpired(): MaybePromise<number> {
    return this.isUsable ? this.boundary!.cleanupExpired() : 0;
  }

  /**
   * Calls any other method of the tier; returns the fallback if the tier is out of use or fails. If it refuses the
   * argument, the result is that of `onRefused`.
   */
  call<T>(work: (tier: CacheTier) => MaybePromise<T>, fallback: T, onRefused?: () => MaybePromise<T>): MaybePromise<T> {
    if (!this.isUsable) return fallback;
    const boundary = this.boundary!;
    const refused = (error: CacheValidationError): MaybePromise<T> => {
      this.#noteRefusal(error);
      return onRefused!();
    };
    return boundary.call<T, MaybePromise<T>>(
      () => work(this.tier!),
      fallback,
      (answer) => boundary.validKind(answer, fallback),
      onRefused === undefined ? {} : { onRefused: refused },
    ) as MaybePromise<T>;
  }

  /** True if an entry survives the process, or other processes see it. */
  get isDurable(): boolean {
    const { persistent, shared } = this.capabilities;
    return persistent || shared;
  }

  readonly doubtful = 0;

  /** True if the tier has no limit of entries. */
  get keepsEverything(): boolean {
    return this.inspect((tier) => tier.config.maxEntries) === null;
  }

  get queried(): ManagedTier | undefined {
    return this.isUpToDate ? this : undefined;
  }

  /** Empties a cache. */
  async start(): Promise<void> {
    if (!this.isCache) return;
    const { logger } = this.options;
    logger.info({ tier: this.name }, 'tier is a cache of the tiers that agree; what it has of earlier runs is removed');
    await this.clear();
  }

  answeredBy(): ManagedTier {
    return this;
  }

  has(key: string): MaybePromise<boolean> {
    return this.canRead(key) ? this.call((tier) => tier.has(key), false) : false;
  }

  /** The live keys, without those that the tier must not be read for. */
  keys(): MaybePromise<readonly string[]> {
    return chain(
      this.call<string[]>((tier) => tier.keys(), []),
      (keys) => keys.filter((key) => typeof key === 'string' && !this.hasMissed(key)),
    );
  }

  store(entry: CacheEntry): MaybePromise<StoredEntry> {
    return chain(this.put(entry.key, entry), (isStored) => ({
      entry: isStored ? entry : undefined,
      stored: [isStored],
    }));
  }

  storeMany(entries: readonly CacheEntry[], hooks?: SliceHooks): MaybePromise<StoredEntries> {
    return chain(this.putMany(entries, hooks), (stored) => ({ entries, stored }));
  }

  storeManyInOneStep(entries: readonly CacheEntry[]): MaybePromise<StoredEntries> {
    return chain(this.putManyInOneStep(entries), (stored) => ({ entries, stored }));
  }

  /** Changes an entry in one atomic step, if the tier can do that; a check is recorded by other means. */
  update(
    key: string,
    change: (entry: CacheEntry) => CacheEntry | null,
    { check }: LevelUpdateOptions,
  ): MaybePromise<CacheEntry | null | undefined | 'unable'> {
    if (check !== undefined || !this.capabilities.update || !this.canRead(key)) return 'unable';
    type Updated = CacheEntry | null | undefined;
    const before = this.boundary!.failures;
    return this.boundary!.call<Updated, Updated | 'unable'>(
      () => this.tier!.update!(key, change),
      undefined,
      (updated) => {
        if (updated === undefined && this.boundary!.failedSince(before)) return 'unable';
        return updated === null || updated === undefined || CacheEntry.isCacheEntry(updated) ? updated : 'unable';
      },
      { onLate: (result) => this.trackLate([key], result) },
    );
  }

  /** Reports the changes that others made before this call. True for a tier that has no others. */
  poll(): MaybePromise<boolean> {
    if (!this.capabilities.changes) return true;
    return this.call((tier) => tier.changes!.poll(), false);
  }

  /**
   * Works with the tier's side values. Rejects with a CacheError while the tier is out of use, after a fault, and after
   * a missed deadline, which counts as a fault too: `undefined` must always mean that a value does not exist.
   */
  async withSideValues<T>(work: (values: SideValues) => MaybePromise<T>): Promise<T> {
    const { name } = this;
    const values = this.inspect((tier) => tier.sideValues);
    if (!this.isUsable || values === undefined)
      throw new CacheStorageError(`${name}: the tier is out of use or has no side values`, { tier: name });
    try {
      return await this.boundary!.withinDeadline(work(values));
    } catch (error) {
      if (error instanceof CacheValidationError) throw error;
      this.boundary!.fault(error);
      if (error instanceof CacheError) throw error;
      throw new CacheStorageError(`${name}: a side value cannot be read or stored`, { tier: name });
    }
  }

  /** Stores an entry; a failed write is recorded for replay. */
  put(key: string, entry: CacheEntry): MaybePromise<boolean> {
    const write = this.journal.begin(key, this.isCache ? null : entry);
    if (!this.#checkAcceptsWrites()) return this.#finish(write, false);
    return this.boundary!.call<boolean, MaybePromise<boolean>>(
      () => this.tier!.put(key, this.capped(entry)),
      false,
      (stored) => this.#finish(write, stored === true),
      { onRefused: (error) => this.#refused(key, error), onLate: (result) => this.trackLate([key], result) },
    );
  }

  /**
   * Stores several entries and returns which of them are stored. Long batches are sliced; for a synchronous tier the
   * hooks are called in the same step in which their slice is stored.
   */
  putMany(entries: readonly CacheEntry[], { before, after }: SliceHooks = {}): MaybePromise<readonly boolean[]> {
    const putSlice = (slice: readonly CacheEntry[]): MaybePromise<boolean[]> => {
      before?.(slice);
      const stored = this.putManyInOneStep(slice);
      if (isPromise(stored)) return stored;
      after?.(slice);
      return stored;
    };
    return this.isSynchronous ? this.#putSlices.run(entries, putSlice) : inFixedSlices(entries, putSlice);
  }

  /** Like `putMany`, without slicing. */
  putManyInOneStep(entries: readonly CacheEntry[]): MaybePromise<boolean[]> {
    const writes = entries.map((entry) => this.journal.begin(entry.key, this.isCache ? null : entry));
    const finish = (stored: boolean[] | undefined) =>
      writes.map((write, i) => this.#finish(write, stored?.[i] === true));
    if (!this.#checkAcceptsWrites()) return finish(undefined);
    return this.boundary!.call<boolean[] | undefined, MaybePromise<boolean[]>>(
      () => this.tier!.putMany(this.capsTtl ? entries.map((entry) => this.capped(entry)) : entries),
      undefined,
      finish,
      {
        // The tier refuses at least one entry: store them one by one.
        onRefused: () => Promise.all(entries.map((entry) => this.put(entry.key, entry))),
        onLate: (result) => this.trackLate(keysOf(writes), result),
      },
    );
  }

  /** Removes an entry; true if it existed. A failed removal is recorded for replay. */
  delete(key: string, reason: RemovalReason = RemovalReason.EXPLICIT): MaybePromise<boolean> {
    const write = this.journal.begin(key, null);
    if (!this.#checkAcceptsWrites()) return this.#finish(write, false);
    const before = this.boundary!.failures;
    return this.boundary!.call<boolean | undefined, boolean>(
      () => this.tier!.delete(key, reason),
      undefined,
      (existed) => this.#finishDelete(write, existed, before),
      { onLate: (result) => this.trackLate([key], result) },
    );
  }

  /** Removes several entries and returns which of them existed. */
  deleteMany(keys: readonly string[]): MaybePromise<readonly boolean[]> {
    return inFixedSlices(keys, (slice) => this.#deleteSlice(slice));
  }

  #deleteSlice(keys: readonly string[]): MaybePromise<boolean[]> {
    const writes = keys.map((key) => this.journal.begin(key, null));
    const before = this.boundary?.failures ?? 0;
    const finish = (existed: boolean[] | undefined) =>
      writes.map((write, i) => this.#finishDelete(write, existed?.[i], before));
    if (!this.#checkAcceptsWrites()) return finish(undefined);
    const onLate = (result: Promise<unknown>) => this.trackLate(keys, result);
    return this.boundary!.call(() => this.tier!.deleteMany(keys), undefined, finish, { onLate });
  }

  /** Removes all entries. */
  clear(): MaybePromise<void> {
    const finish = (hasSucceeded: boolean) => {
      if (this.journal.finishClear(hasSucceeded)) this.retrySoon();
    };
    if (!this.isUsable) return finish(false);
    const boundary = this.boundary!;
    const before = boundary.failures;
    return boundary.call<number | undefined, void>(
      () => this.tier!.clear(),
      undefined,
      (count) => finish(count !== undefined && !boundary.failedSince(before)),
      { onLate: (result) => this.trackLateClear(result) },
    );
  }

  /** The hits of a key that the tier missed and that will be replayed. */
  missedHits(key: string): number {
    return this.journal.missedHits(key);
  }

  /**
   * Adds accesses. Calls `onStored` with the updates that need not be repeated, in the step in which the tier answers:
   * those that it has stored or refuses, and those that it cannot take now, which are replayed later. Updates of a call
   * that times out count as stored, because the call may still take effect. In this case, resolves to an object
   * whose promise becomes true if the call has failed after all.
   */
  async recordAccess(
    updates: readonly AccessUpdate[],
    onStored: (updates: readonly AccessUpdate[]) => void,
  ): Promise<{ readonly hasFailed: Promise<boolean> } | undefined> {
    const accepted: AccessUpdate[] = [];
    const missed: AccessUpdate[] = [];
    for (const update of updates) (this.canRead(update.key) ? accepted : missed).push(update);
    for (const update of missed) this.journal.recordAccess(update);
    onStored(missed);
    let late: Promise<boolean> | undefined;
    const record = (slice: readonly AccessUpdate[]): MaybePromise<readonly AccessUpdate[]> => {
      if (!this.isUsable) return slice;
      const before = this.faults;
      const finish = (count: unknown) => {
        // Faults of other operations may have been counted meanwhile; only a call that stored nothing is repeated.
        if (late !== undefined || hasStored(count) || this.faults === before) onStored(slice);
        return slice;
      };
      return this.boundary!.call<unknown, readonly AccessUpdate[]>(
        () => this.tier!.recordAccess(slice),
        undefined,
        finish,
        {
          onRefused: () => finish(slice.length),
          onLate: (result) => {
            late = result.then(
              (count) => !hasStored(count),
              () => true,
            );
          },
        },
      );
    };
    await (this.isSynchronous ? this.#accessSlices.run(accepted, record) : record(accepted));
    // In an object, because otherwise the caller would wait for it.
    return late && { hasFailed: late };
  }

  /** False while the whole tier is to be cleared: a value written now would be removed with the others. */
  #checkAcceptsWrites(): boolean {
    return this.isUsable && !this.journal.mustClear;
  }

  #finish(write: BegunWrite, hasSucceeded: boolean): boolean {
    // The usual case does not need the clock.
    const now = write.late === undefined ? 0 : this.now();
    if (this.journal.finish(write, hasSucceeded, now) && this.breaker.isClosed) this.retrySoon();
    return hasSucceeded;
  }

  #finishDelete(write: BegunWrite, existed: boolean | undefined, failuresBefore: number): boolean {
    // Without a failure, `false` means that the entry did not exist; with one, the removal may have failed.
    const isGone = existed === true || (existed === false && !this.boundary!.failedSince(failuresBefore));
    this.#finish(write, isGone);
    return existed === true;
  }

  /** Called if the tier refuses to store an entry: a value that it has for the key is then outdated. */
  #refused(key: string, error: CacheValidationError): MaybePromise<boolean> {
    this.#noteRefusal(error);
    const deleted = this.delete(key);
    return isPromise(deleted) ? deleted.then(() => false) : false;
  }

  #noteRefusal(error: CacheValidationError): void {
    if (!this.#hasWarnedOfRefusal) {
      this.#hasWarnedOfRefusal = true;
      const facts = { tier: this.name, reason: maskCredentials(error.message) };
      this.options.logger.warn(facts, 'tier refuses an entry; it is kept in the other tiers');
    }
  }
}

/** True if a tier's answer to `recordAccess` says that it has stored something. */
function hasStored(count: unknown): boolean {
  return typeof count === 'number' && count > 0;
}

function keysOf(writes: readonly BegunWrite[]): string[] {
  return writes.map(({ key }) => key);
}
