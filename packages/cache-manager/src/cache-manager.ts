import {
  type CacheEntry,
  CacheError,
  CacheErrorCode,
  type CacheStatistics,
  type CacheTier,
  type Clock,
  type CredentialCipher,
  chain,
  type EntryFilter,
  type EntryPage,
  generateCacheKey,
  type HealthCheckResult,
  type HealthHistoryOptions,
  type HealthRecord,
  isPromise,
  type Logger,
  type MaybePromise,
  RemovalReason,
} from '@pw/cache-models';
import { byKey } from './by-key.ts';
import type { CacheLookup, PutResult } from './cache-answers.ts';
import { checkEntries, checkEntry, checkKey, checkKeys, checkLoad, NO_OPTIONS } from './check-arguments.ts';
import { type ExportDestination, type ExportOptions, type ExportResult, exportToFile } from './export/index.ts';
import { exportSource, warmTarget } from './file-transfer.ts';
import { type DueOptions, HealthChecks } from './health/health-checks.ts';
import { IdentityKey } from './identity/identity-key.ts';
import { type FileOrBytes, type WarmOptions, type WarmResult, type WarmTarget, warmFromFile } from './import/index.ts';
import { DEFAULT_LEASE_MS } from './load/leased-load.ts';
import { type CacheLoader, type LoadOptions, Loads } from './load/loader.ts';
import { startSweeping } from './maintenance/background-cleanup.ts';
import { type ReencryptOptions, type ReencryptResult, reencrypt } from './maintenance/reencrypt.ts';
import type { TtlManager } from './maintenance/ttl-manager.ts';
import type { CacheManagerOptions } from './manager-options.ts';
import type { CacheEventListener, CacheEventName } from './observe/cache-events.ts';
import type { CacheActivity } from './observe/statistics.ts';
import { type CacheParts, openParts } from './open/open-parts.ts';
import { DEFAULT_TIMEOUT_MS } from './open/open-tiers.ts';
import { queryStack } from './stack/query-stack.ts';
import { heedingTierErrors } from './stack/tier-error-policy.ts';
import { type Hit, TierStack } from './stack/tier-stack.ts';
import { shorten } from './stack/ttl-jitter.ts';
import { type SyncOptions, type SyncResult, type SyncRows, syncFrom } from './sync/index.ts';

/**
 * One reliable cache out of any number of tiers. Reads ask the tiers from the first to the last and copy a hit into the
 * ones above; writes go to all. A tier that fails is left out until it works again and has caught up; reads and writes
 * reject for wrong arguments and after `close` only.
 */
export class CacheManager implements AsyncDisposable {
  /** The bit-compatible cache key of a proxy URL. */
  static readonly generateCacheKey = generateCacheKey;

  readonly clock: Clock;
  readonly cipher: CredentialCipher | undefined;
  readonly #options: CacheManagerOptions;
  readonly #activity: CacheActivity;
  readonly #stack: TierStack;
  readonly #loads: Loads;
  readonly #health: HealthChecks;
  readonly #identityKey: IdentityKey;
  readonly #logger: Logger;
  readonly #ttl: TtlManager | undefined;
  #closing: Promise<void> | undefined;

