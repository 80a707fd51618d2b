import type { CacheEntry } from '../entry/cache-entry.ts';
import { CacheConfigError, CacheValidationError, type FieldProblem } from '../errors/cache-error.ts';
import { chain, isPromise, type MaybePromise } from '../maybe-promise.ts';
import { isRemovalReason, RemovalReason, TierStatistics } from '../statistics/tier-statistics.ts';
import type { AccessUpdate, CacheTier } from './cache-tier.ts';
import {
  isPlainKey,
  isPlainPut,
  problemOfEntry,
  problemOfKey,
  problemOfKeys,
  problemOfUpdates,
} from './tier-arguments.ts';
import { TierHooks } from './tier-hooks.ts';
import { TierLifecycle, type TierStatus } from './tier-lifecycle.ts';
import type { TierDescription, TierEntries, TierMode, TierOptions, TierResult } from './tier-options.ts';

const NO_REASON: FieldProblem = { path: 'reason', message: `must be ${Object.values(RemovalReason).join(', ')}` };
const NO_ENTRIES: FieldProblem = { path: 'entries', message: 'must be a list of CacheEntries' };
const NO_CIPHER: FieldProblem = {
  path: 'entry',
  message:
    'has credentials, and this tier has no cipher to seal them; pass one, such as new CredentialEncryptor() of @pw/cache-crypto',
};

type Stream = Iterable<CacheEntry> | AsyncIterable<CacheEntry>;

/**
 * The public half of a tier: checks arguments, opens the store on first use, hides expired entries, contains faults and
 * counts. A tier extends it and implements the hooks of {@link TierHooks}; validation, expiry, degradation and
 * statistics come with it.
 *
 * Every public operation passes the same stages: a wrong argument throws (or rejects, in async mode); a tier that is
 * switched off returns the fallback (a miss); a closed tier is opened; the hook runs inside a guard that turns any
 * other error into a counted failure and the fallback. The hot path of `get` does the same without closures. A
 * synchronous tier may have a fast path past all of these stages ({@link TierHooks.fastGet}).
 *
 * @example
 * See `docs/extend/README.md`, and `examples/third-party-tier` for a complete tier.
 */
export abstract class BaseTier<M extends TierMode = 'async'> extends TierHooks<M> implements CacheTier {
  readonly #life: TierLifecycle;
  #lastSize = 0;

