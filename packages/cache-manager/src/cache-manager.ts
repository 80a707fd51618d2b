import {
  CacheEntry,
  CacheError,
  CacheErrorCode,
  type CacheStatistics,
  type CacheTier,
  type Clock,
  type CredentialCipher,
  type EntryFilter,
  type EntryPage,
  generateCacheKey,
  type HealthCheckResult,
  type HealthHistoryOptions,
  type HealthRecord,
  type Logger,
  type MaybePromise,
  RemovalReason,
  silentLogger,
  systemClock,
} from '@pw/cache-models';
import { chain, checkOneOptionsObject, isPromise, isTooLongKey, promiseOf } from '@pw/cache-models/tier';
import { type CacheLookup, lookupOf, type PutResult } from './cache-answers.ts';
import { checkEntries, checkEntry, checkKey, checkKeys, checkLoad, NO_OPTIONS } from './check-arguments.ts';
import { type DueOptions, HealthChecks } from './health/health-checks.ts';
import { IdentityKey } from './identity/identity-key.ts';
import { type CacheLoader, EntryLoader, type LoadOptions } from './load/entry-loader.ts';
import { type ReencryptOptions, type ReencryptResult, reencrypt } from './maintenance/reencrypt.ts';
import { startBackgroundCleanup, type TtlManager } from './maintenance/ttl-manager.ts';
import type { CacheManagerOptions } from './manager-options.ts';
import type { CacheEventListener, CacheEventName } from './observe/cache-events.ts';
import { quietLogger } from './observe/quiet-logger.ts';
import { Statistics } from './observe/statistics.ts';
import { checkOptions } from './open/check-options.ts';
import { DEFAULT_TIMEOUT_MS, openTiers } from './open/open-tiers.ts';
import { queryStack } from './stack/query-stack.ts';
import { throwTierErrors } from './stack/tier-error-policy.ts';
import { TierStack } from './stack/tier-stack.ts';
import { jitterTtl } from './stack/ttl-jitter.ts';
import {
  type ExportDestination,
  type ExportOptions,
  type ExportResult,
  exportSource,
  exportToFile,
} from './transfer/export/index.ts';
import {
  type FileOrBytes,
  type WarmOptions,
  type WarmResult,
  type WarmTarget,
  warmFromFile,
  warmTarget,
} from './transfer/import/index.ts';
import { type SyncOptions, type SyncResult, type SyncRows, syncFrom } from './transfer/sync/index.ts';

/** What `CacheManager.open` has opened. */
interface CacheParts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly statistics: Statistics;
  readonly stack: TierStack;
}

/**
 * One reliable cache made of any number of tiers. Reads try the tiers from the first to the last and copy a hit into
 * the tiers above; writes go to all tiers. A failing tier is taken out of use until it works again and has caught up.
 * Reads and writes reject only for invalid arguments, after `close`, and for a failing tier with `onTierError:
 * "throw"`.
 *
 * @example
 * ```ts
 * await using cache = await CacheManager.open({ tiers: [new MemoryCacheTier({ maxEntries: 1000 })] });
 * await cache.put(CacheEntry.create({ proxyUrl: 'http://198.51.100.7:8080' }));
 * ```
 */
export class CacheManager implements AsyncDisposable {
  /** The cache key of a proxy URL, identical to ProxyWhirl's. */
  static readonly generateCacheKey = generateCacheKey;

  readonly clock: Clock;
  readonly cipher: CredentialCipher | undefined;
  readonly #options: CacheManagerOptions;
  readonly #statistics: Statistics;
  readonly #stack: TierStack;
  readonly #loader: EntryLoader;
  readonly #health: HealthChecks;
  readonly #identityKey: IdentityKey;
  readonly #logger: Logger;
  readonly #ttl: TtlManager | undefined;
  #closing: Promise<void> | undefined;

