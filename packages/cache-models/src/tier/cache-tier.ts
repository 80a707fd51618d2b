import type { CacheTierConfig } from '../config/tier-config.ts';
import type { CacheEntry } from '../entry/cache-entry.ts';
import type { HealthCheckResult } from '../health/health-check.ts';
import type { HealthHistoryOptions, HealthRecord } from '../health/health-record.ts';
import type { Logger } from '../logger.ts';
import type { MaybePromise } from '../maybe-promise.ts';
import type { EntryFilter, EntryPage } from '../query/entry-filter.ts';
import type { ResealCounts } from '../record/reseal.ts';
import type { CredentialCipher } from '../secrets/secret.ts';
import type { RemovalReason, TierStatistics } from '../statistics/tier-statistics.ts';
import type { Clock } from '../time/clock.ts';
import type { SideValues } from './side-values.ts';
import type { TierType } from './tier-type.ts';

/** The version of this contract. A tier says which one it was written for; a manager accepts this one and the one before. */
export const TIER_CONTRACT_VERSION = 1;

/** What a tier claims, and the conformance suite tests: each `false` too. */
export interface TierCapabilities {
  /** Results are values, never promises; `cleanupExpired` alone may give one, when there is much to remove. */
  readonly synchronous: boolean;
  /** A put that returned true survives the process. */
  readonly persistent: boolean;
  /** Several instances, and processes, may work on one store at the same time. */
  readonly shared: boolean;
  /** `keys` and `entries` come in ascending order of the keys' UTF-8 bytes. */
  readonly ordered: boolean;
  /** Entries can be asked for by their fields: `query`. */
  readonly query: boolean;
  /** Health checks are kept as a history: `recordHealthCheck`, `healthHistory`. */
  readonly healthHistory: boolean;
}

/** Where a tier is in its life. It opens by itself on first use, also after `close`. */
export type TierStatus = 'new' | 'opening' | 'open' | 'closing' | 'closed';

/** Told when an entry has to make room; not of entries that expire, which are only counted. What it throws harms nobody. */
export type EvictionListener = (key: string, entry: CacheEntry, reason: RemovalReason) => void;

/** Access metadata of one entry, written behind: the newest count and time, not a difference. */
export interface AccessUpdate {
  readonly key: string;
  readonly accessCount: number;
  /** Epoch milliseconds. */
  readonly lastAccessed: number;
  /** Whether the entry lives below because the first tier had no room for it; left as it is when absent. */
  readonly evictedFromL1?: boolean | undefined;
}

/**
 * What `touch` has counted and nobody has taken yet, by key, whatever became of the entries, and also while the tier is off.
 * Neither a count nor a time goes back where an entry is put anew. Answers at once, and throws nothing.
 */
export interface TouchedEntries {
  /** How many there are to take, at most. */
  readonly count: number;
  /** What was counted of a key; takes nothing. */
  of(key: string): AccessUpdate | undefined;
  /** Takes up to `limit` of them, each with the newest count. */
  take(limit: number): AccessUpdate[];
  /** What was counted of a key, or of all keys, is void: it has another value now, or none. */
  forget(key?: string): void;
}

/**
 * Told of a key whose entry somebody else has changed or removed, another process as a rule; `null` when any of them may have
 * changed unnoticed.
 */
export type ChangeListener = (key: string | null) => void;

/**
 * One store of entries. Results are values or promises; who calls awaits what is a promise.
 *
 * What every tier keeps to:
 * - the absolute `expiresAt` of an entry decides; an expired entry is invisible in get, has, keys, entries and size;
 * - reads and writes do not throw for a fault of the store: they count a failure and answer as for a miss (`undefined`,
 *   `false`, 0, nothing), and after `failureThreshold` failures in a row the tier is off until `resetFailures`;
 * - a wrong argument throws a CacheValidationError, and so does an entry with credentials on a persistent tier that has no cipher;
 * - a damaged record, or one that no key opens, is a miss for that record alone.
 */
export interface CacheTier {
  /** Name in logs, errors and statistics. */
  readonly name: string;
  readonly tierType: TierType;
  readonly config: CacheTierConfig;
  readonly capabilities: TierCapabilities;
  /** The contract this tier was written for: {@link TIER_CONTRACT_VERSION} of the package it was built with. */
  readonly contractVersion: number;
  readonly status: TierStatus;
  /** False when the configuration or too many failures switched the tier off: operations then do nothing. */
  readonly enabled: boolean;
  /** Failures in a row. */
  readonly failureCount: number;
  readonly failureThreshold: number;
  /** Failures ever; it only grows, so a caller can tell whether one happened meanwhile. */
  readonly totalFailures?: number;
  /** A snapshot of the counts; `currentSize` is the best number known without waiting. */
  readonly statistics: TierStatistics;

  /** Idempotent. Throws a CacheError if the store cannot be opened; does not touch it if the configuration says off. */
  open(): MaybePromise<void>;
  /** Idempotent. Everything acknowledged is stored; nothing stays open. */
  close(): MaybePromise<void>;

