import type { CacheTierConfig } from '../config/tier-config.ts';
import type { CacheEntry } from '../entry/cache-entry.ts';
import { calmLogger, type Logger, silentLogger } from '../logger.ts';
import { isPromise, type MaybePromise } from '../maybe-promise.ts';
import type { CredentialCipher } from '../secrets/secret.ts';
import { type RemovalReason, TierStatistics } from '../statistics/tier-statistics.ts';
import { type Clock, systemClock } from '../time/clock.ts';
import {
  type AccessUpdate,
  type EvictionListener,
  TIER_CONTRACT_VERSION,
  type TierCapabilities,
} from './cache-tier.ts';
import { TierHealth } from './tier-health.ts';
import { mapInTurn, settle } from './tier-loops.ts';
import {
  completeCapabilities,
  parseTierOptions,
  type TierDescription,
  type TierMode,
  type TierOptions,
} from './tier-options.ts';
import type { TierType } from './tier-type.ts';

/**
 * The private half of a tier: the hooks that an implementation provides (`do…`) and the members that it may use. Hooks
 * get the time as `now` (epoch milliseconds), may throw, and may return promises in async mode only. They also see
 * expired records, which BaseTier hides.
 *
 * A hook reports a damaged or unreadable record by throwing the codec's error or, inside a loop, by passing the error
 * to {@link TierHooks.passOver}; any other error counts as a failure of the tier.
 */
export abstract class TierHooks<M extends TierMode> {
  readonly name: string;
  readonly tierType: TierType;
  readonly config: CacheTierConfig;
  readonly capabilities: TierCapabilities;
  readonly contractVersion: number = TIER_CONTRACT_VERSION;

  protected readonly clock: Clock;
  protected readonly logger: Logger;
  protected readonly cipher: CredentialCipher | undefined;
  /** The running counts; `statistics` returns a copy. */
  protected readonly counts = new TierStatistics();
  /** True in sync mode: every hook returns a value. */
  protected readonly isSync: boolean;
  /** @internal The failure count and on/off state; used by BaseTier only. */
  protected readonly tierHealth: TierHealth;

  readonly #onEvict: EvictionListener | undefined;

  /** Throws a CacheConfigError for a wrong option or description. */
  constructor(options: TierOptions, description: TierDescription<M>) {
    this.config = parseTierOptions(options, description);
    this.tierType = options.tierType ?? description.tierType;
    this.name = options.name ?? this.tierType;
    this.isSync = description.mode === 'sync';
    this.capabilities = completeCapabilities(description);
    this.clock = options.clock ?? systemClock;
    this.logger = calmLogger(options.logger ?? silentLogger);
    this.cipher = options.cipher;
    this.#onEvict = options.onEvict;
    const { failureThreshold = 3 } = options;
    this.tierHealth = new TierHealth(this.name, this.config.enabled, failureThreshold, this.counts, this.logger);
  }

  /** Opens the store. If it throws, the tier stays closed, and the next use tries again. */
  protected doOpen(): MaybePromise<void> {}
  /** Closes the store, after all acknowledged writes are stored. */
  protected doClose(): MaybePromise<void> {}
  /** The record of a key, expired or not. */
  protected abstract doGet(key: string, now: number): MaybePromise<CacheEntry | undefined>;
  /**
   * Stores a validated entry. Makes room for it if necessary, expired entries first, and reports each evicted live
   * entry to `evicted`.
   */
  protected abstract doPut(key: string, entry: CacheEntry, now: number): MaybePromise<boolean>;
  /** Removes a record. True if a live one was there. */
  protected abstract doDelete(key: string, now: number): MaybePromise<boolean>;
  /** Removes all records. Returns how many live ones there were. */
  protected abstract doClear(now: number): MaybePromise<number>;
  /** The number of live records. */
  protected abstract doSize(now: number): MaybePromise<number>;
  /** The keys of the live records. */
  protected abstract doKeys(now: number): MaybePromise<string[]>;
  /** True if a live record is there, without counting or reordering. */
  protected abstract doHas(key: string, now: number): MaybePromise<boolean>;
  /** All records; BaseTier skips the expired ones. */
  protected abstract doEntries(now: number): Iterable<CacheEntry> | AsyncIterable<CacheEntry>;
  /** Removes every record with `expiresAt <= now`. Returns how many. */
  protected abstract doCleanupExpired(now: number): MaybePromise<number>;

