import {
  type AccessUpdate,
  CacheEntry,
  CacheError,
  CacheStorageError,
  type CacheTier,
  CacheValidationError,
  type ChangeListener,
  type Clock,
  extractUrlCredentials,
  ignoreRejection,
  isPromise,
  type Logger,
  type MaybePromise,
  maskCredentials,
  RemovalReason,
  type SideValues,
  type TierCapabilities,
  TierStatistics,
} from '@pw/cache-models';
import { withDeadline } from '../scheduling/deadline.ts';
import { allOf, inFixedSlices, Slicer } from '../scheduling/slices.ts';
import { WeakRefTimer } from '../scheduling/weak-ref-timer.ts';
import { capTtl } from './cap-ttl.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import { FaultBoundary } from './fault-boundary.ts';
import type { MissedKey } from './missed-writes.ts';
import { UNCONFIRMED_MS } from './unconfirmed-writes.ts';
import { type BegunWrite, type ReplayTarget, WriteJournal } from './write-journal.ts';

/** Closing may take this many deadlines, because a tier may have to store buffered writes. */
const CLOSING_DEADLINES = 6;

/** A key that cannot exist: reading it shows only whether the tier answers. */
const PROBE = '\0pw-cache:probe';

/**
 * What is assumed of a tier that its factory has not made yet: it may contain tokens of an older key, and other
 * processes may write to it.
 */
const UNKNOWN: TierCapabilities = Object.freeze({
  synchronous: false,
  persistent: true,
  shared: true,
  ordered: false,
  countsAccesses: false,
  immediate: false,
  query: false,
  healthHistory: false,
});

/** Notified when a tier goes out of use, and when it comes back. */
export interface TierListener {
  degraded(tier: ManagedTier): void;
  recovered(tier: ManagedTier): void;
}

export interface ManagedTierOptions {
  readonly name: string;
  /** The position of the tier in the stack, from 0. */
  readonly level: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The deadline of each call to an asynchronous tier, in milliseconds. */
  readonly timeoutMs: number;
  /** The longest TTL of an entry in this tier, in milliseconds; `undefined` for no limit. */
  readonly maxTtlMs?: number | undefined;
  readonly listener: TierListener;
}

/** The failure of a tier's factory, and how to call it again. */
export class FailedFactory {
  /** What the factory threw. */
  readonly error: unknown;
  /** Calls the factory again. Rejects if it fails again, or makes something that is not a tier. */
  readonly make: () => Promise<CacheTier>;

  constructor(error: unknown, make: () => Promise<CacheTier>) {
    this.error = error;
    this.make = make;
  }
}

/** Called for each slice of a batch before and after it is stored. */
export interface SliceHooks {
  before?(slice: readonly CacheEntry[]): void;
  after?(slice: readonly CacheEntry[]): void;
}

/**
 * A tier of a stack that never throws, rejects or hangs. It is the owner of four parts that know neither it nor each
 * other:
 *
 * - the *fault boundary* calls the tier; after a fault, the result is that of a miss;
 * - the *circuit breaker* decides whether the tier is used;
 * - the *write journal* remembers the writes that the tier missed;
 * - the *timer* lets the tier recover even if no request reaches it.
 *
 * The tier is not read while the breaker is open, nor for keys that the journal covers: it could return a value that
 * was replaced or deleted. While it is out of use, writes go to the journal. An attempt to recover probes the tier and
 * replays the journal; only then is the breaker closed. A tier whose factory failed is out of use from the beginning,
 * and an attempt to recover calls its factory again.
 */