  /** The live entry of a key, or `undefined`. An expired one is removed and counted. */
  get(key: string): MaybePromise<CacheEntry | undefined>;
  /** Stores an entry under its key; the old one is gone. True if it is stored. */
  put(key: string, entry: CacheEntry): MaybePromise<boolean>;
  /** Removes an entry. True if a live one was there. `reason` says what to count; `explicit` by default. */
  delete(key: string, reason?: RemovalReason): MaybePromise<boolean>;
  /** True if a live entry is there. Counts no hit and does not touch the eviction order. */
  has(key: string): MaybePromise<boolean>;
  /** The live entries found, by key. */
  getMany(keys: readonly string[]): MaybePromise<Map<string, CacheEntry>>;
  /** Stores entries, each under its own key, and tells in the same order which are stored. */
  putMany(entries: readonly CacheEntry[]): MaybePromise<boolean[]>;
  /** Removes entries and tells in the same order which were there. */
  deleteMany(keys: readonly string[]): MaybePromise<boolean[]>;
  /** Removes everything and tells how many entries that were. */
  clear(): MaybePromise<number>;
  /** The number of live entries. */
  size(): MaybePromise<number>;
  /** The keys of the live entries. */
  keys(): MaybePromise<string[]>;
  /** The live entries; for `for await`, which takes both kinds. Counts no hits. */
  entries(): Iterable<CacheEntry> | AsyncIterable<CacheEntry>;
  /** Removes every expired entry and tells how many. */
  cleanupExpired(): MaybePromise<number>;

  /** Counts a failure; the one that reaches the threshold switches the tier off. */
  handleFailure(error: unknown): void;
  /** Forgets failures and switches the tier on again, unless the configuration says off. */
  resetFailures(): void;

  /**
   * As `get`, in either mode with a value where there is one at once: whoever waits for a promise needs a deadline for it too, and
   * both cost more than many a lookup.
   */
  getNow?(key: string): MaybePromise<CacheEntry | undefined>;
  /** The live entry of a key without any trace: no count, no reordering, nothing removed. */
  peek?(key: string): MaybePromise<CacheEntry | undefined>;
  /**
   * As `put`, but what is handed over within one turn of the event loop is stored together, where a store pays for each
   * write by a flush: true once the entry is as safe as after `put`. A read may not see it before.
   */
  putSoon?(key: string, entry: CacheEntry): Promise<boolean>;
  /** As `get`, and counts the access in the entry: the answer has `accessCount` one higher and `lastAccessed` now. */
  touch?(key: string): MaybePromise<CacheEntry | undefined>;
  /**
   * Remembers from the first call on what `touch` counts, until it is taken or forgotten. Whoever stores counts elsewhere too
   * need not be told of each touch, then, which would cost more than the touch itself. Always gives the same view. Comes
   * with {@link CacheTier.touch}, in synchronous tiers.
   */
  touched?(): TouchedEntries;
  /** Stores access metadata that was counted elsewhere; keys that are not there are passed over. Returns how many were. */
  recordAccess?(updates: readonly AccessUpdate[]): MaybePromise<number>;
  /**
   * Seals again, batch by batch, what the current key of the tier's cipher did not seal, expired records too, and yields the
   * counts of each batch once it is stored. Changes nothing but tokens, under the store's own lock: no older value ever gets over a
   * newer one. Unlike other operations it throws for a fault of the store.
   *
   * Once it has come to its end without an error, nothing that the store keeps opens with an older key: no free space, log or
   * record that was replaced. A damaged record is set aside; its tokens are sealed again where it then lies, or it is counted in
   * `inQuarantine`.
   */
  reseal?(batchSize: number): Iterable<ResealCounts> | AsyncIterable<ResealCounts>;

  /**
   * One page of the entries that fit a filter, with the meaning of `queryEntries`; counts no hits, changes no order.
   * There exactly when the capability `query` is true. A wrong filter throws a CacheValidationError; a fault of the
   * store gives an empty page without a cursor.
   */
  query?(filter?: EntryFilter): MaybePromise<EntryPage>;
  /**
   * Stores the outcome of a health check in the history and in the entry, and gives the entry as it is now; `undefined`
   * if no live one is there or after a fault of the store. Credentials in the result's texts are masked, those of the entry
   * wherever they stand ({@link maskHealthCheck}). There exactly when the capability `healthHistory` is true.
   * A wrong result throws a CacheValidationError.
   */
  recordHealthCheck?(key: string, result: HealthCheckResult): MaybePromise<CacheEntry | undefined>;
  /**
   * The checks of a key, newest first; a fault of the store gives none. There exactly when the capability
   * `healthHistory` is true. Wrong options throw a CacheValidationError.
   */
  healthHistory?(key: string, options?: HealthHistoryOptions): MaybePromise<HealthRecord[]>;

  /**
   * Tells of changes by others, so that copies of entries can be dropped: `null` at once if the store can be reached, and again
   * whenever changes may have been missed. A change is told after the store has made it; what this tier itself writes is not
   * told. Returns a function that ends it.
   */
  onChange?(listener: ChangeListener): () => void;
  /**
   * Takes the lease of a key for some milliseconds, so that of all processes one loads its entry: gives a token, `null` while
   * another one has the lease, `undefined` when the store cannot tell. With a token it extends the lease that has it. A lease
   * that is not released ends with its time. Comes with {@link CacheTier.releaseLease}.
   */
  acquireLease?(key: string, milliseconds: number, token?: string): MaybePromise<string | null | undefined>;
  /** Ends the lease that has this token, and no other; true if there was one. */
  releaseLease?(key: string, token: string): MaybePromise<boolean>;

  /** Small values beside the entries, in a tier that claims `persistent` and can keep them; always the same object. */
  readonly sideValues?: SideValues | undefined;
}

/** What a manager hands to a tier that it makes. */
export interface TierContext {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly cipher: CredentialCipher | undefined;
  readonly onEvict: EvictionListener;
}

/** A recipe for a tier: whoever owns the stack calls it with its own clock, logger and cipher. */
export type TierFactory = (context: TierContext) => MaybePromise<CacheTier>;