  /**
   * The fast path of `get` in a synchronous tier, for stores in memory, where the stages of BaseTier would take longer
   * than the lookup. Called only with a valid key, and only while the tier is open, on, and without a failure since its
   * last success. Returns the live entry, counted as a hit, or `undefined`, counted as a miss; `null` for anything
   * else, such as an expired entry, which then takes the usual path. Must not throw. Default: there is none.
   */
  protected fastGet?(key: string): CacheEntry | undefined | null;
  /**
   * The fast path of `put`, under the same conditions, and only for an entry of this package under its own key. It may
   * throw, like `doPut`. A persistent tier, which must check credentials, has none.
   */
  protected fastPut?(key: string, entry: CacheEntry): boolean;
  /** The fast path of `peek`, under the conditions of `fastGet`: the live entry, or `undefined`. Must not throw. */
  protected fastPeek?(key: string): CacheEntry | undefined;

  /** Removes a record that a read found expired, unless it was replaced since. Default: `doDelete`. */
  protected doExpire(key: string, now: number): MaybePromise<unknown> {
    return this.doDelete(key, now);
  }

  /**
   * The record of a key, expired or not, without changing the eviction order or counting an access. Default: `doGet`,
   * so a tier that counts accesses needs its own.
   */
  protected doPeek(key: string, now: number): MaybePromise<CacheEntry | undefined> {
    return this.doGet(key, now);
  }

  /** The records found, including expired ones. Default: one `doGet` after the other. */
  protected doGetMany(keys: readonly string[], now: number): MaybePromise<Map<string, CacheEntry>> {
    const found = new Map<string, CacheEntry>();
    const done = mapInTurn(this.isSync, keys, (key) =>
      settle(
        // A key that is listed twice is one access.
        () => (found.has(key) ? undefined : this.doGet(key, now)),
        (entry) => entry && found.set(key, entry),
        (error) => this.passOver(error),
      ),
    );
    return isPromise(done) ? done.then(() => found) : found;
  }

  /** Default: one `doPut` after the other. */
  protected doPutMany(entries: readonly CacheEntry[], now: number): MaybePromise<boolean[]> {
    return mapInTurn(this.isSync, entries, (entry) => this.doPut(entry.key, entry, now));
  }

  /** Default: one `doDelete` after the other. */
  protected doDeleteMany(keys: readonly string[], now: number): MaybePromise<boolean[]> {
    return mapInTurn(this.isSync, keys, (key) => this.doDelete(key, now));
  }

  /**
   * Adds accesses to the stored counts, all or none of them. Returns how many of the updates had a live entry. Default:
   * stores nothing.
   */
  protected doRecordAccess(_updates: readonly AccessUpdate[], _now: number): MaybePromise<number> {
    return 0;
  }

  /**
   * Counts an evicted entry and calls the `onEvict` listener, whose errors and rejections are logged and otherwise
   * ignored.
   */
  protected evicted(key: string, entry: CacheEntry, reason: RemovalReason): void {
    this.counts.countRemoval(reason);
    if (this.#onEvict === undefined) return;
    const failed = () => this.logger.warn({ tier: this.name, reason }, 'an onEvict listener failed; ignored');
    try {
      // Typed as void, but a listener may be asynchronous: its rejection must be handled too.
      const answer: unknown = this.#onEvict(key, entry, reason);
      if (isPromise(answer)) answer.then(undefined, failed);
    } catch {
      failed();
    }
  }

  /**
   * For loops over records: counts and logs a damaged or unreadable record, or `count` damaged ones; rethrows any other
   * error.
   */
  protected passOver(error: unknown, count = 1): void {
    this.tierHealth.recover(error, undefined, false, count);
  }
}
