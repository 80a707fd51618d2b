import {
  type AccessUpdate,
  type CacheEntry,
  type CacheTier,
  type CacheValidationError,
  chain,
  isPromise,
  type Logger,
  type MaybePromise,
  maskCredentials,
  RemovalReason,
} from '@pw/cache-models';
import { inFixedSlices, Slicer } from '../scheduling/slices.ts';
import { capTtl } from './cap-ttl.ts';
import type { CircuitBreaker } from './circuit-breaker.ts';
import type { FaultBoundary } from './fault-boundary.ts';
import { MissedAccesses } from './missed-accesses.ts';
import { MissedWrites } from './missed-writes.ts';
import { replayMissed } from './replay-missed.ts';
import { isConfirmed, type UnconfirmedWrite, UnconfirmedWrites } from './unconfirmed-writes.ts';

export interface TierWritesContext {
  readonly name: string;
  readonly tier: CacheTier;
  /** True if the tier returns values, never promises. */
  readonly isSynchronous: boolean;
  readonly boundary: FaultBoundary;
  readonly breaker: CircuitBreaker;
  readonly logger: Logger;
  readonly now: () => number;
  /** The longest TTL of an entry in this tier, in milliseconds; `undefined` for no limit. */
  readonly maxTtlMs: number | undefined;
}

/** Called for each slice of a batch before and after it is stored. */
export interface SliceHooks {
  before?(slice: readonly CacheEntry[]): void;
  after?(slice: readonly CacheEntry[]): void;
}

/**
 * The writes of one tier. A write that failed or timed out is recorded and replayed; until then the tier must not be
 * read for its key.
 */
export class TierWrites {
  readonly missed = new MissedWrites();
  readonly #context: TierWritesContext;
  readonly #unconfirmed = new UnconfirmedWrites();
  readonly #accesses = new MissedAccesses();
  readonly #putSlices = new Slicer();
  readonly #accessSlices = new Slicer();
  #hasWarnedOfRefusal = false;

  constructor(context: TierWritesContext) {
    this.#context = context;
  }

  /** True if there is anything to replay. */
  get hasMissed(): boolean {
    return !this.missed.isEmpty || this.#accesses.size > 0;
  }