export class ManagedTier {
  readonly name: string;
  readonly level: number;
  readonly #options: ManagedTierOptions;
  readonly #breaker = new CircuitBreaker();
  readonly #journal = new WriteJournal();
  /** The keys that the journal covers; always the same map. On the hot path only its size is read. */
  readonly #missedKeys: ReadonlyMap<MissedKey, unknown> = this.#journal.missedKeys;
  readonly #timer = new WeakRefTimer<ManagedTier>(this, (tier) => tier.#recoverOnTimer());
  readonly #peekSlices = new Slicer();
  readonly #putSlices = new Slicer();
  readonly #accessSlices = new Slicer();
  /** The tier and its boundary; `undefined` until the factory has made it. */
  #tier: CacheTier | undefined;
  #boundary: FaultBoundary | undefined;
  /** The last failure of the factory, and how often it failed. */
  #factory: FailedFactory | undefined;
  #factoryFailures = 0;
  #onChange: ChangeListener | undefined;
  #unsubscribe: (() => unknown) | undefined;
  #recovery: Promise<void> | undefined;
  #hasWarnedOfRefusal = false;

  constructor(source: CacheTier | FailedFactory, options: ManagedTierOptions) {
    this.name = options.name;
    this.level = options.level;
    this.#options = options;
    if (source instanceof FailedFactory) this.#factory = source;
    else this.#adopt(source);
  }

  /** The tier itself; `undefined` until its factory has made it. */
  get tier(): CacheTier | undefined {
    return this.#tier;
  }

  /** What the tier claims. Of a tier that does not exist yet, the worst is assumed. */
  get capabilities(): TierCapabilities {
    return this.inspect((tier) => tier.capabilities) ?? UNKNOWN;
  }

  /** True if the tier returns values, never promises. */
  get isSynchronous(): boolean {
    return this.#isSynchronous;
  }
  #isSynchronous = false;

  /** True if `get` counts the access in the entry that it returns. */
  get countsAccesses(): boolean {
    return this.#countsAccesses;
  }
  #countsAccesses = false;

  /** True if this tier caps the TTL of its entries. An entry that expired here may still be live in other tiers. */
  get capsTtl(): boolean {
    return this.#options.maxTtlMs !== undefined;
  }

  /** True while the tier takes reads and writes. Checks whether the tier has disabled itself. */
  get isUsable(): boolean {
    this.#checkEnabled();
    return this.#breaker.isClosed;
  }

  /** True while the tier is out of use because of failures. */
  get isDegraded(): boolean {
    return !this.isUsable && this.#breaker.state !== 'stopped';
  }

  /** True if the tier may be read for the key. */
  canRead(key: string): boolean {
    return this.isUsable && !this.#journal.covers(key);
  }

  /** True if the tier missed a write of the key, so that its value must not be used. */
  hasMissed(key: string): boolean {
    return this.#journal.covers(key);
  }

  /** True if the tier may be read for every key: it is in use and has missed nothing. */
  get isUpToDate(): boolean {
    return this.isUsable && this.#journal.isEmpty;
  }

  /** The last error that the tier or its factory threw or rejected with. */
  get lastError(): unknown {
    return this.#boundary?.lastError ?? this.#factory?.error;
  }

  /** A snapshot of the tier's counts. */
  get statistics(): TierStatistics {
    return this.#boundary?.statistics ?? new TierStatistics();
  }

  /** The number of the tier's faults so far; it never decreases. */
  get faults(): number {
    return this.#factoryFailures + (this.#boundary?.faults ?? 0);
  }

  /** Reads a property of the tier; `undefined` if that throws, or if there is no tier yet. */
  inspect<T>(read: (tier: CacheTier) => T): T | undefined {
    return this.#boundary?.inspect(read);
  }

  /** The current time, in epoch milliseconds. */
  now(): number {
    return this.#options.clock.now();
  }

