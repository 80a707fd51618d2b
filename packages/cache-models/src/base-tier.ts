import { CacheEntry } from './cache-entry.ts';
import { CacheValidationError } from './cache-error.ts';
import {
  type AccessUpdate,
  type CacheTier,
  type EvictionListener,
  TIER_CONTRACT_VERSION,
  type TierCapabilities,
  type TierStatus,
} from './cache-tier.ts';
import { type Clock, systemClock } from './clock.ts';
import type { CredentialCipher } from './credential-cipher.ts';
import { type Logger, silentLogger } from './logger.ts';
import { isPromise, type MaybePromise } from './maybe-promise.ts';
import { type CacheTierConfig, type CacheTierConfigInput, parseTierConfig } from './tier-config.ts';
import { TierHealth } from './tier-health.ts';
import { TierLifecycle } from './tier-lifecycle.ts';
import { inTurn, settle } from './tier-loops.ts';
import type { TierDescription, TierEntries, TierMode, TierOptions, TierResult } from './tier-options.ts';
import { RemovalReason, TierStatistics } from './tier-statistics.ts';
import type { TierType } from './tier-type.ts';

/**
 * The public half of a tier: checks arguments, opens on first use, hides what is expired, guards against faults and
 * counts. A tier extends it and implements the `do…` hooks, which may throw, and may return promises in async mode.
 *
 * Hooks get the time as `now` and see expired records too: BaseTier asks `doExpire` to drop the ones that a read meets.
 * A hook reports a damaged or unopenable record by throwing the codec's error for it (or, inside a loop, by handing it to
 * {@link BaseTier.passOver}); everything else that it throws counts as a failure of the tier.
 */
export abstract class BaseTier<M extends TierMode = 'async'> implements CacheTier {
  readonly name: string;
  readonly tierType: TierType;
  readonly config: CacheTierConfig;
  readonly capabilities: TierCapabilities;
  readonly contractVersion: number = TIER_CONTRACT_VERSION;

  protected readonly clock: Clock;
  protected readonly logger: Logger;
  protected readonly cipher: CredentialCipher | undefined;
  /** The running counts; `statistics` gives a copy. */
  protected readonly counts = new TierStatistics();

  readonly #sync: boolean;
  readonly #onEvict: EvictionListener | undefined;
  readonly #health: TierHealth;
  readonly #life: TierLifecycle;
  #lastSize = 0;

  /** Throws a CacheConfigError for a wrong configuration. */
  constructor(config: CacheTierConfigInput, options: TierOptions, description: TierDescription<M>) {
    this.config = parseTierConfig(config);
    this.tierType = options.tierType ?? description.tierType;
    this.name = options.name ?? this.tierType;
    this.#sync = description.mode === 'sync';
    this.capabilities = Object.freeze({ ...description.capabilities, synchronous: this.#sync });
    this.clock = options.clock ?? systemClock;
    this.logger = options.logger ?? silentLogger;
    this.cipher = options.cipher;
    this.#onEvict = options.onEvict;
    this.#health = new TierHealth(
      this.name,
      this.config.enabled,
      options.failureThreshold ?? 3,
      this.counts,
      this.logger,
    );
    this.#life = new TierLifecycle(
      () => this.doOpen(),
      () => this.doClose(),
    );
  }

  get status(): TierStatus {
    return this.#life.status;
  }
  get enabled(): boolean {
    return this.#health.enabled;
  }
  get failureCount(): number {
    return this.#health.failureCount;
  }
  get failureThreshold(): number {
    return this.#health.failureThreshold;
  }
  get statistics(): TierStatistics {
    return new TierStatistics({ ...this.counts, currentSize: this.sizeNow() });
  }

  handleFailure(error: unknown): void {
    this.#health.failed(error);
  }
  resetFailures(): void {
    this.#health.reset();
  }

  open(): TierResult<M, void> {
    return this.#answer(this.#life.open());
  }
  close(): TierResult<M, void> {
    return this.#answer(this.#life.close());
  }

