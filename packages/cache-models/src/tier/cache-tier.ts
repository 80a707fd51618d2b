import type { CacheTierConfig } from '../config/tier-config.ts';
import type { CacheEntry } from '../entry/cache-entry.ts';
import type { HealthCheck } from '../health/health-check.ts';
import type { HealthHistoryOptions, HealthRecord } from '../health/health-record.ts';
import type { Logger } from '../logger.ts';
import type { MaybePromise } from '../maybe-promise.ts';
import type { EntryFilter, EntryPage } from '../query/entry-filter.ts';
import type { ResealCounts } from '../record/reseal.ts';
import type { CredentialCipher } from '../secrets/secret.ts';
import type { RemovalReason, TierStatistics } from '../statistics/tier-statistics.ts';
import type { Clock } from '../time/clock.ts';
import type { SideValues } from './side-values.ts';
import type { TierLog } from './tier-log.ts';
import type { TierMarks } from './tier-marks.ts';
import type { TierType } from './tier-type.ts';

/**
 * The version of this contract. A tier declares the version it was written for; a manager accepts the current and the
 * previous one.
 */
export const TIER_CONTRACT_VERSION = 1;

/**
 * What a tier claims. `query`, `health`, `reseal`, `sideValues`, `leases`, `changes`, `update`, `log` and `marks` each
 * claim an optional part of {@link CacheTier} with the same name: the part exists exactly if the claim is true. The
 * conformance kit tests every claim, including each `false`, and a manager refuses a tier that claims a part it does
 * not have.
 */
export interface TierCapabilities {
  /** Results are values, never promises; only `cleanupExpired` may return one, when there is much to remove. */
  readonly synchronous: boolean;
  /** A put that returned true survives the end of the process. */
  readonly persistent: boolean;
  /** Several instances, and processes, may work on one store at the same time. */
  readonly shared: boolean;
  /** `keys` and `entries` come in ascending order of the keys' UTF-8 bytes. */
  readonly ordered: boolean;
  /** Entries can be found by their fields. */
  readonly query: boolean;
  /**
   * `get` counts the access in the entry that it returns, which is the very object that the tier keeps
   * ({@link countAccess}). False for a tier that returns a copy each time.
   */
  readonly countsAccesses: boolean;
  /** `getNow` exists. */
  readonly immediate: boolean;
  /** Health checks are stored in a history. */
  readonly health: boolean;
  /** Stored credentials can be sealed again with the current key. */
  readonly reseal: boolean;
  /** Small values can be stored beside the entries. */
  readonly sideValues: boolean;
  /** The right to load a key can be given to one process at a time. */
  readonly leases: boolean;
  /** Changes made by other writers are reported. */
  readonly changes: boolean;
  /** An entry can be read and replaced in one atomic step. */
  readonly update: boolean;
  /** Writes have versions and are logged, so the tier can be the base of others. */
  readonly log: boolean;
  /** The tier can be above a base with a log, and notes what that misses. */
  readonly marks: boolean;
}

/**
 * Called when an entry is evicted to make room, but not for expired entries, which are only counted. Its errors and
 * rejections are ignored.
 */
export type EvictionListener = (key: string, entry: CacheEntry, reason: RemovalReason) => void;

/**
 * Accesses of one entry, counted elsewhere and written later in batches. A difference, so that the counts of several
 * processes add up.
 */
export interface AccessUpdate {
  readonly key: string;
  /** How many accesses to add to the stored count, a whole number from 0; the sum is at most 2^53 - 1. */
  readonly hits: number;
  /** The time of the last of these accesses, in epoch milliseconds; the later of this and the stored time is kept. */
  readonly lastAccessed: number;
  /** Whether only lower tiers keep the entry, because the first tier had no room for it. Default: unchanged. */
  readonly evictedFromL1?: boolean | undefined;
}

/**
 * Called with a key whose entry was changed or removed by someone else, usually another process; with `null` if changes
 * may have been missed, so that any entry may have changed.
 */
export type ChangeListener = (key: string | null) => void;

/** The health checks of a tier's entries. */
export interface TierHealthChecks {
  /**
   * Records a check as one atomic step, so that counts stay exact however many processes record checks in the store:
   * reads this tier's own live entry, stores what `change` makes of it, and adds the check to the history. Credentials
   * of the entry are masked in the strings of the check ({@link maskHealthCheck}).
   *
   * Returns the changed entry; `undefined` if there is no live entry or after a fault of the store. A wrong
   * argument throws a CacheValidationError ({@link checkRecordArguments}), and so does a `change` that throws or makes
   * something other than an entry of the key ({@link changedEntry}); nothing is stored then.
   */
  record(
    key: string,
    check: HealthCheck,
    change: (entry: CacheEntry) => CacheEntry,
  ): MaybePromise<CacheEntry | undefined>;
  /**
   * The checks of a key, newest first; an empty list after a fault of the store. Wrong options throw a
   * CacheValidationError.
   */
  history(key: string, options?: HealthHistoryOptions): MaybePromise<HealthRecord[]>;
}

