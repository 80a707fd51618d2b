import {
  type CacheEntry,
  CacheStorageError,
  type CacheTier,
  type Clock,
  type Logger,
  type TierCapabilities,
  TierStatistics,
} from '@pw/cache-models';
import { type ChangeListener, ignoreRejection, isPromise } from '@pw/cache-models/tier';
import { withDeadline } from '../scheduling/deadline.ts';
import { WeakRefTimer } from '../scheduling/weak-ref-timer.ts';
import type { ChangeReport } from '../stack/stack-level.ts';
import { capTtl } from './cap-ttl.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import { FailedFactory, UNKNOWN_CAPABILITIES } from './failed-factory.ts';
import { FaultBoundary } from './fault-boundary.ts';
import { GuardedTier } from './guarded-tier.ts';
import { type MissedKey, UNCONFIRMED_MS, WriteJournal } from './write-journal.ts';

/** Closing may take this many deadlines, because a tier may have to store buffered writes. */
const CLOSING_DEADLINES = 6;

/** Notified when a tier goes out of use, and when it comes back. */
export interface TierListener {
  degraded(tier: { readonly name: string }): void;
  recovered(tier: { readonly name: string }): void;
}

export interface ManagedTierOptions {
  readonly name: string;
  /** The position of the tier in the list of tiers, from 0. */
  readonly position: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The deadline of each call to an asynchronous tier, in milliseconds. */
  readonly timeoutMs: number;
  /** The longest TTL of an entry in this tier, in milliseconds; `undefined` for no limit. */
  readonly maxTtlMs?: number | undefined;
  readonly listener: TierListener;
}

/**
 * The state of a tier in a stack: whether it is used, what it missed, and how it comes back. It owns four parts that
 * know neither it nor each other:
 *
 * - the *fault boundary* calls the tier and contains its faults;
 * - the *circuit breaker* decides whether the tier is used;
 * - the *write journal* remembers the writes that the tier missed;
 * - the *timer* lets the tier recover even if no request reaches it.
 *
 * The tier is not read while the breaker is open, nor for keys that the journal covers: it could return a value that
 * was replaced or deleted. While it is out of use, writes go to the journal. An attempt to recover probes the tier and
 * replays the journal; only then is the breaker closed. A tier whose factory failed is out of use from the beginning,
 * and an attempt to recover calls its factory again.
 */
export abstract class RecoverableTier {
  readonly name: string;
  /** The position of the tier in the list of tiers, from 0. */
  readonly position: number;
  /** The position of the tier's level in the stack, from 0. The levels may be in another order than the tiers. */
  level: number;
  protected readonly options: ManagedTierOptions;
  protected readonly breaker = new CircuitBreaker();
  protected readonly journal = new WriteJournal();
  /** The keys that the journal covers; always the same map. On the hot path only its size is read. */
  protected readonly missedKeys: ReadonlyMap<MissedKey, unknown> = this.journal.missedKeys;
  readonly #timer = new WeakRefTimer<RecoverableTier>(this, (tier) => tier.#recoverOnTimer());
  /** True if the tier returns values, never promises. False as long as there is no tier. */
  isSynchronous = false;
  /** True if `get` counts the access in the entry that it returns. False as long as there is no tier. */
  countsAccesses = false;
  /** The tier and its boundary; `undefined` until the factory has made it. */
  #tier: CacheTier | undefined;
  protected boundary: FaultBoundary | undefined;
  /** The last failure of the factory, and how often it failed. */
  #factory: FailedFactory | undefined;
  #factoryFailures = 0;
  /**
   * True if the tier is a cache of the levels below it. An entry that it misses is removed from it, not made up: by
   * then, other processes may have replaced it below.
   */
  protected isCache = false;
  #onChange: ChangeListener | undefined;
  #unsubscribe: (() => unknown) | undefined;
  #recovery: Promise<void> | undefined;

  constructor(source: CacheTier | FailedFactory, options: ManagedTierOptions) {
    this.name = options.name;
    this.position = options.position;
    this.level = options.position;
    this.options = options;
    if (source instanceof FailedFactory) this.#factory = source;
    else this.#adopt(source);
  }

  /** The tier itself; `undefined` until its factory has made it. */
  get tier(): CacheTier | undefined {
    return this.#tier;
  }

  /**
   * From now on, the tier is a durable cache of the levels below it. What it has was stored by earlier runs and may be
   * outdated, so it is not read before it could be emptied.
   */
  useAsCache(): void {
    this.isCache = true;
    this.journal.finishClear(false);
  }

  /** What the tier claims. Of a tier that does not exist yet, the worst is assumed. */
  get capabilities(): TierCapabilities {
    return this.inspect((tier) => tier.capabilities) ?? UNKNOWN_CAPABILITIES;
  }