  private constructor(options: CacheManagerOptions, { clock, logger, statistics, stack }: CacheParts) {
    this.#options = options;
    this.clock = clock;
    this.cipher = options.cipher;
    this.#statistics = statistics;
    this.#stack = stack;
    this.#logger = logger;
    this.#identityKey = new IdentityKey(stack.tiers, options.cipher, logger);
    this.#loader = new EntryLoader({
      stack,
      clock,
      logger,
      leaseMs: options.loadLeaseMs,
      closeTimeoutMs: options.tierTimeoutMs ?? DEFAULT_TIMEOUT_MS,
      get: (key) => this.get(key),
      getAfterMiss: (key) => this.#getAfterMiss(key),
      put: async (key, entry) => {
        this.#checkEntry(key, entry);
        await this.#withErrorPolicy(() => stack.putLoaded(this.#withJitter(entry)));
      },
    });
    const { failureThreshold = 3, healthCheckInvalidation = true, healthThresholds, healthSchedule } = options;
    this.#health = new HealthChecks(stack, {
      clock,
      removeAfter: healthCheckInvalidation ? failureThreshold : null,
      rules: { thresholds: healthThresholds ?? {}, schedule: healthSchedule ?? {} },
    });
    const cleanupInterval = options.cleanupIntervalSeconds;
    if (cleanupInterval === undefined) return;
    this.#ttl = startBackgroundCleanup(this, cleanupInterval, logger);
  }

  /**
   * Opens a stack of tiers. A tier that cannot be opened starts degraded, unless it is named in `required`. Throws a
   * CacheConfigError that lists all invalid or unknown options before any tier is created, and a CacheConfigError for
   * an invalid stack.
   *
   * @example
   * ```ts
   * const cache = await CacheManager.open({
   *   tiers: [
   *     new MemoryCacheTier({ maxEntries: 1000 }),
   *     // A factory receives the cache's cipher, clock and logger.
   *     { name: 'disk', tier: (context) => new SqliteCacheTier({ ...context, path: 'proxies.db' }) },
   *   ],
   *   cipher: new CredentialEncryptor(),
   * });
   * ```
   */
  static open(options: CacheManagerOptions): Promise<CacheManager>;
  static async open(options: CacheManagerOptions, ...more: readonly unknown[]): Promise<CacheManager> {
    checkOneOptionsObject('CacheManager.open', more, '{ tiers, cipher }');
    checkOptions(options);
    const clock = options.clock ?? systemClock;
    const logger = quietLogger(options.logger ?? silentLogger);
    const statistics = new Statistics(options);
    // Tiers may evict entries while they are being opened; these evictions are not counted.
    let stack: TierStack | undefined;
    const tiers = await openTiers(options, {
      clock,
      logger,
      cipher: options.cipher,
      onEvict: (level) => (key, entry, reason) => stack?.noteEviction(level, key, entry, reason),
      listener: statistics,
    });
    const { maxStalenessMs, onDoubt } = options;
    stack = new TierStack(tiers, statistics, logger, { maxStalenessMs, onDoubt });
    await stack.start();
    statistics.attach(tiers, stack.staleness);
    return new CacheManager(options, { clock, logger, statistics, stack });
  }

  /**
   * The tiers in order. Writing to one directly bypasses the order of the cache's operations. A tier is `undefined` as
   * long as its factory fails; the cache calls the factory again by itself.
   */
  get tiers(): readonly { readonly name: string; readonly tier: CacheTier | undefined }[] {
    return this.#stack.tiers.map(({ name, tier }) => ({ name, tier }));
  }

  /** The background cleanup, if the cache was opened with one. */
  get ttlManager(): TtlManager | undefined {
    return this.#ttl;
  }

  /**
   * The live entry of a key, or `undefined`. Counts the access and copies the entry into the tiers above.
   *
   * @example
   * ```ts
   * const entry = await cache.get(CacheManager.generateCacheKey('http://198.51.100.7:8080'));
   * console.log(entry?.healthStatus);
   * ```
   */
  get(key: string): Promise<CacheEntry | undefined> {
    if (this.#options.onTierError === 'throw') return this.#withErrorPolicy(() => this.#findEntry(key));
    // Not an async function, which would create another object for each call: this is the hot path.
    try {
      this.#check(key);
      const found = this.#stack.reads.get(key);
      if (CacheEntry.isCacheEntry(found)) return promiseOf(found);
      return isPromise(found) ? found.then((entry) => this.#countMiss(entry)) : Promise.resolve(this.#countMiss(found));
    } catch (error) {
      return Promise.reject(error as Error);
    }
  }

  /**
   * Like `get`, and also returns which tier had the entry.
   *
   * @example
   * ```ts
   * const found = await cache.lookup(key);
   * if (found !== undefined) console.log(found.tier, found.ageMs, found.remainingTtlMs);
   * ```
   */
  async lookup(key: string): Promise<CacheLookup | undefined> {
    const hit = await this.#withErrorPolicy(() => this.#find(key));
    return hit === undefined ? undefined : lookupOf(hit, this.clock.now());
  }

  /**
   * The live entry of a key in the first tier, synchronously and without side effects; `undefined` if that tier is
   * asynchronous.
   *
   * @example
   * ```ts
   * const isInMemory = cache.peek(key) !== undefined;
   * ```
   */
  peek(key: string): CacheEntry | undefined {
    this.#check(key);
    const first = this.#stack.tiers[0]!;
    const found = first.isSynchronous ? first.peek(key) : undefined;
    return isPromise(found) ? undefined : found;
  }

  /**
   * True if a tier has a live entry of the key. Counts and copies nothing.
   *
   * @example
   * ```ts
   * if (!(await cache.has(key))) await cache.put(await fetchProxy(key));
   * ```
   */
  async has(key: string): Promise<boolean> {
    this.#check(key);
    return this.#withErrorPolicy(() => this.#stack.has(key));
  }

  /**
   * The live entries found, by key. Equivalent to one `get` for each key, but each tier is called once for all of them.
   *
   * @example
   * ```ts
   * const found = await cache.getMany(['a', 'b']);
   * console.log(found.get('a')?.proxyUrl);
   * ```
   */
  async getMany(keys: readonly string[]): Promise<Map<string, CacheEntry>> {
    const found = await this.#findMany(keys);
    const entries = found.map((hit) => hit?.entry);
    return byKey(keys, entries);
  }

  /**
   * The results of `lookup` for the entries found, by key.
   *
   * @example
   * ```ts
   * for (const [key, { tier }] of await cache.lookupMany(['a', 'b'])) console.log(key, tier);
   * ```
   */
  async lookupMany(keys: readonly string[]): Promise<Map<string, CacheLookup>> {
    const found = await this.#findMany(keys);
    const now = this.clock.now();
    const lookups = found.map((hit) => (hit === undefined ? undefined : lookupOf(hit, now)));
    return byKey(keys, lookups);
  }

  /**
   * The results of `peek` for the keys that the first tier has.
   *
   * @example
   * ```ts
   * console.log(cache.peekMany(['a', 'b']).size);
   * ```
   */
  peekMany(keys: readonly string[]): Map<string, CacheEntry> {
    this.#checkKeys(keys);
    const found = keys.map((key) => this.peek(key));
    return byKey(keys, found);
  }

  /**
   * Stores an entry under its key in every tier; true if at least one stored it. The key may also be given first, as in
   * ProxyWhirl; it must be the entry's own. Rejects with a CacheValidationError for an invalid argument.
   *
   * @example
   * ```ts
   * await cache.put(CacheEntry.create({ proxyUrl: 'http://198.51.100.7:8080' })); // true
   * ```
   */
  put(entry: CacheEntry): Promise<boolean>;
  put(key: string, entry: CacheEntry): Promise<boolean>;
  async put(keyOrEntry: string | CacheEntry, entry?: CacheEntry): Promise<boolean> {
    return (await this.#putChecked(keyOrEntry, entry)).includes(true);
  }

  /**
   * Like `put`, and returns which tiers stored the entry.
   *
   * @example
   * ```ts
   * const { stored, tiers } = await cache.putDetailed(entry);
   * if (stored && !tiers['l3']) console.log('not on disk yet');
   * ```
   */
  putDetailed(entry: CacheEntry): Promise<PutResult>;
  putDetailed(key: string, entry: CacheEntry): Promise<PutResult>;
  async putDetailed(keyOrEntry: string | CacheEntry, entry?: CacheEntry): Promise<PutResult> {
    const stored = await this.#putChecked(keyOrEntry, entry);
    const tiers = Object.fromEntries(this.#stack.tiers.map((tier, i) => [tier.name, stored[i] === true]));
    return { stored: stored.includes(true), tiers };
  }

  /**
   * Stores entries, each under its own key, and returns in the same order which of them at least one tier stored.
   *
   * @example
   * ```ts
   * const stored = await cache.putMany(entries);
   * console.log(stored.filter(Boolean).length);
   * ```
   */
  async putMany(entries: readonly CacheEntry[]): Promise<boolean[]> {
    this.#checkOpen();
    checkEntries(entries);
    return this.#withErrorPolicy(() => this.#stack.putMany(entries.map((entry) => this.#withJitter(entry))));
  }

  /**
   * Removes an entry from every tier; true if it existed in at least one.
   *
   * @example
   * ```ts
   * await cache.delete(key); // true if it existed
   * ```
   */
  async delete(key: string): Promise<boolean> {
    this.#check(key);
    return this.#withErrorPolicy(() => this.#stack.delete(key, RemovalReason.EXPLICIT));
  }

  /**
   * Removes entries and returns in the same order which of them existed.
   *
   * @example
   * ```ts
   * const existed = await cache.deleteMany(['a', 'b']); // such as [true, false]
   * ```
   */
  async deleteMany(keys: readonly string[]): Promise<boolean[]> {
    this.#checkKeys(keys);
    return this.#withErrorPolicy(() => this.#stack.deleteMany(keys));
  }

  /**
   * Clears every tier and returns how many different entries there were.
   *
   * @example
   * ```ts
   * console.log(`${await cache.clear()} entries removed`);
   * ```
   */
  async clear(): Promise<number> {
    this.#checkOpen();
    return this.#withErrorPolicy(() => this.#stack.clear());
  }

  /**
   * Every live key once.
   *
   * @example
   * ```ts
   * for (const key of await cache.keys()) console.log(key);
   * ```
   */
  async keys(): Promise<string[]> {
    this.#checkOpen();
    return this.#stack.keys();
  }

  /**
   * The number of different live entries.
   *
   * @example
   * ```ts
   * console.log(await cache.size());
   * ```
   */
  async size(): Promise<number> {
    return (await this.keys()).length;
  }

  /**
   * Every live entry once, without counting an access or copying anything.
   *
   * @example
   * ```ts
   * for await (const { proxyUrl, source } of cache.entries()) console.log(proxyUrl, source);
   * ```
   */
  entries(): AsyncIterable<CacheEntry> {
    this.#checkOpen();
    return this.#stack.entries();
  }

  /**
   * The entry of a key, loaded if no tier has it. Any number of callers share one load, across processes if a tier
   * supports leases; a failed load rejects for all of them and leaves nothing behind. See {@link LoadOptions} for a
   * signal, a deadline, and stale entries. A loader must not call `getOrLoad` for its own key: it would wait for
   * itself. Rejects with a CacheValidationError if the loaded entry has another key.
   *
   * @example
   * ```ts
   * const entry = await cache.getOrLoad(key, (key, { signal }) => fetchProxy(key, { signal }), { timeoutMs: 2000 });
   * ```
   */
  async getOrLoad(
    key: string,
    loader: CacheLoader,
    options: LoadOptions = NO_OPTIONS,
  ): Promise<CacheEntry | undefined> {
    this.#check(key);
    checkLoad(loader, options);
    options.signal?.throwIfAborted();
    return this.#loader.getOrLoad(key, loader, options);
  }

  /**
   * One page of the entries that match a filter. It comes from the index of the lowest tier, if that tier has one, has
   * no limit, and has missed nothing; otherwise all live entries are read, and `includeExpired` has no effect. Counts
   * and copies nothing. Rejects with a CacheValidationError for an invalid filter.
   *
   * @example
   * ```ts
   * const { entries, cursor } = await cache.query({ labels: { country: 'DE' }, orderBy: 'leastUsed', limit: 10 });
   * ```
   */
  async query(filter: EntryFilter = {}): Promise<EntryPage> {
    this.#checkOpen();
    return queryStack(this.#stack, filter, this.clock.now());
  }

  /**
   * Counts a failure of a proxy and marks it unhealthy; at `failureThreshold` failures it is removed from every tier,
   * unless `healthCheckInvalidation` is false. An unknown key is not an error.
   *
   * @example
   * ```ts
   * await cache.invalidateByHealth(key);
   * ```
   */
  async invalidateByHealth(key: string): Promise<void> {
    this.#check(key);
    return this.#health.invalidate(key);
  }

  /**
   * Stores the result of a health check in every tier, and in the history of each tier that keeps one. Returns the
   * updated entry, or `undefined` if no tier has the key. `healthThresholds` decide when an entry becomes degraded,
   * dead, or healthy again, and `healthSchedule` when it is checked next, whatever the schedule of a tier says. The
   * counts stay exact even if other processes record checks in the same database. Removes nothing. Rejects with a
   * CacheValidationError for an invalid result.
   *
   * @example
   * ```ts
   * await cache.recordHealthCheck(key, {
   *   status: 'healthy',
   *   responseTimeMs: 120,
   *   checkUrl: 'https://example.com',
   * });
   * ```
   */
  async recordHealthCheck(key: string, result: HealthCheckResult): Promise<CacheEntry | undefined> {
    this.#check(key);
    return this.#health.record(key, result);
  }

  /**
   * The health checks of a key, the latest first; an empty list if no tier keeps a history. Rejects with a
   * CacheValidationError for invalid options.
   *
   * @example
   * ```ts
   * for (const { status, responseTimeMs } of await cache.healthHistory(key, { limit: 5 })) console.log(status, responseTimeMs);
   * ```
   */
  async healthHistory(key: string, options?: HealthHistoryOptions): Promise<HealthRecord[]> {
    this.#check(key);
    return this.#health.history(key, options);
  }

  /**
   * The entries that are due for a health check: those never checked first, then those overdue the longest. `limit` is
   * 1 to 10000, default 100. Rejects with a CacheValidationError for invalid options.
   *
   * @example
   * ```ts
   * for (const { key, proxyUrl } of await cache.dueForHealthCheck({ limit: 50 })) console.log(key, proxyUrl);
   * ```
   */
  async dueForHealthCheck(options: DueOptions = {}): Promise<CacheEntry[]> {
    this.#checkOpen();
    return this.#health.due(options, (filter) => this.query(filter));
  }

  /**
   * A snapshot of the counts of all tiers.
   *
   * @example
   * ```ts
   * const { overallHitRate, totalSize } = cache.getStatistics();
   * ```
   */
  getStatistics(): CacheStatistics {
    return this.#statistics.snapshot();
  }

  /**
   * Removes expired entries from every tier and returns the number of removals.
   *
   * @example
   * ```ts
   * console.log(`${await cache.cleanupExpired()} removed`);
   * ```
   */
  async cleanupExpired(): Promise<number> {
    this.#checkOpen();
    return this.#stack.cleanupExpired();
  }

  /**
   * Imports proxies from a file: JSON, JSON Lines, CSV or a plain list. Rows without a TTL get the TTL of their source.
   * An existing entry keeps its health. A row that exceeds a limit (such as 1 MiB per line, see the README) fails
   * alone. Rejects with a CacheValidationError for an invalid option; for `keyIdentity: 'url+credentials'` see {@link
   * WarmOptions.keyIdentity}.
   *
   * @example
   * ```ts
   * const { loaded, failed, problems } = await cache.warmFromFile('proxies.csv', { ttlOverride: 3600 });
   * ```
   */
  async warmFromFile(file: FileOrBytes, options?: WarmOptions): Promise<WarmResult> {
    this.#checkOpen();
    return warmFromFile(this.#warmTarget(), file, options);
  }

  /**
   * Makes the entries of a source match a list. If no entry was removed, {@link SyncResult} contains the reason.
   * Rejects with a CacheValidationError for an invalid argument.
   *
   * @example
   * ```ts
   * const result = await cache.syncFrom('provider', 'provider.txt', { defaultScheme: 'socks5' });
   * ```
   */
  async syncFrom(source: string, rows: SyncRows, options?: SyncOptions): Promise<SyncResult> {
    this.#checkOpen();
    return syncFrom(this.#stack, this.#warmTarget(), source, rows, options);
  }

  /**
   * Writes every entry to a JSON Lines file that `warmFromFile` can import; credentials are sealed by default.
   *
   * @example
   * ```ts
   * const { exported, failed } = await cache.exportToFile('proxies.jsonl', { credentials: 'omit' });
   * ```
   */
  async exportToFile(file: ExportDestination, options?: ExportOptions): Promise<ExportResult> {
    this.#checkOpen();
    return exportToFile(exportSource(this.#stack, this.cipher), file, options);
  }

  /**
   * Reseals every stored token that another key sealed, tier by tier and in batches, while reads and writes continue.
   * After an interruption the next call continues the work. See {@link ReencryptResult} for when the older keys may be
   * dropped. Rejects with a CacheConfigError without a cipher, a CacheValidationError for an invalid option, and the
   * signal's reason.
   *
   * @example
   * ```ts
   * const { reencrypted, complete } = await cache.reencrypt();
   * if (complete) console.log('the older keys may be dropped');
   * ```
   */
  async reencrypt(options?: ReencryptOptions): Promise<ReencryptResult> {
    this.#checkOpen();
    return reencrypt(this.#stack, this.cipher, options);
  }

  /**
   * Adds a listener and returns a function that removes it. Throws a CacheValidationError for an unknown event.
   *
   * @example
   * ```ts
   * const stop = cache.on('degraded', ({ tier }) => console.log(`${tier} is out of use`));
   * stop();
   * ```
   */
  on<E extends CacheEventName>(name: E, listener: CacheEventListener<E>): () => void {
    return this.#statistics.events.on(name, listener);
  }

  /**
   * Writes buffered access counts and closes every tier. Idempotent.
   *
   * @example
   * ```ts
   * await cache.close();
   * ```
   */
  async close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(): Promise<void> {
    this.#ttl?.stop();
    await this.#loader.idle();
    await this.#stack.settle();
    const closed = await Promise.allSettled(this.#stack.tiers.map((tier) => tier.close()));
    this.#statistics.events.removeAll();
    const errors = closed.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
    if (errors.length > 0)
      throw new CacheError('cache manager: not every tier could be closed', { cause: new AggregateError(errors) });
  }

  #warmTarget(): WarmTarget {
    const own = { clock: this.clock, logger: this.#logger, identityKey: this.#identityKey };
    return warmTarget(this.#stack, this.#options, own);
  }

  async #findEntry(key: string): Promise<CacheEntry | undefined> {
    return (await this.#find(key))?.entry;
  }

  async #withErrorPolicy<T>(work: () => T): Promise<Awaited<T>> {
    if (this.#options.onTierError !== 'throw') return await work();
    return throwTierErrors(this.#stack.tiers, work);
  }

  /** The entry with its TTL shortened at random, if that is configured. */
  #withJitter(entry: CacheEntry): CacheEntry {
    const { ttlJitter } = this.#options;
    return ttlJitter === undefined ? entry : jitterTtl(entry, ttlJitter);
  }

  #countMiss<T>(found: T | undefined): T | undefined {
    if (found === undefined) this.#statistics.requestMisses++;
    return found;
  }

  /**
   * Looks for the entry again after a miss, because another process may have loaded it meanwhile. If it has, the miss
   * is no longer counted.
   */
  async #getAfterMiss(key: string): Promise<CacheEntry | undefined> {
    this.#checkOpen();
    if (!(await this.#stack.has(key))) return undefined;
    const entry = await this.#withErrorPolicy(() => this.#stack.reads.get(key));
    if (entry !== undefined) this.#statistics.requestMisses--;
    return entry;
  }

  async #findMany(keys: readonly string[]) {
    this.#checkKeys(keys);
    const hits = await this.#withErrorPolicy(() => this.#stack.reads.findMany(keys));
    for (const hit of hits) this.#countMiss(hit);
    return hits;
  }

  #find(key: string) {
    this.#check(key);
    return chain(this.#stack.reads.find(key), (hit) => this.#countMiss(hit));
  }

  #check(key: unknown): void {
    this.#checkOpen();
    if (typeof key !== 'string' || isTooLongKey(key)) checkKey(key);
  }

  #checkKeys(keys: unknown): void {
    this.#checkOpen();
    checkKeys(keys);
  }

  #putChecked(keyOrEntry: unknown, given: unknown): MaybePromise<boolean[]> {
    const isAlone = given === undefined && CacheEntry.isCacheEntry(keyOrEntry);
    const entry = isAlone ? keyOrEntry : given;
    this.#checkEntry(isAlone ? keyOrEntry.key : keyOrEntry, entry);
    return this.#withErrorPolicy(() => this.#stack.put(this.#withJitter(entry)));
  }

  #checkEntry(key: unknown, entry: unknown): asserts entry is CacheEntry {
    this.#checkOpen();
    checkEntry(key, entry);
  }

  #checkOpen(): void {
    if (this.#closing !== undefined) throw new CacheError('the cache is closed', { code: CacheErrorCode.CLOSED });
  }
}

/** The values found, by key. */
function byKey<T>(keys: readonly string[], found: readonly (T | undefined)[]): Map<string, T> {
  const map = new Map<string, T>();
  for (const [i, value] of found.entries()) if (value !== undefined) map.set(keys[i]!, value);
  return map;
}