/** Reports of changes that others, usually other processes, make in the store of a tier. */
export interface TierChanges {
  /**
   * Adds a listener, so that copies of changed entries can be invalidated. It is called with `null` as soon as the
   * store is reached, and again whenever changes may have been missed. A change is reported after the store has made
   * it. Do not report this tier's own writes if you can: each report drops a valid copy. Errors and rejections of a
   * listener are ignored. Returns a function that removes the listener.
   */
  subscribe(listener: ChangeListener): () => void;
  /**
   * Calls the listeners for every change that was made before this call and has not been reported yet. Returns once it
   * has; false if the store cannot be asked. A tier that has no listeners may do nothing and return true.
   */
  poll(): MaybePromise<boolean>;
}

/** The right to load a key, which only one of all processes has at a time. */
export interface TierLeases {
  /**
   * Acquires the lease of a key for a number of milliseconds, or extends it if `token` is its token. Returns the token
   * of the lease, `null` if another owner has it or the lease of `token` has ended, or `undefined` if the store is
   * unavailable. A lease that is not released expires.
   */
  acquire(key: string, milliseconds: number, token?: string): MaybePromise<string | null | undefined>;
  /** Releases the lease with this token, and no other. True if there was one. */
  release(key: string, token: string): MaybePromise<boolean>;
}

/**
 * One store of entries. Results are values or promises; the caller awaits promises only.
 *
 * Every tier guarantees:
 * - an entry expires at its absolute `expiresAt`; an expired entry is invisible in get, has, keys, entries and size;
 * - reads and writes do not throw for a fault of the store: they count a failure and return the same as for a miss
 *   (`undefined`, `false`, 0, nothing); after `failureThreshold` consecutive failures the tier is switched off until
 *   `resetFailures`;
 * - a wrong argument throws a CacheValidationError, and so does an entry with credentials on a persistent tier without
 *   a cipher;
 * - a damaged record, or one that no key opens, is a miss for that record only.
 *
 * The full contract is in `docs/extend/contract.md`.
 */
export interface CacheTier {
  /** Name in logs, errors and statistics. */
  readonly name: string;
  readonly tierType: TierType;
  readonly config: CacheTierConfig;
  readonly capabilities: TierCapabilities;
  /** The contract this tier was written for: {@link TIER_CONTRACT_VERSION} of the package it was built with. */
  readonly contractVersion: number;
  /** False if the configuration or too many failures switched the tier off; operations then do nothing. */
  readonly enabled: boolean;
  /** Consecutive failures. */
  readonly failureCount: number;
  readonly failureThreshold: number;
  /** All failures so far. It only grows, so that a caller can detect whether one happened during its call. */
  readonly totalFailures: number;
  /** A snapshot of the counts; `currentSize` is the best number known without waiting. */
  readonly statistics: TierStatistics;

  /**
   * Idempotent. Throws a CacheError if the store cannot be opened. Does not touch the store if the configuration
   * disables the tier.
   */
  open(): MaybePromise<void>;
  /** Idempotent. All acknowledged writes are stored, and nothing is left open. */
  close(): MaybePromise<void>;