  /** True if this tier caps the TTL of its entries. An entry that expired here may still be live in other tiers. */
  get capsTtl(): boolean {
    return this.options.maxTtlMs !== undefined;
  }

  /** True while the tier takes reads and writes. Checks whether the tier has disabled itself. */
  get isUsable(): boolean {
    this.checkEnabled();
    return this.breaker.isClosed;
  }

  /** True while the tier is out of use because of failures. */
  get isDegraded(): boolean {
    return !this.isUsable && this.breaker.state !== 'stopped';
  }

  /** True if the tier may be read for the key. */
  canRead(key: string): boolean {
    return this.isUsable && !this.journal.covers(key);
  }

  /** True if the tier missed a write of the key, so that its value must not be used. */
  hasMissed(key: string): boolean {
    return this.journal.covers(key);
  }

  /** True if the tier may be read for every key: it is in use and has missed nothing. */
  get isUpToDate(): boolean {
    return this.isUsable && this.journal.isEmpty;
  }

  /** The last error that the tier or its factory threw or rejected with. */
  get lastError(): unknown {
    return this.boundary?.lastError ?? this.#factory?.error;
  }

  /** A snapshot of the tier's counts. */
  get statistics(): TierStatistics {
    return this.boundary?.statistics ?? new TierStatistics();
  }

  /** The number of the tier's faults so far; it never decreases. */
  get faults(): number {
    return this.#factoryFailures + (this.boundary?.faults ?? 0);
  }

  /** Reads a property of the tier; `undefined` if that throws, or if there is no tier yet. */
  inspect<T>(read: (tier: CacheTier) => T): T | undefined {
    return this.boundary?.inspect(read);
  }

  /** The deadline of each call, in milliseconds. */
  get timeoutMs(): number {
    return this.options.timeoutMs;
  }

  /** The current time, in epoch milliseconds. */
  now(): number {
    return this.options.clock.now();
  }

  /** Opens the tier; a failure takes it out of use. Throws the error of the tier or of its factory. */
  async open(): Promise<void> {
    try {
      if (this.#factory !== undefined) throw this.#factory.error;
      await this.boundary!.withinDeadline(this.#tier!.open());
    } catch (error) {
      if (this.boundary === undefined) this.#factoryFailures++;
      else this.boundary.report(error);
      this.#trip();
      throw error;
    }
  }

  /**
   * Reports changes that others make to the tier, if it can; also of a tier that is made later. Returns a function that
   * ends it. At most one listener at a time.
   */
  subscribe(report: ChangeReport): () => void {
    this.#onChange = (key) => report(typeof key === 'string' ? key : null, Number.POSITIVE_INFINITY);
    this.#subscribe();
    return () => {
      this.#onChange = undefined;
      const unsubscribe = this.#unsubscribe;
      if (unsubscribe !== undefined) ignoreRejection(this.inspect(() => unsubscribe()));
    };
  }

  /** Starts an attempt to recover if the tier is out of use, or missed writes, and an attempt is due. */
  recoverIfDue(): void {
    // A healthy tier, which is the usual case, does not need the clock.
    if (!this.#isHealthy() && this.#isRecoveryDue()) void this.#recover(false);
  }

  /**
   * Makes one more attempt to replay what the tier missed, whether it is due or not; with `isNeeded`, also to bring
   * back a tier that is out of use.
   */
  async catchUp(isNeeded = false): Promise<void> {
    await this.#recovery;
    const hasWork = this.journal.hasMissed || (isNeeded && this.isDegraded);
    if (this.breaker.state !== 'stopped' && hasWork) await this.#recover(true);
  }

  /**
   * Closes the tier. The circuit breaker is stopped first, so that an operation that is still running cannot open the
   * tier again. Rejects if closing does, or if it takes too long.
   */
  async close(): Promise<void> {
    this.breaker.stop();
    this.#timer.stop();
    const { name, timeoutMs } = this.options;
    const closed = this.#tier?.close();
    if (isPromise(closed)) await withDeadline(closed, timeoutMs * CLOSING_DEADLINES, name);
  }

  /** Uses the tier from now on. May throw, and then changes nothing. */
  #adopt(tier: CacheTier): void {
    const { name, position, logger, timeoutMs } = this.options;
    const boundary = new FaultBoundary(tier, { name, position, logger, timeoutMs, onTrip: () => this.#trip() });
    const { synchronous, countsAccesses } = tier.capabilities;
    this.boundary = boundary;
    this.#tier = tier;
    this.isSynchronous = synchronous;
    this.countsAccesses = countsAccesses;
    this.#factory = undefined;
    this.#subscribe();
  }

  #subscribe(): void {
    const listener = this.#onChange;
    if (listener === undefined || !this.capabilities.changes) return;
    const end: unknown = this.inspect((tier) => tier.changes!.subscribe(listener));
    if (typeof end === 'function') this.#unsubscribe = end as () => unknown;
    else ignoreRejection(end);
  }

  protected checkEnabled(): void {
    if (this.breaker.isClosed && this.boundary?.isEnabled !== true) this.#trip();
  }

  #trip(): void {
    if (this.breaker.trip(this.now())) this.#noteDegraded();
  }

  #noteDegraded(): void {
    this.#startTimer();
    this.options.listener.degraded(this);
  }

  protected retrySoon(): void {
    this.breaker.scheduleSoon(this.now());
    if (this.breaker.isClosed) this.#startTimer();
  }

  /** The entry with at most the TTL that the tier allows. */
  capped(entry: CacheEntry): CacheEntry {
    const { maxTtlMs } = this.options;
    return maxTtlMs === undefined ? entry : capTtl(entry, maxTtlMs, this.now());
  }

  /** A write that timed out may take effect after a later write: its keys are repaired once it has settled. */
  protected trackLate(keys: readonly string[], result: Promise<unknown>): void {
    void this.journal.trackLate(keys, result, this.now()).then((isAnyMissed) => {
      if (!isAnyMissed || this.breaker.state === 'stopped') return;
      this.#retryNow();
    });
  }

  /** A `clear` that timed out may still take effect: until it has settled, the tier takes no writes. */
  protected trackLateClear(result: Promise<unknown>): void {
    void this.journal.trackLateClear(result, this.now()).then(() => {
      if (this.breaker.state !== 'stopped') this.#retryNow();
    });
  }

  #retryNow(): void {
    this.breaker.scheduleNow(this.now());
    this.#startTimer();
  }