  get(key: string): TierResult<M, CacheEntry | undefined> {
    if (typeof key !== 'string') return this.#refuse(this.#problem('key', 'must be a text'));
    // The hot path: no closure, no promise, one call of the hook.
    if (this.#sync && this.#life.isOpen && this.#health.enabled)
      return this.#lookUp(key) as TierResult<M, CacheEntry | undefined>;
    return this.#run<CacheEntry | undefined>(undefined, () => this.#lookUp(key));
  }

  put(key: string, entry: CacheEntry): TierResult<M, boolean> {
    const wrong = this.#check(key, entry);
    if (wrong !== undefined) return this.#refuse(wrong);
    return this.#run(false, () => this.doPut(key, entry, this.clock.now()));
  }

  delete(key: string, reason: RemovalReason = RemovalReason.EXPLICIT): TierResult<M, boolean> {
    if (typeof key !== 'string') return this.#refuse(this.#problem('key', 'must be a text'));
    return this.#run(false, () => this.#counted(this.doDelete(key, this.clock.now()), reason));
  }

  has(key: string): TierResult<M, boolean> {
    if (typeof key !== 'string') return this.#refuse(this.#problem('key', 'must be a text'));
    return this.#run(false, () => this.doHas(key, this.clock.now()));
  }

  getMany(keys: readonly string[]): TierResult<M, Map<string, CacheEntry>> {
    return this.#run(new Map<string, CacheEntry>(), () => {
      const now = this.clock.now();
      const found = this.doGetMany(keys, now);
      return isPromise(found) ? found.then((map) => this.#seenMany(keys, map, now)) : this.#seenMany(keys, found, now);
    });
  }

  putMany(entries: readonly CacheEntry[]): TierResult<M, boolean[]> {
    for (const entry of entries) {
      const wrong = this.#check(entry?.key, entry);
      if (wrong !== undefined) return this.#refuse(wrong);
    }
    return this.#run(new Array<boolean>(entries.length).fill(false), () => this.doPutMany(entries, this.clock.now()));
  }

  deleteMany(keys: readonly string[]): TierResult<M, boolean[]> {
    return this.#run(new Array<boolean>(keys.length).fill(false), () => this.doDeleteMany(keys, this.clock.now()));
  }

  clear(): TierResult<M, number> {
    return this.#run(0, () => this.doClear(this.clock.now()));
  }

