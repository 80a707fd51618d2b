import {
  type AccessUpdate,
  CacheEntry,
  CacheError,
  CacheStorageError,
  type CacheTier,
  CacheValidationError,
  type Clock,
  extractUrlCredentials,
  isPromise,
  type Logger,
  type MaybePromise,
  type RemovalReason,
  type SideValues,
  type TierStatistics,
} from '@pw/cache-models';
import { withDeadline } from '../scheduling/deadline.ts';
import { allOf, Slicer } from '../scheduling/slices.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import { FaultBoundary } from './fault-boundary.ts';
import type { MissedWrites } from './missed-writes.ts';
import { type SliceHooks, TierWrites } from './tier-writes.ts';

/** Closing may take this many deadlines, because a tier may have to store buffered writes. */
const CLOSING_DEADLINES = 6;

export interface ManagedTierOptions {
  readonly name: string;
  readonly level: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The deadline of each call to an asynchronous tier, in milliseconds. */
  readonly timeoutMs: number;
  /** The longest TTL of an entry in this tier, in milliseconds; `undefined` for no limit. */
  readonly maxTtlMs?: number | undefined;
  readonly onDegraded: (tier: ManagedTier) => void;
  readonly onRecovered: (tier: ManagedTier) => void;
}

/**
 * A tier of a stack behind its fault boundary: if the tier throws, rejects, hangs or returns a malformed answer, the
 * result is that of a miss, and a failure of the tier is counted.
 *
 * The tier is not read while its circuit breaker is open, nor for keys whose last write it missed, or whose late write
 * may still take effect: it could return a value that was replaced or deleted.
 */
export class ManagedTier {
  readonly name: string;
  readonly level: number;
  readonly tier: CacheTier;
  /** True if the tier returns values, never promises. */
  readonly isSynchronous: boolean;
  readonly missed: MissedWrites;
  readonly #options: ManagedTierOptions;
  readonly #boundary: FaultBoundary;
  readonly #breaker: CircuitBreaker;
  readonly #writes: TierWrites;
  readonly #peekSlices = new Slicer();