  /** Opens the tier; a failure takes it out of use. Throws the error of the tier or of its factory. */
  async open(): Promise<void> {
    try {
      if (this.#factory !== undefined) throw this.#factory.error;
      await this.#boundary!.withinDeadline(this.#tier!.open());
    } catch (error) {
      if (this.#boundary === undefined) this.#factoryFailures++;
      else this.#boundary.report(error);
      this.#trip();
      throw error;
    }
  }

  /**
   * Reports changes that others make to the tier, if it can; also of a tier that is made later. Returns a function that
   * ends it. At most one listener at a time.
   */
  subscribe(listener: ChangeListener): () => void {
    this.#onChange = listener;
    this.#subscribe();
    return () => {
      this.#onChange = undefined;
      const unsubscribe = this.#unsubscribe;
      if (unsubscribe !== undefined) ignoreRejection(this.inspect(() => unsubscribe()));
    };
  }

  /** The live entry of a key. Counts the access if {@link ManagedTier.countsAccesses}. */
  get(key: string): MaybePromise<CacheEntry | undefined> {
    if (!this.#breaker.isClosed || (this.#missedKeys.size > 0 && this.#journal.covers(key))) return undefined;
    return this.#boundary!.get(key) ?? this.#miss();
  }

  /** The live entry of a key, read without side effects. */
  peek(key: string): MaybePromise<CacheEntry | undefined> {
    if (!this.#breaker.isClosed || (this.#missedKeys.size > 0 && this.#journal.covers(key))) return undefined;
    return this.#boundary!.peek(key) ?? this.#miss();
  }

  /**
   * Checks after a miss whether the tier has disabled itself. That is early enough, because such a tier returns
   * nothing, and every write checks first.
   */
  #miss(): undefined {
    this.#checkEnabled();
  }

  /** The results of `peek` for several keys, in order. A synchronous tier is read in slices. */
  peekMany(keys: readonly string[]): MaybePromise<readonly (CacheEntry | undefined)[]> {
    const peekSlice = (slice: readonly string[]): MaybePromise<readonly (CacheEntry | undefined)[]> => {
      if (!this.isUsable) return slice.map(() => undefined);
      if (this.#journal.isEmpty) return this.#boundary!.peekMany(slice);
      return allOf(slice.map((key) => this.peek(key)));
    };
    return this.isSynchronous ? this.#peekSlices.run(keys, peekSlice) : peekSlice(keys);
  }

  /** The live entries of the tier; a fault or a missed deadline ends the stream. */
  async *entries(): AsyncGenerator<CacheEntry> {
    if (!this.isUsable) return;
    const boundary = this.#boundary!;
    try {
      for await (const entry of boundary.stream(this.#tier!.entries()))
        if (CacheEntry.isCacheEntry(entry)) yield extractUrlCredentials(entry);
    } catch (error) {
      boundary.fault(error);
    }
  }

  /** Removes expired entries and returns their number. */
  cleanupExpired(): MaybePromise<number> {
    return this.isUsable ? this.#boundary!.cleanupExpired() : 0;
  }

  /** Calls any other method of the tier; returns the fallback if the tier is out of use or fails. */
  call<T>(work: (tier: CacheTier) => MaybePromise<T>, fallback: T): MaybePromise<T> {
    if (!this.isUsable) return fallback;
    const boundary = this.#boundary!;
    return boundary.call(
      () => work(this.#tier!),
      fallback,
      (answer) => boundary.validKind(answer, fallback),
    ) as MaybePromise<T>;
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
      return await this.#boundary!.withinDeadline(work(values));
    } catch (error) {
      if (error instanceof CacheValidationError) throw error;
      this.#boundary!.fault(error);
      if (error instanceof CacheError) throw error;
      throw new CacheStorageError(`${name}: a side value cannot be read or stored`, { tier: name });
    }
  }

  /** Stores an entry; a failed write is recorded for replay. */
  put(key: string, entry: CacheEntry): MaybePromise<boolean> {
    const write = this.#journal.begin(key, entry);
    if (!this.#checkAcceptsWrites()) return this.#finish(write, false);
    return this.#boundary!.call<boolean, MaybePromise<boolean>>(
      () => this.#tier!.put(key, this.#capped(entry)),
      false,
      (stored) => this.#finish(write, stored === true),
      { onRefused: (error) => this.#refused(key, error), onLate: (result) => this.#trackLate([key], result) },
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
    const writes = entries.map((entry) => this.#journal.begin(entry.key, entry));
    const finish = (stored: boolean[] | undefined) =>
      writes.map((write, i) => this.#finish(write, stored?.[i] === true));
    if (!this.#checkAcceptsWrites()) return finish(undefined);
    return this.#boundary!.call<boolean[] | undefined, MaybePromise<boolean[]>>(
      () => this.#tier!.putMany(this.capsTtl ? entries.map((entry) => this.#capped(entry)) : entries),
      undefined,
      finish,
      {
        // The tier refuses at least one entry: store them one by one.
        onRefused: () => Promise.all(entries.map((entry) => this.put(entry.key, entry))),
        onLate: (result) => this.#trackLate(keysOf(writes), result),
      },
    );
  }

  /** Removes an entry; true if it existed. A failed removal is recorded for replay. */
  delete(key: string, reason: RemovalReason = RemovalReason.EXPLICIT): MaybePromise<boolean> {
    const write = this.#journal.begin(key, null);
    if (!this.#checkAcceptsWrites()) return this.#finish(write, false);
    const before = this.#boundary!.failures;
    return this.#boundary!.call<boolean | undefined, boolean>(
      () => this.#tier!.delete(key, reason),
      undefined,
      (existed) => this.#finishDelete(write, existed, before),
      { onLate: (result) => this.#trackLate([key], result) },
    );
  }

  /** Removes several entries and returns which of them existed. */
  deleteMany(keys: readonly string[]): MaybePromise<readonly boolean[]> {
    return inFixedSlices(keys, (slice) => this.#deleteSlice(slice));
  }

  #deleteSlice(keys: readonly string[]): MaybePromise<boolean[]> {
    const writes = keys.map((key) => this.#journal.begin(key, null));
    const before = this.#boundary?.failures ?? 0;
    const finish = (existed: boolean[] | undefined) =>
      writes.map((write, i) => this.#finishDelete(write, existed?.[i], before));
    if (!this.#checkAcceptsWrites()) return finish(undefined);
    const onLate = (result: Promise<unknown>) => this.#trackLate(keys, result);
    return this.#boundary!.call(() => this.#tier!.deleteMany(keys), undefined, finish, { onLate });
  }

  /** Removes all entries. */
  clear(): MaybePromise<void> {
    const finish = (hasSucceeded: boolean) => {
      if (this.#journal.finishClear(hasSucceeded)) this.#retrySoon();
    };
    if (!this.isUsable) return finish(false);
    const boundary = this.#boundary!;
    const before = boundary.failures;
    return boundary.call<number | undefined, void>(
      () => this.#tier!.clear(),
      undefined,
      (count) => finish(count !== undefined && !boundary.failedSince(before)),
    );
  }

  /** Stores access updates; those that the tier cannot take now are replayed later. False if the tier failed. */
  async recordAccess(updates: readonly AccessUpdate[]): Promise<boolean> {
    const accepted: AccessUpdate[] = [];
    for (const update of updates) {
      if (this.canRead(update.key)) accepted.push(update);
      else this.#journal.recordAccess(update);
    }
    const before = this.faults;
    const record = (slice: readonly AccessUpdate[]): MaybePromise<readonly AccessUpdate[]> => {
      if (!this.isUsable) return slice;
      return this.#boundary!.call(
        () => this.#tier!.recordAccess(slice),
        undefined,
        () => slice,
      );
    };
    await (this.isSynchronous ? this.#accessSlices.run(accepted, record) : record(accepted));
    return this.faults === before;
  }

  /** Starts an attempt to recover if the tier is out of use, or missed writes, and an attempt is due. */
  recoverIfDue(): void {
    // A healthy tier, which is the usual case, does not need the clock.
    if (!this.#isHealthy() && this.#isRecoveryDue()) void this.#recover(false);
  }

  /** Makes one more attempt to replay what the tier missed, whether it is due or not. */
  async catchUp(): Promise<void> {
    await this.#recovery;
    if (this.#breaker.state !== 'stopped' && this.#journal.hasMissed) await this.#recover(true);
  }

  /**
   * Closes the tier. The circuit breaker is stopped first, so that an operation that is still running cannot open the
   * tier again. Rejects if closing does, or if it takes too long.
   */
  async close(): Promise<void> {
    this.#breaker.stop();
    this.#timer.stop();
    const { name, timeoutMs } = this.#options;
    const closed = this.#tier?.close();
    if (isPromise(closed)) await withDeadline(closed, timeoutMs * CLOSING_DEADLINES, name);
  }

  #adopt(tier: CacheTier): void {
    const { name, level, logger, timeoutMs } = this.#options;
    this.#boundary = new FaultBoundary(tier, { name, level, logger, timeoutMs, onTrip: () => this.#trip() });
    this.#tier = tier;
    this.#isSynchronous = tier.capabilities.synchronous;
    this.#countsAccesses = tier.capabilities.countsAccesses;
    this.#factory = undefined;
    this.#subscribe();
  }

  #subscribe(): void {
    const listener = this.#onChange;
    if (listener === undefined) return;
    const end: unknown = this.inspect((tier) => tier.onChange?.(listener));
    if (typeof end === 'function') this.#unsubscribe = end as () => unknown;
    else ignoreRejection(end);
  }

  #checkEnabled(): void {
    if (this.#breaker.isClosed && this.#boundary?.isEnabled !== true) this.#trip();
  }

  #trip(): void {
    if (this.#breaker.trip(this.now())) this.#noteDegraded();
  }

  #noteDegraded(): void {
    this.#startTimer();
    this.#options.listener.degraded(this);
  }

  #retrySoon(): void {
    this.#breaker.scheduleSoon(this.now());
    if (this.#breaker.isClosed) this.#startTimer();
  }

  /** False while the whole tier is to be cleared: a value written now would be removed with the others. */
  #checkAcceptsWrites(): boolean {
    return this.isUsable && !this.#journal.mustClear;
  }

  #capped(entry: CacheEntry): CacheEntry {
    const { maxTtlMs } = this.#options;
    return maxTtlMs === undefined ? entry : capTtl(entry, maxTtlMs, this.now());
  }

  #finish(write: BegunWrite, hasSucceeded: boolean): boolean {
    // The usual case does not need the clock.
    const now = write.late === undefined ? 0 : this.now();
    if (this.#journal.finish(write, hasSucceeded, now) && this.#breaker.isClosed) this.#retrySoon();
    return hasSucceeded;
  }

  #finishDelete(write: BegunWrite, existed: boolean | undefined, failuresBefore: number): boolean {
    // Without a failure, `false` means that the entry did not exist; with one, the removal may have failed.
    const isGone = existed === true || (existed === false && !this.#boundary!.failedSince(failuresBefore));
    this.#finish(write, isGone);
    return existed === true;
  }

  /** A write that timed out may take effect after a later write: its keys are repaired once it has settled. */
  #trackLate(keys: readonly string[], result: Promise<unknown>): void {
    void this.#journal.trackLate(keys, result, this.now()).then((isAnyMissed) => {
      if (!isAnyMissed || this.#breaker.state === 'stopped') return;
      this.#startTimer();
      this.#breaker.scheduleNow(this.now());
    });
  }

  /** Called if the tier refuses to store an entry: a value that it has for the key is then outdated. */
  #refused(key: string, error: CacheValidationError): MaybePromise<boolean> {
    if (!this.#hasWarnedOfRefusal) {
      this.#hasWarnedOfRefusal = true;
      const facts = { tier: this.name, reason: maskCredentials(error.message) };
      this.#options.logger.warn(facts, 'tier refuses an entry; it is kept in the other tiers');
    }
    const deleted = this.delete(key);
    return isPromise(deleted) ? deleted.then(() => false) : false;
  }

  #isHealthy(): boolean {
    return this.#breaker.isClosed && !this.#journal.hasMissed && this.#boundary?.isEnabled === true;
  }

  /** Checks the tier if an attempt is due; true if there is something to recover. */
  #isRecoveryDue(): boolean {
    if (!this.#breaker.isDue(this.now())) return false;
    this.#checkEnabled();
    return !this.#breaker.isClosed || this.#journal.hasMissed;
  }

  #recoverOnTimer(): void {
    const { state } = this.#breaker;
    if (state === 'stopped' || this.#isHealthy()) return;
    if (this.#isRecoveryDue()) void this.#recover(false);
    else this.#startTimer();
  }

  #startTimer(): void {
    this.#timer.start(this.#breaker.remainingMs(this.now()));
  }

  #recover(force: boolean): Promise<void> {
    this.#recovery = this.#attempt(force);
    return this.#recovery;
  }

  /**
   * Probes the tier and replays what it missed. Leaves out keys with unconfirmed writes, unless `force` is true. Never
   * rejects.
   */
  async #attempt(force: boolean): Promise<void> {
    this.#breaker.begin();
    const target = this.#replayTarget();
    let hasSucceeded: boolean;
    do hasSucceeded = (await this.#probe()) && (await this.#journal.replay(target, () => this.now(), force));
    while (
      // The tier may miss further writes while the last one is being replayed. From this check to the closing of the
      // breaker is one step.
      hasSucceeded &&
      this.#journal.isReplayable(this.now())
    );
    if (!hasSucceeded) {
      if (this.#breaker.fail(this.now())) this.#noteDegraded();
      else if (this.#breaker.state === 'open') this.#startTimer();
      return;
    }
    const isSomethingLeft = !this.#journal.isEmpty;
    const hasRecovered = this.#breaker.succeed(isSomethingLeft ? this.now() + UNCONFIRMED_MS : 0);
    if (this.#breaker.state === 'stopped') return;
    if (isSomethingLeft) this.#startTimer();
    if (hasRecovered) this.#options.listener.recovered(this);
  }

  /** True if the tier exists, is enabled, and answers. */
  async #probe(): Promise<boolean> {
    if (this.#factory !== undefined && !(await this.#makeTier(this.#factory))) return false;
    const tier = this.#tier!;
    const boundary = this.#boundary!;
    if (!(await boundary.attempt(() => tier.resetFailures()))) return false;
    // Both calls are needed, because a tier may hang in only one kind of read.
    if (!(await boundary.attempt(() => tier.has(PROBE)))) return false;
    return boundary.attempt(() => tier.peek(PROBE));
  }

  /** Calls the factory again and opens the tier that it makes. */
  async #makeTier(factory: FailedFactory): Promise<boolean> {
    const { name, timeoutMs } = this.#options;
    try {
      const tier = await factory.make();
      try {
        const opened = tier.open();
        if (isPromise(opened)) await withDeadline(opened, timeoutMs, name);
        // The cache may have been closed meanwhile.
        if (this.#breaker.state === 'stopped') throw new CacheStorageError(`${name}: the cache is closed`);
        this.#adopt(tier);
      } catch (error) {
        await tier.close();
        throw error;
      }
      return true;
    } catch (error) {
      this.#factory = new FailedFactory(error, factory.make);
      this.#factoryFailures++;
      return false;
    }
  }

  /** The tier as the target of a replay. */
  #replayTarget(): ReplayTarget {
    const attempt = (key: string, work: (tier: CacheTier) => MaybePromise<unknown>, onRefused?: () => void) => {
      const onLate = (result: Promise<unknown>) => this.#trackLate([key], result);
      return this.#boundary!.attempt(
        () => work(this.#tier!),
        onRefused === undefined ? { onLate } : { onLate, onRefused },
      );
    };
    const remove = (key: string) => attempt(key, (tier) => tier.delete(key));
    return {
      delete: remove,
      put: async (key, entry) => {
        let isRefused = false;
        const onRefused = () => {
          isRefused = true;
        };
        const isStored = await attempt(key, (tier) => tier.put(key, this.#capped(entry)), onRefused);
        // The value that a tier still has of an entry that it refuses is outdated.
        return isRefused ? remove(key) : isStored;
      },
      clear: () => this.#boundary!.attempt(() => this.#tier!.clear()),
      recordAccess: (updates) => this.#boundary!.attempt(() => this.#tier!.recordAccess(updates)),
    };
  }
}

function keysOf(writes: readonly BegunWrite[]): string[] {
  return writes.map(({ key }) => key);
}