  /** Throws a CacheConfigError for a wrong option or description. */
  constructor(options: TierOptions, description: TierDescription<M>) {
    super(options, description);
    if (!this.isSync && (this.fastGet ?? this.fastPut ?? this.fastPeek) !== undefined)
      throw new CacheConfigError(`${this.name}: fastGet, fastPut and fastPeek are for synchronous tiers`);
    // The store of a tier that is disabled by its configuration is never touched.
    const { enabled } = this.config;
    this.#life = new TierLifecycle(
      () => (enabled ? this.doOpen() : undefined),
      () => (enabled ? this.doClose() : undefined),
    );
  }

  /** The state of the tier's lifecycle. */
  get status(): TierStatus {
    return this.#life.status;
  }
  get enabled(): boolean {
    return this.tierHealth.enabled;
  }
  get failureCount(): number {
    return this.tierHealth.failureCount;
  }
  get totalFailures(): number {
    return this.tierHealth.totalFailures;
  }
  get failureThreshold(): number {
    return this.tierHealth.failureThreshold;
  }
  get statistics(): TierStatistics {
    return new TierStatistics({ ...this.counts, currentSize: this.sizeNow() });
  }

  handleFailure(error: unknown): void {
    this.tierHealth.failed(error);
  }
  resetFailures(): void {
    this.tierHealth.reset();
  }

  open(): TierResult<M, void> {
    return this.#answer(this.#life.open());
  }
  close(): TierResult<M, void> {
    return this.#answer(this.#life.close());
  }

  get(key: string): TierResult<M, CacheEntry | undefined> {
    if (this.fastGet !== undefined && isPlainKey(key) && this.#isSound) {
      const found = this.fastGet(key);
      if (found !== null) return found as TierResult<M, CacheEntry | undefined>;
    }
    return this.#answer(this.#get(key));
  }

  /** As {@link CacheTier.getNow}. */
  getNow(key: string): MaybePromise<CacheEntry | undefined> {
    return this.isSync ? this.get(key) : this.#get(key);
  }

  #get(key: string): MaybePromise<CacheEntry | undefined> {
    const problem = problemOfKey(key);
    if (problem !== undefined) return this.#refuse<CacheEntry | undefined>(this.#validationError(problem));
    // The hot path: no closure and, for a value that is available immediately, no promise.
    if (this.#life.isOpen && this.tierHealth.enabled) return this.#lookUp(key);
    return this.#opened<CacheEntry | undefined>(undefined, () => this.#lookUp(key));
  }

  put(key: string, entry: CacheEntry): TierResult<M, boolean> {
    if (this.fastPut !== undefined && isPlainPut(key, entry) && this.#isSound) return this.#putFast(key, entry);
    const wrong = this.#check(key, entry);
    if (wrong !== undefined) return this.#refuse(wrong);
    return this.run(false, () => this.doPut(key, entry, this.clock.now()));
  }

  #putFast(key: string, entry: CacheEntry): TierResult<M, boolean> {
    try {
      return this.fastPut!(key, entry) as TierResult<M, boolean>;
    } catch (error) {
      return this.tierHealth.recover(error, false) as TierResult<M, boolean>;
    }
  }

  delete(key: string, reason: RemovalReason = RemovalReason.EXPLICIT): TierResult<M, boolean> {
    const problem = problemOfKey(key) ?? (isRemovalReason(reason) ? undefined : NO_REASON);
    if (problem !== undefined) return this.#refuse(this.#validationError(problem));
    return this.run(false, () => this.#countRemovals(this.doDelete(key, this.clock.now()), reason));
  }

  has(key: string): TierResult<M, boolean> {
    const problem = problemOfKey(key);
    if (problem !== undefined) return this.#refuse(this.#validationError(problem));
    return this.run(false, () => this.doHas(key, this.clock.now()));
  }

  peek(key: string): TierResult<M, CacheEntry | undefined> {
    if (this.fastPeek !== undefined && isPlainKey(key) && this.#isSound)
      return this.fastPeek(key) as TierResult<M, CacheEntry | undefined>;
    const problem = problemOfKey(key);
    if (problem !== undefined) return this.#refuse(this.#validationError(problem));
    return this.run<CacheEntry | undefined>(undefined, () => {
      const now = this.clock.now();
      const live = (entry: CacheEntry | undefined) => (entry?.isExpiredAt(now) ? undefined : entry);
      return chain(this.doPeek(key, now), live);
    });
  }

  getMany(keys: readonly string[]): TierResult<M, Map<string, CacheEntry>> {
    const problem = problemOfKeys(keys);
    if (problem !== undefined) return this.#refuse(this.#validationError(problem));
    const wanted = this.#copyIfAsync(keys);
    // After a fault of the store, every key is a miss, as it is in `get`.
    let areMisses = false;
    const nothing = new Map<string, CacheEntry>();
    const found = this.run(nothing, () => {
      areMisses = true;
      const now = this.clock.now();
      return chain(this.doGetMany(wanted, now), (map) => {
        areMisses = false;
        return this.#countAndHide(wanted, map, now);
      });
    }) as MaybePromise<Map<string, CacheEntry>>;
    return chain(found, (map) => {
      if (areMisses) this.counts.misses += new Set(wanted).size;
      return map;
    }) as TierResult<M, Map<string, CacheEntry>>;
  }

  putMany(entries: readonly CacheEntry[]): TierResult<M, boolean[]> {
    if (!Array.isArray(entries)) return this.#refuse(this.#validationError(NO_ENTRIES));
    for (const [i, entry] of (entries as readonly CacheEntry[]).entries()) {
      const wrong = this.#check(entry?.key, entry, i);
      if (wrong !== undefined) return this.#refuse(wrong);
    }
    const given = this.#copyIfAsync(entries as readonly CacheEntry[]);
    return this.run(new Array<boolean>(given.length).fill(false), () => this.doPutMany(given, this.clock.now()));
  }

  deleteMany(keys: readonly string[]): TierResult<M, boolean[]> {
    const problem = problemOfKeys(keys);
    if (problem !== undefined) return this.#refuse(this.#validationError(problem));
    const given = this.#copyIfAsync(keys);
    return this.run(new Array<boolean>(given.length).fill(false), () => this.doDeleteMany(given, this.clock.now()));
  }

  clear(): TierResult<M, number> {
    return this.run(0, () => this.doClear(this.clock.now()));
  }

  size(): TierResult<M, number> {
    return this.run(0, () => {
      const size = this.doSize(this.clock.now());
      return isPromise(size) ? size.then((value) => this.#noteSize(value)) : this.#noteSize(size);
    });
  }

  keys(): TierResult<M, string[]> {
    return this.run<string[]>([], () => this.doKeys(this.clock.now()));
  }

  entries(): TierEntries<M> {
    return (this.isSync ? this.#entriesSync() : this.#entriesAsync()) as unknown as TierEntries<M>;
  }

  /**
   * The only operation for which a synchronous tier may return a promise: when it has so much to remove that it would
   * block the event loop.
   */
  cleanupExpired(): TierResult<M, number> | Promise<number> {
    return this.run(0, () => {
      const removed = this.doCleanupExpired(this.clock.now());
      return isPromise(removed) ? removed.then((n) => this.#noteExpired(n)) : this.#noteExpired(removed);
    });
  }

  recordAccess(updates: readonly AccessUpdate[]): TierResult<M, number> {
    const problem = problemOfUpdates(updates);
    if (problem !== undefined) return this.#refuse(this.#validationError(problem));
    const given = this.isSync ? updates : updates.map((update) => ({ ...update }));
    return this.run(0, () => this.doRecordAccess(given, this.clock.now()));
  }

  /**
   * The best size known without waiting. Default: the exact size in sync mode, the last result of `size()` in async
   * mode.
   */
  protected sizeNow(): number {
    if (this.isSync && this.#life.isOpen && this.tierHealth.enabled) {
      void this.#guard(undefined, () => {
        this.#lastSize = this.doSize(this.clock.now()) as number;
      });
    }
    return this.#lastSize;
  }

  /** Counts the result of a lookup as a hit or miss, and hides and removes an expired entry. */
  #seen(key: string, entry: CacheEntry | undefined, now: number): MaybePromise<CacheEntry | undefined> {
    this.tierHealth.succeeded();
    if (entry === undefined) return this.#missed();
    if (!entry.isExpiredAt(now)) {
      this.counts.hits++;
      return entry;
    }
    this.#missed();
    const dropped = this.#dropExpired(key, now);
    return isPromise(dropped) ? dropped.then(() => undefined) : undefined;
  }

  /** True if an operation needs none of the handling of a closed, disabled or failing tier. */
  get #isSound(): boolean {
    return this.#life.isOpen && this.tierHealth.isSound;
  }

  /**
   * Runs an operation of a tier that BaseTier does not have, with the same guarantees as `get` and `put`: the tier is
   * opened first; a tier that is switched off and a fault of the store result in `fallback`.
   */
  protected run<T>(fallback: T, work: () => MaybePromise<T>): TierResult<M, T> {
    return this.#opened(fallback, () => this.#guard(fallback, work));
  }

  /** Like `run`, but in either mode without a promise if the tier is open and the answer needs none. */
  protected runNow<T>(fallback: T, work: () => MaybePromise<T>): MaybePromise<T> {
    return this.#life.isOpen && this.tierHealth.enabled ? this.#guard(fallback, work) : this.run(fallback, work);
  }

  #opened<T>(fallback: T, work: () => MaybePromise<T>): TierResult<M, T> {
    if (!this.tierHealth.enabled) return this.#answer(fallback);
    if (this.#life.isOpen) return this.#answer(work());
    try {
      const opened = this.#life.open();
      if (!isPromise(opened)) return this.#answer(work());
      const later = opened.then(work, (error: unknown) => this.tierHealth.recover(error, fallback));
      return later as TierResult<M, T>;
    } catch (error) {
      return this.#answer(this.tierHealth.recover(error, fallback));
    }
  }

  #guard<T>(fallback: T, work: () => MaybePromise<T>): MaybePromise<T> {
    try {
      const result = work();
      if (!isPromise(result)) {
        this.tierHealth.succeeded();
        return result;
      }
      return result.then(
        (value) => {
          this.tierHealth.succeeded();
          return value;
        },
        (error: unknown) => this.tierHealth.recover(error, fallback),
      );
    } catch (error) {
      return this.tierHealth.recover(error, fallback);
    }
  }

  #answer<T>(value: MaybePromise<T>): TierResult<M, T> {
    return (this.isSync || isPromise(value) ? value : Promise.resolve(value)) as TierResult<M, T>;
  }

  #refuse<T>(error: Error): TierResult<M, T> {
    if (this.isSync) throw error;
    return Promise.reject(error) as TierResult<M, T>;
  }

  /** In async mode the caller could change its list while the operation still reads it. */
  #copyIfAsync<T>(list: readonly T[]): readonly T[] {
    return this.isSync ? list : [...list];
  }

  #validationError(problem: FieldProblem): CacheValidationError {
    const message = `${this.name}: ${problem.path}: ${problem.message}`;
    return new CacheValidationError(message, { tier: this.name, problems: [problem] });
  }

  /** `index` is the position of the entry in a batch. */
  #check(key: unknown, entry: CacheEntry, index?: number): CacheValidationError | undefined {
    const problem = problemOfEntry(key, entry);
    if (problem !== undefined) return this.#validationError(inBatch(problem, index));
    const isRefused = this.capabilities.persistent && this.cipher === undefined && entry.hasCredentials;
    return isRefused ? this.#validationError(inBatch(NO_CIPHER, index)) : undefined;
  }

  #lookUp(key: string): MaybePromise<CacheEntry | undefined> {
    const now = this.clock.now();
    let found: MaybePromise<CacheEntry | undefined>;
    try {
      found = this.doGet(key, now);
    } catch (error) {
      return this.tierHealth.recover(error, this.#missed());
    }
    if (!isPromise(found)) return this.#seen(key, found, now);
    return found.then(
      (entry) => this.#seen(key, entry, now),
      (error: unknown) => this.tierHealth.recover(error, this.#missed()),
    );
  }

  #missed(): undefined {
    this.counts.misses++;
    return undefined;
  }

  #dropExpired(key: string, now: number): MaybePromise<unknown> {
    return this.#guard(undefined, () => {
      const dropped = this.doExpire(key, now);
      this.counts.countRemoval(RemovalReason.TTL);
      return dropped as MaybePromise<undefined>;
    });
  }

  #countAndHide(
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

  #countRemovals(removed: MaybePromise<boolean>, reason: RemovalReason): MaybePromise<boolean> {
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

  *#entriesSync(): Generator<CacheEntry> {
    const now = this.clock.now();
    try {
      const all = this.#opened<Stream | undefined>(undefined, () => this.doEntries(now));
      if (all === undefined) return;
      for (const entry of all as Iterable<CacheEntry>) if (this.#noteRead(entry, now)) yield entry;
      this.tierHealth.succeeded();
    } catch (error) {
      this.tierHealth.recover(error, undefined);
    }
  }

  async *#entriesAsync(): AsyncGenerator<CacheEntry> {
    const now = this.clock.now();
    try {
      const all = await (this.#opened<Stream | undefined>(undefined, () => this.doEntries(now)) as MaybePromise<
        Stream | undefined
      >);
      if (all === undefined) return;
      for await (const entry of all) if (this.#noteRead(entry, now)) yield entry;
      this.tierHealth.succeeded();
    } catch (error) {
      this.tierHealth.recover(error, undefined);
    }
  }

  /** Counts a success, because an entry was read: creating the stream is not one. Returns whether the entry is live. */
  #noteRead(entry: CacheEntry, now: number): boolean {
    this.tierHealth.succeeded();
    return !entry.isExpiredAt(now);
  }
}

/** The problem of an entry, with its path in the batch: `entries[3]`, `entries[3].key`. */
function inBatch({ path, message }: FieldProblem, index: number | undefined): FieldProblem {
  if (index === undefined) return { path, message };
  return { path: `entries[${index}]${path === 'entry' ? '' : `.${path}`}`, message };
}