  constructor(tier: CacheTier, options: ManagedTierOptions) {
    this.tier = tier;
    this.name = options.name;
    this.level = options.level;
    this.#options = options;
    this.isSynchronous = tier.capabilities.synchronous;
    const { name, logger, timeoutMs, maxTtlMs } = options;
    const holdsOnlyOurEntries = options.level === 0 && !tier.capabilities.persistent && !tier.capabilities.shared;
    const now = () => this.now();
    const onTrip = () => this.#breaker.trip();
    this.#boundary = new FaultBoundary(tier, { name, logger, timeoutMs, holdsOnlyOurEntries, onTrip });
    this.#breaker = new CircuitBreaker({
      isEnabled: () => this.#boundary.isEnabled,
      hasMissed: () => this.#writes.hasMissed,
      hasMissedWrites: () => !this.missed.isEmpty,
      replay: (force, onDone) => this.#writes.replay(force, onDone),
      now,
      onDegraded: () => options.onDegraded(this),
      onRecovered: () => options.onRecovered(this),
    });
    const parts = { name, tier, isSynchronous: this.isSynchronous, boundary: this.#boundary, breaker: this.#breaker };
    this.#writes = new TierWrites({ ...parts, logger, now, maxTtlMs });
    this.missed = this.#writes.missed;
  }

  /** True while the tier takes reads and writes. Checks whether the tier has disabled itself. */
  get isUsable(): boolean {
    this.#breaker.check();
    return this.#breaker.isClosed;
  }

  /** True while the tier is out of use because of failures. */
  get isDegraded(): boolean {
    return !this.isUsable && !this.#breaker.isStopped;
  }

  /** True if the tier may be read for the key. */
  canRead(key: string): boolean {
    return this.isUsable && !this.missed.covers(key);
  }

  /** True if the tier may be read for every key: it is in use and has missed nothing. */
  get isUpToDate(): boolean {
    return this.isUsable && this.missed.isEmpty;
  }

  /** The last error that the tier threw or rejected with. */
  get lastError(): unknown {
    return this.#boundary.lastError;
  }

  /** True if this tier caps the TTL of its entries. An entry that expired here may still be live in other tiers. */
  get capsTtl(): boolean {
    return this.#options.maxTtlMs !== undefined;
  }

  /** Reads a property of the tier; `undefined` if that throws. */
  inspect<T>(read: (tier: CacheTier) => T): T | undefined {
    return this.#boundary.inspect(read);
  }

  /** A snapshot of the tier's counts. */
  get statistics(): TierStatistics {
    return this.#boundary.statistics;
  }

  /** The number of the tier's faults so far; it never decreases. */
  get faults(): number {
    return this.#boundary.faults;
  }

  /** Opens the tier; a failure takes it out of use. Throws the tier's error. */
  async open(): Promise<void> {
    try {
      await this.#boundary.withinDeadline(this.tier.open());
    } catch (error) {
      this.#boundary.report(error);
      this.#breaker.trip();
      throw error;
    }
  }

  /** The live entry of a key. */
  get(key: string): MaybePromise<CacheEntry | undefined> {
    return this.canRead(key) ? this.#boundary.get(key) : undefined;
  }

  /** Like `get`, and also counts the access in the entry if the tier can; see {@link ManagedTier.countsAccesses}. */
  touch(key: string): MaybePromise<CacheEntry | undefined> {
    if (!this.#breaker.isClosed || this.missed.covers(key)) return undefined;
    return this.#boundary.touch(key) ?? this.#miss();
  }

  /** True if `touch` counts the access in the entry. */
  get countsAccesses(): boolean {
    return this.tier.touch !== undefined;
  }

  /** The live entry of a key, read with as few side effects as the tier allows. */
  peek(key: string): MaybePromise<CacheEntry | undefined> {
    if (!this.#breaker.isClosed || this.missed.covers(key)) return undefined;
    return this.#boundary.peek(key) ?? this.#miss();
  }

  /**
   * Checks after a miss whether the tier has disabled itself. That is early enough, because such a tier returns
   * nothing, and every write checks first.
   */
  #miss(): undefined {
    this.#breaker.check();
  }

  /** The results of `peek` for several keys, in order. A synchronous tier is read in slices. */
  peekMany(keys: readonly string[]): MaybePromise<readonly (CacheEntry | undefined)[]> {
    const peekSlice = (slice: readonly string[]): MaybePromise<readonly (CacheEntry | undefined)[]> => {
      if (!this.isUsable) return slice.map(() => undefined);
      if (this.missed.isEmpty) return this.#boundary.peekMany(slice);
      return allOf(slice.map((key) => this.peek(key)));
    };
    return this.isSynchronous ? this.#peekSlices.run(keys, peekSlice) : peekSlice(keys);
  }

  /** The current time, in epoch milliseconds. */
  now(): number {
    return this.#options.clock.now();
  }

  /** Stores an entry; a failed write is recorded for replay. */
  put(key: string, entry: CacheEntry): MaybePromise<boolean> {
    return this.#writes.put(key, entry);
  }

  /** See {@link TierWrites.putMany}. */
  putMany(entries: readonly CacheEntry[], hooks?: SliceHooks): MaybePromise<readonly boolean[]> {
    return this.#writes.putMany(entries, hooks);
  }

  /** Like `putMany`, without slicing. */
  putManyInOneStep(entries: readonly CacheEntry[]): MaybePromise<boolean[]> {
    return this.#writes.putManyInOneStep(entries);
  }

  /** Removes an entry; true if it existed. A failed removal is recorded for replay. */
  delete(key: string, reason?: RemovalReason): MaybePromise<boolean> {
    return this.#writes.delete(key, reason);
  }

  /** Removes several entries and returns which of them existed. */
  deleteMany(keys: readonly string[]): MaybePromise<readonly boolean[]> {
    return this.#writes.deleteMany(keys);
  }

  /** Removes all entries. */
  clear(): MaybePromise<void> {
    return this.#writes.clear();
  }

  /** Stores access updates; those that the tier cannot take now are replayed later. False if the tier failed. */
  recordAccess(updates: readonly AccessUpdate[]): Promise<boolean> {
    return this.#writes.recordAccess(updates);
  }

  /** The live entries of the tier; a fault or a missed deadline ends the stream. */
  async *entries(): AsyncGenerator<CacheEntry> {
    if (!this.isUsable) return;
    try {
      for await (const entry of this.#boundary.stream(this.tier.entries()))
        if (CacheEntry.isCacheEntry(entry)) yield extractUrlCredentials(entry);
    } catch (error) {
      this.#boundary.fault(error);
    }
  }

  /** Removes expired entries and returns their number. */
  cleanupExpired(): MaybePromise<number> {
    return this.isUsable ? this.#boundary.cleanupExpired() : 0;
  }

  /** Calls any other method of the tier; returns the fallback if the tier is out of use or fails. */
  call<T>(work: (tier: CacheTier) => MaybePromise<T>, fallback: T): MaybePromise<T> {
    if (!this.isUsable) return fallback;
    return this.#boundary.call(
      () => work(this.tier),
      fallback,
      (answer) => this.#boundary.validKind(answer, fallback),
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
      return await this.#boundary.withinDeadline(work(values));
    } catch (error) {
      if (error instanceof CacheValidationError) throw error;
      this.#boundary.fault(error);
      if (error instanceof CacheError) throw error;
      throw new CacheStorageError(`${name}: a side value cannot be read or stored`, { tier: name });
    }
  }

  /**
   * Closes the tier. The circuit breaker is stopped first, so that an operation that is still running cannot open the
   * tier again. Rejects if closing does, or if it takes too long.
   */
  async close(): Promise<void> {
    this.#breaker.stop();
    const { name, timeoutMs } = this.#options;
    const closed = this.tier.close();
    if (isPromise(closed)) await withDeadline(closed, timeoutMs * CLOSING_DEADLINES, name);
  }

  /** See {@link CircuitBreaker.catchUp}. */
  catchUp(): Promise<void> {
    return this.#breaker.catchUp();
  }

  /** See {@link CircuitBreaker.recoverIfDue}. */
  recoverIfDue(): void {
    this.#breaker.recoverIfDue();
  }
}