  #isHealthy(): boolean {
    return this.breaker.isClosed && !this.journal.hasMissed && this.boundary?.isEnabled === true;
  }

  /** Checks the tier if an attempt is due; true if there is something to recover. */
  #isRecoveryDue(): boolean {
    if (!this.breaker.isDue(this.now())) return false;
    this.checkEnabled();
    return !this.breaker.isClosed || this.journal.hasMissed;
  }

  #recoverOnTimer(): void {
    const { state } = this.breaker;
    if (state === 'stopped' || this.#isHealthy()) return;
    if (this.#isRecoveryDue()) void this.#recover(false);
    else this.#startTimer();
  }

  #startTimer(): void {
    this.#timer.start(this.breaker.remainingMs(this.now()));
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
    this.breaker.begin();
    let hasSucceeded: boolean;
    do hasSucceeded = await this.#replay(force);
    while (
      // The tier may miss further writes while the last one is being replayed. From this check to the closing of the
      // breaker is one step.
      hasSucceeded &&
      this.journal.isReplayable(this.now())
    );
    if (!hasSucceeded) {
      if (this.breaker.fail(this.now())) this.#noteDegraded();
      else if (this.breaker.state === 'open') this.#startTimer();
      return;
    }
    const isSomethingLeft = !this.journal.isEmpty;
    const hasRecovered = this.breaker.succeed(isSomethingLeft ? this.now() + UNCONFIRMED_MS : 0);
    if (this.breaker.state === 'stopped') return;
    if (isSomethingLeft) this.#startTimer();
    if (hasRecovered) this.options.listener.recovered(this);
  }

  /** Probes the tier, which its factory may have to make first, and replays the journal. True if both succeeded. */
  async #replay(force: boolean): Promise<boolean> {
    if (this.#factory !== undefined && !(await this.#retryFactory(this.#factory))) return false;
    const target = new GuardedTier(this.#tier!, this.boundary!, {
      write: (keys, result) => this.trackLate(keys, result),
      clear: (result) => this.trackLateClear(result),
    });
    const capped = (entry: CacheEntry) => this.capped(entry);
    return (await target.probe()) && this.journal.replay(target, { now: () => this.now(), capped, force });
  }

  async #retryFactory(factory: FailedFactory): Promise<boolean> {
    const { name, timeoutMs } = this.options;
    const made = await factory.retry(async (tier) => {
      // It may have entries that the base misses: it must neither be emptied nor written without the others.
      if (this.isCache && tier.capabilities.marks)
        throw new CacheStorageError(`${name}: the tier was made too late; it is used from the next opening on`);
      const opened = tier.open();
      if (isPromise(opened)) await withDeadline(opened, timeoutMs, name);
      if (this.breaker.state === 'stopped') throw new CacheStorageError(`${name}: the cache was closed`);
      this.#adopt(tier);
    });
    if (made instanceof FailedFactory) {
      this.#factory = made;
      this.#factoryFailures++;
      return false;
    }
    return true;
  }
}