  private constructor(options: CacheManagerOptions, parts: CacheParts) {
    const { clock, logger, activity, slots } = parts;
    this.#options = options;
    this.clock = clock;
    this.cipher = options.cipher;
    this.#activity = activity;
    this.#stack = new TierStack(slots, activity, logger);
    activity.attach(this.#stack);
    this.#logger = logger;
    this.#identityKey = new IdentityKey(slots, options.cipher, logger);
    this.#loads = new Loads({
      stack: this.#stack,
      clock,
      logger,
      leaseMs: options.loadLeaseMs ?? DEFAULT_LEASE_MS,
      patienceMs: options.tierTimeoutMs ?? DEFAULT_TIMEOUT_MS,
      get: (key) => this.get(key),
      getAfterAll: (key) => this.#getAfterAll(key),
      put: async (key, entry) => {
        this.#checkEntry(key, entry);
        await this.#strictly(() => this.#stack.putLoaded(this.#given(entry)));
      },
    });
    const { failureThreshold = 3, healthCheckInvalidation = true, healthThresholds, healthSchedule } = options;
    this.#health = new HealthChecks(this.#stack, {
      clock,
      removeAfter: healthCheckInvalidation ? failureThreshold : undefined,
      thresholds: healthThresholds ?? {},
      schedule: healthSchedule ?? {},
    });
    const cleanupInterval = options.cleanupIntervalSeconds;
    if (cleanupInterval === undefined) return;
    this.#ttl = startSweeping(this, cleanupInterval, logger);
  }

  /**
   * Opens a stack of tiers. A tier that cannot open is degraded, unless it is named in `required`.
   * Throws a CacheConfigError for a stack that makes no sense, and one that lists all options that are wrong or unknown, before a tier is made.
   */
  static async open(options: CacheManagerOptions): Promise<CacheManager> {
    return new CacheManager(options, await openParts(options));
  }

  /** The tiers, the first one first. Writing to one directly goes past the cache's order. */
  get tiers(): readonly { readonly name: string; readonly tier: CacheTier }[] {
    return this.#stack.slots.map(({ name, tier }) => ({ name, tier }));
  }

  /** The background cleanup, if the cache was opened with one. */
  get ttlManager(): TtlManager | undefined {
    return this.#ttl;
  }

  /** The live entry of a key, or `undefined`. Counts the access and copies the entry into the tiers above. */
  get(key: string): Promise<CacheEntry | undefined> {
    if (this.#options.onTierError === 'throw') return this.#strictly(() => this.#found(key));
    // Not an async function, which would make an object of its own for each call: this is the path that all speed depends on.
    try {
      this.#check(key);
      const found = this.#stack.get(key);
      return isPromise(found) ? found.then((entry) => this.#answered(entry)) : Promise.resolve(this.#answered(found));
    } catch (error) {
      return Promise.reject(error as Error);
    }
  }

  /** As `get`, and tells which tier answered. */
  async lookup(key: string): Promise<CacheLookup | undefined> {
    const hit = await this.#strictly(() => this.#find(key));
    if (hit === undefined) return undefined;
    const { entry, slot } = hit;
    const now = this.clock.now();
    return {
      entry,
      tier: slot.name,
      level: slot.level + 1,
      ageMs: now - entry.fetchTime,
      remainingTtlMs: entry.expiresAt - now,
    };
  }

  /** The live entry of a key in the first tier, at once and without any trace; `undefined` if that tier cannot answer at once. */
  peek(key: string): CacheEntry | undefined {
    this.#check(key);
    const first = this.#stack.slots[0]!;
    const found = first.isSynchronous ? first.look(key) : undefined;
    return isPromise(found) ? undefined : found;
  }

  /** True if a tier holds a live entry of the key. Counts nothing and copies nothing. */
  async has(key: string): Promise<boolean> {
    this.#check(key);
    return this.#strictly(() => this.#stack.has(key));
  }

  /** The live entries found, by key; as one `get` for each. */
  async getMany(keys: readonly string[]): Promise<Map<string, CacheEntry>> {
    this.#checkKeys(keys);
    const found = await this.#strictly(() => Promise.all(keys.map((key) => this.#find(key))));
    const entries = found.map((hit) => hit?.entry);
    return byKey(keys, entries);
  }

  /** What `lookup` tells of each entry found, by key. */
  async lookupMany(keys: readonly string[]): Promise<Map<string, CacheLookup>> {
    this.#checkKeys(keys);
    return byKey(keys, await Promise.all(keys.map((key) => this.lookup(key))));
  }

  /** What `peek` gives for each key that the first tier has. */
  peekMany(keys: readonly string[]): Map<string, CacheEntry> {
    this.#checkKeys(keys);
    const found = keys.map((key) => this.peek(key));
    return byKey(keys, found);
  }

  /** Stores an entry in every tier; true if at least one holds it. Rejects with a CacheValidationError for a wrong argument. */
  async put(key: string, entry: CacheEntry): Promise<boolean> {
    this.#checkEntry(key, entry);
    return (await this.#strictly(() => this.#stack.put(this.#given(entry)))).includes(true);
  }

  /** As `put`, and tells which tiers hold the entry. */
  async putDetailed(key: string, entry: CacheEntry): Promise<PutResult> {
    this.#checkEntry(key, entry);
    const stored = await this.#strictly(() => this.#stack.put(this.#given(entry)));
    const tiers = Object.fromEntries(this.#stack.slots.map((slot, i) => [slot.name, stored[i] === true]));
    return { stored: stored.includes(true), tiers };
  }

  /** Stores entries, each under its own key, and tells in the same order which of them at least one tier holds. */
  async putMany(entries: readonly CacheEntry[]): Promise<boolean[]> {
    this.#checkOpen();
    checkEntries(entries);
    return this.#strictly(() => this.#stack.putMany(entries.map((entry) => this.#given(entry))));
  }

  /** Removes an entry from every tier; true if one of them had it. */
  async delete(key: string): Promise<boolean> {
    this.#check(key);
    return this.#strictly(() => this.#stack.erase(key, RemovalReason.EXPLICIT));
  }

  /** Removes entries and tells in the same order which were there. */
  async deleteMany(keys: readonly string[]): Promise<boolean[]> {
    this.#checkKeys(keys);
    return this.#strictly(() => this.#stack.eraseMany(keys));
  }

  /** Removes everything from every tier and tells how many different entries that were. */
  async clear(): Promise<number> {
    this.#checkOpen();
    return this.#strictly(() => this.#stack.clear());
  }

  /** Every live key once. */
  async keys(): Promise<string[]> {
    this.#checkOpen();
    return this.#stack.keys();
  }

  /** The number of different live entries. */
  async size(): Promise<number> {
    return (await this.keys()).length;
  }

  /** Every live entry once, without counting an access or copying anything. */
  entries(): AsyncIterable<CacheEntry> {
    this.#checkOpen();
    return this.#stack.entries();
  }

  /**
   * The entry of a key, loaded if no tier has it. Any number of callers share one load, in all processes where a tier gives leases;
   * a failed one rejects all of them and leaves nothing behind. See {@link LoadOptions} for a signal, a deadline, and entries near
   * the end of their life. A loader must not ask for its own key here: it would wait for itself. Rejects with a CacheValidationError for a loaded entry of another key.
   */
  async getOrLoad(
    key: string,
    loader: CacheLoader,
    options: LoadOptions = NO_OPTIONS,
  ): Promise<CacheEntry | undefined> {
    this.#check(key);
    checkLoad(loader, options);
    options.signal?.throwIfAborted();
    return this.#loads.getOrLoad(key, loader, options);
  }

  /**
   * One page of the live entries that fit a filter, from the lowest tier if it has an index, no limit, and has missed nothing, else by looking at every entry
   * (expired ones are found by a tier's index alone). Counts and copies nothing. Rejects with a CacheValidationError for a wrong filter.
   */
  async query(filter: EntryFilter = {}): Promise<EntryPage> {
    this.#checkOpen();
    return queryStack(this.#stack, filter, this.clock.now());
  }

  /**
   * Counts a failure of a proxy and marks it unhealthy; at `failureThreshold` failures it is removed from every tier,
   * unless `healthCheckInvalidation` is off. An unknown key is no error.
   */
  async invalidateByHealth(key: string): Promise<void> {
    this.#check(key);
    return this.#health.invalidate(key);
  }

  /**
   * Stores the outcome of a health check in every tier, and in the history of the tier that keeps one; gives the entry as it is
   * now, `undefined` if no tier has it. What makes an entry degraded, dead, or healthy again: `healthThresholds`. Removes
   * nothing. Rejects with a CacheValidationError for a wrong result.
   */
  async recordHealthCheck(key: string, result: HealthCheckResult): Promise<CacheEntry | undefined> {
    this.#check(key);
    return this.#health.record(key, result);
  }

  /** The health checks of a key, newest first; none without a tier that keeps them. Rejects with a CacheValidationError for wrong options. */
  async healthHistory(key: string, options?: HealthHistoryOptions): Promise<HealthRecord[]> {
    this.#check(key);
    return this.#health.history(key, options);
  }

  /**
   * The entries whose next health check is due, those without one first, then the longest overdue. `limit`: 1 to 10000, default 100;
   * rejects with a CacheValidationError for another one.
   */
  async dueForHealthCheck(options: DueOptions = {}): Promise<CacheEntry[]> {
    this.#checkOpen();
    return this.#health.due(options, (filter) => this.query(filter));
  }

  /** A snapshot of the counts of all tiers. */
  getStatistics(): CacheStatistics {
    return this.#activity.statistics();
  }

  /** Removes expired entries from every tier and tells how many removals that were. */
  async cleanupExpired(): Promise<number> {
    this.#checkOpen();
    return this.#stack.cleanupExpired();
  }

  /**
   * Reads proxies from a file: JSON, JSON Lines, CSV or a plain list. Rows that bring no TTL get the one of their source.
   * Importing over an entry keeps its health. Rows over a limit (1 MiB a line, see the README) fail alone. Rejects with a CacheValidationError for a wrong option;
   * with `keyIdentity: 'url+credentials'` as {@link WarmOptions.keyIdentity} says.
   */
  async warmFromFile(file: FileOrBytes, options?: WarmOptions): Promise<WarmResult> {
    this.#checkOpen();
    return warmFromFile(this.#warmTarget(), file, options);
  }

  /** Makes the entries of a source those of a list, and tells why, where it removes none: see {@link SyncResult}. Rejects with a CacheValidationError for a wrong argument. */
  async syncFrom(source: string, rows: SyncRows, options?: SyncOptions): Promise<SyncResult> {
    this.#checkOpen();
    return syncFrom(this.#stack, this.#warmTarget(), source, rows, options);
  }

  /** Writes every entry as it is to a JSON Lines file, which `warmFromFile` reads back; credentials sealed by default. */
  async exportToFile(file: ExportDestination, options?: ExportOptions): Promise<ExportResult> {
    this.#checkOpen();
    return exportToFile(exportSource(this.#stack, this.cipher), file, options);
  }

  /**
   * Seals every stored token again that the current key did not make, tier by tier and in batches, while reads and writes go on. After an
   * interruption the next call goes on. See {@link ReencryptResult} for when the older keys may be dropped.
   * Rejects with a CacheConfigError without a cipher, a CacheValidationError for a wrong option, the signal's reason.
   */
  async reencrypt(options?: ReencryptOptions): Promise<ReencryptResult> {
    this.#checkOpen();
    return reencrypt(this.#stack, this.cipher, options);
  }

  /** Adds a listener; returns a function that removes it. Throws a CacheValidationError for an event that there is not. */
  on<E extends CacheEventName>(name: E, listener: CacheEventListener<E>): () => void {
    return this.#activity.events.on(name, listener);
  }

  /** Writes what is written behind (access counts) and closes every tier. Idempotent. */
  async close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(): Promise<void> {
    this.#ttl?.stop();
    await this.#loads.idle();
    await this.#stack.settle();
    const closed = await Promise.allSettled(this.#stack.slots.map((slot) => slot.close()));
    this.#activity.events.removeAll();
    const errors = closed.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
    if (errors.length > 0)
      throw new CacheError('cache manager: not every tier could be closed', { cause: new AggregateError(errors) });
  }

  #warmTarget(): WarmTarget {
    const own = { clock: this.clock, logger: this.#logger, identityKey: this.#identityKey };
    return warmTarget(this.#stack, this.#options, own);
  }

  async #found(key: string): Promise<CacheEntry | undefined> {
    return (await this.#find(key))?.entry;
  }

  #strictly<T>(work: () => T): Promise<Awaited<T>> {
    return heedingTierErrors(this.#options.onTierError, this.#stack.slots, work);
  }

  /** An entry as it is stored: with its life shortened if that is wanted. */
  #given(entry: CacheEntry): CacheEntry {
    const { ttlJitter } = this.#options;
    return ttlJitter === undefined ? entry : shorten(entry, ttlJitter);
  }

  #answered<T>(found: T | undefined): T | undefined {
    if (found === undefined) this.#activity.requestMisses++;
    return found;
  }

  /** For a request that was counted as a miss, and that another process has answered meanwhile. */
  async #getAfterAll(key: string): Promise<CacheEntry | undefined> {
    this.#checkOpen();
    if (!(await this.#stack.has(key))) return undefined;
    const entry = await this.#strictly(() => this.#stack.get(key));
    if (entry !== undefined) this.#activity.requestMisses--;
    return entry;
  }

  #find(key: string): MaybePromise<Hit | undefined> {
    this.#check(key);
    return chain(this.#stack.find(key), (hit) => this.#answered(hit));
  }

  #check(key: unknown): void {
    this.#checkOpen();
    checkKey(key);
  }

  #checkKeys(keys: unknown): void {
    this.#checkOpen();
    checkKeys(keys);
  }

  #checkEntry(key: unknown, entry: unknown): void {
    this.#checkOpen();
    checkEntry(key, entry);
  }

  #checkOpen(): void {
    if (this.#closing !== undefined) throw new CacheError('the cache is closed', { code: CacheErrorCode.CLOSED });
  }
}