  /**
   * The live entry of a key, or `undefined`. An expired one is removed and counted. Counts the access in the entry if
   * the capability `countsAccesses` is true.
   */
  get(key: string): MaybePromise<CacheEntry | undefined>;
  /** Stores an entry under its key and replaces the previous one. True if it is stored. */
  put(key: string, entry: CacheEntry): MaybePromise<boolean>;
  /**
   * Removes an entry. True if a live entry was there. `reason` is the reason under which it is counted, by default
   * `explicit`.
   */
  delete(key: string, reason?: RemovalReason): MaybePromise<boolean>;
  /** True if a live entry is there. Counts no hit and does not change the eviction order. */
  has(key: string): MaybePromise<boolean>;
  /** The live entry of a key, without side effects: no count, no reordering, nothing removed. */
  peek(key: string): MaybePromise<CacheEntry | undefined>;
  /** The live entries found, by key. */
  getMany(keys: readonly string[]): MaybePromise<Map<string, CacheEntry>>;
  /** Stores entries, each under its own key. Returns for each, in the same order, whether it is stored. */
  putMany(entries: readonly CacheEntry[]): MaybePromise<boolean[]>;
  /** Removes entries. Returns for each key, in the same order, whether a live entry was there. */
  deleteMany(keys: readonly string[]): MaybePromise<boolean[]>;
  /** Removes everything. Returns the number of live entries removed. */
  clear(): MaybePromise<number>;
  /** The number of live entries. */
  size(): MaybePromise<number>;
  /** The keys of the live entries. */
  keys(): MaybePromise<string[]>;
  /** The live entries, for `for await`, which accepts both kinds of iterable. Counts no hits. */
  entries(): Iterable<CacheEntry> | AsyncIterable<CacheEntry>;
  /** Removes every expired entry. Returns how many. */
  cleanupExpired(): MaybePromise<number>;
  /**
   * Adds accesses that were counted elsewhere to the stored counts, each in one atomic step, however many processes
   * work on the store; unknown keys are ignored. Returns how many of the updates had a live entry. A call that fails
   * adds nothing and returns 0: the caller then repeats it.
   */
  recordAccess(updates: readonly AccessUpdate[]): MaybePromise<number>;

  /** Counts a failure; the one that reaches the threshold switches the tier off. */
  handleFailure(error: unknown): void;
  /** Resets the failure count and switches the tier on again, unless the configuration disables it. */
  resetFailures(): void;

  /**
   * As `get`, but returns a value rather than a promise whenever one is available immediately: awaiting a promise with
   * a deadline can cost more than the lookup. Exists exactly if the capability `immediate` is true. The manager calls
   * it in place of `get`, unless the tier is synchronous.
   */
  getNow?(key: string): MaybePromise<CacheEntry | undefined>;
  /**
   * Seals again, in batches, every record that the current key of the tier's cipher did not seal, including expired
   * records, and yields the counts of each batch once it is stored. Changes only tokens, under the store's own lock, so
   * that an older value never overwrites a newer one. Unlike other operations, it throws for a fault of the store.
   *
   * Once it has finished without an error, nothing in the store opens with an older key, including free space, logs and
   * replaced records. A damaged record is quarantined; its tokens are sealed again there, or it is counted in
   * `inQuarantine`. Exists exactly if the capability `reseal` is true.
   */
  reseal?(batchSize: number): Iterable<ResealCounts> | AsyncIterable<ResealCounts>;

  /**
   * One page of the entries that match a filter, with the semantics of `queryEntries`. Counts no hits and changes no
   * order. Exists exactly if the capability `query` is true. A wrong filter throws a CacheValidationError; a fault of
   * the store results in an empty page.
   */
  query?(filter?: EntryFilter): MaybePromise<EntryPage>;
  /**
   * Reads the live entry of a key and stores what `change` makes of it, or removes it if that is `null`, as one atomic
   * step, however many processes work on the store. `change` returns a value, never a promise, and may be called more
   * than once. Returns the entry as it is stored, `null` if it was removed, and `undefined` if there is no live entry
   * or after a fault of the store. A `change` that throws, or makes something other than an entry of the key, throws a
   * CacheValidationError ({@link changedEntry}), and nothing is stored. Exists exactly if the capability `update` is
   * true.
   */
  update?(key: string, change: (entry: CacheEntry) => CacheEntry | null): MaybePromise<CacheEntry | null | undefined>;
  /** Health checks with their history. Exists exactly if the capability `health` is true. */
  readonly health?: TierHealthChecks | undefined;
  /** Reports of changes by other writers. Exists exactly if the capability `changes` is true. */
  readonly changes?: TierChanges | undefined;
  /** Leases of keys. Exists exactly if the capability `leases` is true. */
  readonly leases?: TierLeases | undefined;
  /**
   * Small values beside the entries of a persistent tier; always the same object. Exists exactly if the capability
   * `sideValues` is true.
   */
  readonly sideValues?: SideValues | undefined;
  /** The log of its writes. Exists exactly if the capability `log` is true. */
  readonly log?: TierLog | undefined;
  /** Marks beside the entries. Exists exactly if the capability `marks` is true. */
  readonly marks?: TierMarks | undefined;
}

/** What a manager passes to the factory of a tier. */
export interface TierContext {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly cipher: CredentialCipher | undefined;
  readonly onEvict: EvictionListener;
}

/**
 * Creates a tier. The manager calls it with its own clock, logger, cipher and eviction listener.
 *
 * @example
 * ```ts
 * const factory: TierFactory = (context) => new MyTier({ maxEntries: 1000, ...context });
 * ```
 */
export type TierFactory = (context: TierContext) => MaybePromise<CacheTier>;