  /** Stores an entry; a failed write is recorded for replay. */
  put(key: string, entry: CacheEntry): MaybePromise<boolean> {
    const unconfirmed = this.#begin(key, entry);
    if (!this.#checkAcceptsWrites()) {
      this.missed.record(key, entry);
      return false;
    }
    const { boundary, tier } = this.#context;
    return boundary.call<boolean, MaybePromise<boolean>>(
      () => tier.put(key, this.#capped(entry)),
      false,
      (stored) => this.#finishPut(key, entry, stored === true, unconfirmed),
      { onRefused: (error) => this.#refused(key, error), onLate: this.#onLate([key]) },
    );
  }

  /**
   * Stores several entries and returns which of them are stored. Long batches are sliced; for a synchronous tier the
   * hooks are called in the same step in which their slice is stored.
   */
  putMany(entries: readonly CacheEntry[], { before, after }: SliceHooks = {}): MaybePromise<readonly boolean[]> {
    const putSlice = (slice: readonly CacheEntry[]) => {
      before?.(slice);
      return chain(this.putManyInOneStep(slice), (stored) => {
        after?.(slice);
        return stored;
      });
    };
    return this.#context.isSynchronous ? this.#putSlices.run(entries, putSlice) : inFixedSlices(entries, putSlice);
  }

  /** Like `putMany`, without slicing. */
  putManyInOneStep(entries: readonly CacheEntry[]): MaybePromise<boolean[]> {
    const { boundary, tier, maxTtlMs } = this.#context;
    const keys = entries.map((entry) => entry.key);
    const unconfirmed = entries.map((entry) => this.#begin(entry.key, entry));
    const finish = (stored: boolean[] | undefined) =>
      entries.map((entry, i) => this.#finishPut(entry.key, entry, stored?.[i] === true, unconfirmed[i]));
    if (!this.#checkAcceptsWrites()) return finish(undefined);
    return boundary.call<boolean[] | undefined, MaybePromise<boolean[]>>(
      () => tier.putMany(maxTtlMs === undefined ? entries : entries.map((entry) => this.#capped(entry))),
      undefined,
      finish,
      {
        // The tier refuses at least one entry: store them one by one.
        onRefused: () => Promise.all(entries.map((entry) => this.put(entry.key, entry))),
        onLate: this.#onLate(keys),
      },
    );
  }

  /** Removes an entry; true if it existed. A failed removal is recorded for replay. */
  delete(key: string, reason: RemovalReason = RemovalReason.EXPLICIT): MaybePromise<boolean> {
    const unconfirmed = this.#begin(key, null);
    if (!this.#checkAcceptsWrites()) {
      this.missed.record(key, null);
      return false;
    }
    const { boundary, tier } = this.#context;
    const before = boundary.failures;
    return boundary.call<boolean | undefined, boolean>(
      () => tier.delete(key, reason),
      undefined,
      (existed) => this.#finishDelete(key, existed, before, unconfirmed),
      { onLate: this.#onLate([key]) },
    );
  }

  /** Removes several entries and returns which of them existed. */
  deleteMany(keys: readonly string[]): MaybePromise<readonly boolean[]> {
    return inFixedSlices(keys, (slice) => this.#deleteSlice(slice));
  }

  #deleteSlice(keys: readonly string[]): MaybePromise<boolean[]> {
    const { boundary, tier } = this.#context;
    const unconfirmed = keys.map((key) => this.#begin(key, null));
    const before = boundary.failures;
    const finish = (existed: boolean[] | undefined) =>
      keys.map((key, i) => this.#finishDelete(key, existed?.[i], before, unconfirmed[i]));
    if (!this.#checkAcceptsWrites()) return finish(undefined);
    return boundary.call(() => tier.deleteMany(keys), undefined, finish, { onLate: this.#onLate(keys) });
  }

  /** Removes all entries. */
  clear(): MaybePromise<void> {
    const { boundary, tier, breaker } = this.#context;
    const before = boundary.failures;
    this.#accesses.clear();
    const finish = (count: number | undefined) => {
      const isMissed = count === undefined || boundary.failedSince(before);
      this.missed.reset(isMissed);
      for (const key of this.#unconfirmed.supersedeAll()) this.#recordFailure(key, null);
      if (isMissed) breaker.retrySoon();
    };
    if (!this.#checkUsable()) return finish(undefined);
    return boundary.call<number | undefined, void>(() => tier.clear(), undefined, finish);
  }

  /** Stores access updates; those that the tier cannot take now are replayed later. False if the tier failed. */
  async recordAccess(updates: readonly AccessUpdate[]): Promise<boolean> {
    const { boundary, tier } = this.#context;
    const canTake = (key: string): boolean => this.#checkUsable() && !this.missed.covers(key);
    const accepted = updates.filter(({ key }) => canTake(key));
    for (const update of updates) if (!canTake(update.key)) this.#accesses.record(update);
    const before = boundary.faults;
    const record = (slice: readonly AccessUpdate[]): MaybePromise<readonly AccessUpdate[]> =>
      this.#checkUsable()
        ? boundary.call(
            () => tier.recordAccess?.(slice),
            undefined,
            () => slice,
          )
        : slice;
    await (this.#context.isSynchronous ? this.#accessSlices.run(accepted, record) : record(accepted));
    return boundary.faults === before;
  }

  /** Enables the tier again and replays the writes that it missed; see {@link replayMissed}. */
  replay(force: boolean, onDone: () => void): Promise<boolean> {
    const { tier, boundary, now } = this.#context;
    const onLate = (key: string) => this.#onLate([key]);
    const capped = (entry: CacheEntry) => this.#capped(entry);
    const { missed } = this;
    const accesses = this.#accesses;
    const unconfirmed = this.#unconfirmed;
    return replayMissed({ tier, boundary, missed, accesses, unconfirmed, now, capped, onLate }, force, onDone);
  }

  #checkUsable(): boolean {
    const { breaker } = this.#context;
    breaker.check();
    return breaker.isClosed;
  }

  /** False while the whole tier is to be cleared: a value written now would be removed with the others. */
  #checkAcceptsWrites(): boolean {
    return this.#checkUsable() && !this.missed.overflowed;
  }

  #capped(entry: CacheEntry): CacheEntry {
    const { maxTtlMs, now } = this.#context;
    return capTtl(entry, maxTtlMs, now());
  }

  /**
   * Call it when a write of the key begins. The write includes the access count, so missed updates of the key are
   * obsolete.
   */
  #begin(key: string, expected: CacheEntry | null): UnconfirmedWrite | undefined {
    this.#accesses.forget(key);
    return this.#unconfirmed.supersede(key, expected);
  }

  /**
   * The handler for a write that times out: it may take effect after a later write, so its keys are repaired once it
   * has settled.
   */
  #onLate(keys: readonly string[]): (result: Promise<unknown>) => void {
    const { breaker, now } = this.#context;
    return (result) =>
      this.#unconfirmed.track(keys, result, now(), (key, expected) => {
        if (expected === undefined || breaker.isStopped) return;
        this.missed.record(key, expected);
        breaker.retryNow();
      });
  }

  #finishPut(key: string, entry: CacheEntry, stored: boolean, unconfirmed: UnconfirmedWrite | undefined): boolean {
    if (stored && isConfirmed(unconfirmed, this.#context.now())) this.missed.forget(key);
    else this.#recordFailure(key, entry);
    return stored;
  }

  #finishDelete(
    key: string,
    existed: boolean | undefined,
    failuresBefore: number,
    unconfirmed: UnconfirmedWrite | undefined,
  ): boolean {
    const { boundary, now } = this.#context;
    // Without a failure, `false` means that the entry did not exist; with one, the removal may have failed.
    const isGone = existed === true || (existed === false && !boundary.failedSince(failuresBefore));
    if (isGone && isConfirmed(unconfirmed, now())) this.missed.forget(key);
    else this.#recordFailure(key, null);
    return existed === true;
  }

  #recordFailure(key: string, entry: CacheEntry | null): void {
    // If the write has just timed out, it is tracked as unconfirmed and needs its expected value.
    this.#unconfirmed.supersede(key, entry);
    this.missed.record(key, entry);
    this.#context.breaker.retrySoon();
  }

  /** Called if the tier refuses to store an entry: a value that it has for the key is then outdated. */
  #refused(key: string, error: CacheValidationError): MaybePromise<boolean> {
    if (!this.#hasWarnedOfRefusal) {
      this.#hasWarnedOfRefusal = true;
      const { logger, name } = this.#context;
      const facts = { tier: name, reason: maskCredentials(error.message) };
      logger.warn(facts, 'tier refuses an entry; it is kept in the other tiers');
    }
    const deleted = this.delete(key);
    return isPromise(deleted) ? deleted.then(() => false) : false;
  }
}