  size(): TierResult<M, number> {
    return this.#run(0, () => {
      const size = this.doSize(this.clock.now());
      return isPromise(size) ? size.then((value) => this.#noteSize(value)) : this.#noteSize(size);
    });
  }

  keys(): TierResult<M, string[]> {
    return this.#run<string[]>([], () => this.doKeys(this.clock.now()));
  }

  entries(): TierEntries<M> {
    return (this.#sync ? this.#entriesNow() : this.#entriesLater()) as unknown as TierEntries<M>;
  }

  cleanupExpired(): TierResult<M, number> {
    return this.#run(0, () => {
      const removed = this.doCleanupExpired(this.clock.now());
      return isPromise(removed) ? removed.then((n) => this.#noteExpired(n)) : this.#noteExpired(removed);
    });
  }

  recordAccess(updates: readonly AccessUpdate[]): TierResult<M, number> {
    return this.#run(0, () => this.doRecordAccess(updates, this.clock.now()));
  }

  // Hooks. `now` is epoch milliseconds. What they return may be a promise in async mode only.

  /** Opens the store. A throw leaves the tier closed; the next use tries again. */
  protected doOpen(): MaybePromise<void> {}
  /** Closes the store, with everything acknowledged written. */
  protected doClose(): MaybePromise<void> {}
  /** The record of a key, expired or not. */
  protected abstract doGet(key: string, now: number): MaybePromise<CacheEntry | undefined>;
  /** Stores a checked entry and makes room for it, expired entries first; reports what had to go to `evicted`. */
  protected abstract doPut(key: string, entry: CacheEntry, now: number): MaybePromise<boolean>;
  /** Removes a record; true if a live one was there. */
  protected abstract doDelete(key: string, now: number): MaybePromise<boolean>;
  /** Removes all records and tells how many live ones there were. */
  protected abstract doClear(now: number): MaybePromise<number>;
  /** The number of live records. */
  protected abstract doSize(now: number): MaybePromise<number>;
  /** The keys of the live records. */
  protected abstract doKeys(now: number): MaybePromise<string[]>;
  /** True if a live record is there, without counting or reordering. */
  protected abstract doHas(key: string, now: number): MaybePromise<boolean>;
  /** All records; BaseTier leaves out the expired ones. */
  protected abstract doEntries(now: number): Iterable<CacheEntry> | AsyncIterable<CacheEntry>;
  /** Removes every record with `expiresAt <= now` and tells how many. */
  protected abstract doCleanupExpired(now: number): MaybePromise<number>;

  /** Drops a record that a read found expired, unless it was replaced since. Default: `doDelete`. */
  protected doExpire(key: string, now: number): MaybePromise<unknown> {
    return this.doDelete(key, now);
  }
  /** The records found, expired ones too. Default: one `doGet` after the other. */
  protected doGetMany(keys: readonly string[], now: number): MaybePromise<Map<string, CacheEntry>> {
    const found = new Map<string, CacheEntry>();
    const take = (key: string) =>
      settle(
        () => this.doGet(key, now),
        (entry) => entry && found.set(key, entry),
        (error) => this.passOver(error),
      );
    const done = inTurn(this.#sync, keys, take);
    return isPromise(done) ? done.then(() => found) : found;
  }
  /** Default: one `doPut` after the other. */
  protected doPutMany(entries: readonly CacheEntry[], now: number): MaybePromise<boolean[]> {
    return inTurn(this.#sync, entries, (entry) => this.doPut(entry.key, entry, now));
  }
  /** Default: one `doDelete` after the other. */
  protected doDeleteMany(keys: readonly string[], now: number): MaybePromise<boolean[]> {
    return inTurn(this.#sync, keys, (key) => this.doDelete(key, now));
  }
  /** Stores access metadata. Default: keeps none. */
  protected doRecordAccess(_updates: readonly AccessUpdate[], _now: number): MaybePromise<number> {
    return 0;
  }
  /** The best size known without waiting. Default: the exact one in sync mode, the last answer of `size()` otherwise. */
  protected sizeNow(): number {
    if (this.#sync && this.#life.isOpen && this.#health.enabled) {
      try {
        this.#lastSize = this.doSize(this.clock.now()) as number;
      } catch (error) {
        this.#health.recover(error, undefined);
      }
    }
    return this.#lastSize;
  }

  // What hooks may call.

  /** Counts an entry that had to go and tells the listener, whose errors are logged and dropped. */
  protected evicted(key: string, entry: CacheEntry, reason: RemovalReason): void {
    this.counts.countRemoval(reason);
    if (this.#onEvict === undefined) return;
    try {
      this.#onEvict(key, entry, reason);
    } catch {
      this.logger.warn({ tier: this.name, reason }, 'an onEvict listener threw; ignored');
    }
  }

  /** Inside a loop over records: counts and logs a damaged or unopenable one; throws any other error again. */
  protected passOver(error: unknown): void {
    this.#health.recover(error, undefined, false);
  }

  // The machinery.

  /** Runs an operation on an open, enabled tier; otherwise, and after a fault, answers with the fallback. */
  #run<T>(fallback: T, work: () => MaybePromise<T>): TierResult<M, T> {
    if (!this.#health.enabled) return this.#answer(fallback);
    if (this.#life.isOpen) return this.#answer(this.#guard(fallback, work));
    return this.#answer(
      this.#guard(fallback, () => {
        const opened = this.#life.open();
        return isPromise(opened) ? opened.then(work) : work();
      }),
    );
  }

  #guard<T>(fallback: T, work: () => MaybePromise<T>): MaybePromise<T> {
    try {
      const result = work();
      if (isPromise(result)) {
        return result.then(
          (value) => {
            this.#health.succeeded();
            return value;
          },
          (error: unknown) => this.#health.recover(error, fallback),
        );
      }
      this.#health.succeeded();
      return result;
    } catch (error) {
      return this.#health.recover(error, fallback);
    }
  }

  #answer<T>(value: MaybePromise<T>): TierResult<M, T> {
    return (this.#sync || isPromise(value) ? value : Promise.resolve(value)) as TierResult<M, T>;
  }

  #refuse<T>(error: Error): TierResult<M, T> {
    if (this.#sync) throw error;
    return Promise.reject(error) as TierResult<M, T>;
  }

  #problem(path: string, message: string): CacheValidationError {
    return new CacheValidationError(`${this.name}: ${path}: ${message}`, {
      tier: this.name,
      problems: [{ path, message }],
    });
  }

  #check(key: unknown, entry: unknown): CacheValidationError | undefined {
    if (!CacheEntry.isCacheEntry(entry))
      return this.#problem('entry', 'must be a CacheEntry; make one with CacheEntry.create()');
    if (typeof key !== 'string' || key === '') return this.#problem('key', 'must be a non-empty text');
    if (key !== entry.key) return this.#problem('key', 'must be the key of the entry');
    if (!this.capabilities.persistent || this.cipher !== undefined || !entry.hasCredentials) return undefined;
    return this.#problem(
      'entry',
      'has credentials, and this tier has no cipher to seal them; give it one, such as new CredentialEncryptor() of @pw/cache-crypto',
    );
  }

  #lookUp(key: string): MaybePromise<CacheEntry | undefined> {
    const now = this.clock.now();
    let found: MaybePromise<CacheEntry | undefined>;
    try {
      found = this.doGet(key, now);
    } catch (error) {
      return this.#health.recover(error, this.#missed());
    }
    if (!isPromise(found)) return this.#seen(key, found, now);
    return found.then(
      (entry) => this.#seen(key, entry, now),
      (error: unknown) => this.#health.recover(error, this.#missed()),
    );
  }

  #missed(): undefined {
    this.counts.misses++;
    return undefined;
  }

  #seen(key: string, entry: CacheEntry | undefined, now: number): MaybePromise<CacheEntry | undefined> {
    this.#health.succeeded();
    if (entry === undefined) return this.#missed();
    if (!entry.isExpiredAt(now)) {
      this.counts.hits++;
      return entry;
    }
    this.#missed();
    const dropped = this.#dropExpired(key, now);
    return isPromise(dropped) ? dropped.then(() => undefined) : undefined;
  }

  #dropExpired(key: string, now: number): MaybePromise<unknown> {
    return this.#guard(undefined, () => {
      const dropped = this.doExpire(key, now);
      this.counts.countRemoval(RemovalReason.TTL);
      return dropped;
    });
  }

  #seenMany(
    keys: readonly string[],
    found: Map<string, CacheEntry>,
    now: number,
  ): MaybePromise<Map<string, CacheEntry>> {
    const drops: MaybePromise<unknown>[] = [];
    for (const [key, entry] of found) {
      if (!entry.isExpiredAt(now)) continue;
      found.delete(key);
      drops.push(this.#dropExpired(key, now));
    }
    this.counts.hits += found.size;
    this.counts.misses += new Set(keys).size - found.size;
    return drops.some(isPromise) ? Promise.all(drops).then(() => found) : found;
  }

  #counted(removed: MaybePromise<boolean>, reason: RemovalReason): MaybePromise<boolean> {
    const count = (was: boolean): boolean => {
      if (was) this.counts.countRemoval(reason);
      return was;
    };
    return isPromise(removed) ? removed.then(count) : count(removed);
  }

  #noteSize(size: number): number {
    this.#lastSize = size;
    return size;
  }

  #noteExpired(count: number): number {
    this.counts.countRemoval(RemovalReason.TTL, count);
    return count;
  }

  *#entriesNow(): Generator<CacheEntry> {
    const now = this.clock.now();
    const all = this.#run<Iterable<CacheEntry>>(
      [],
      () => this.doEntries(now) as Iterable<CacheEntry>,
    ) as Iterable<CacheEntry>;
    for (const entry of all) if (!entry.isExpiredAt(now)) yield entry;
  }

  async *#entriesLater(): AsyncGenerator<CacheEntry> {
    const now = this.clock.now();
    type Stream = Iterable<CacheEntry> | AsyncIterable<CacheEntry>;
    const all = await (this.#run<Stream>([], () => this.doEntries(now)) as MaybePromise<Stream>);
    for await (const entry of all) if (!entry.isExpiredAt(now)) yield entry;
  }
}
