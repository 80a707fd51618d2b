import type {
  CacheTier,
  Clock,
  CredentialCipher,
  HealthSchedule,
  HealthThresholds,
  Logger,
  TierFactory,
} from '@pw/cache-models';
import type { OnDoubt } from './stack/doubt-policy.ts';
import type { OnTierError } from './stack/tier-error-policy.ts';
import type { TtlJitter } from './stack/ttl-jitter.ts';

/** A tier, or a factory for one, with a name. */
export interface NamedTier {
  /** The name of the tier in statistics, errors and logs; not empty, and different from those of the other tiers. */
  readonly name: string;
  /** The tier, or a factory that is called when the cache opens and whenever the tier is to be brought back. */
  readonly tier: CacheTier | TierFactory;
  /**
   * The longest TTL of an entry in this tier, in seconds from when it is put or promoted there: above 0; `null` for
   * no limit. It never extends a TTL, and does not affect other tiers.
   *
   * @default null
   */
  readonly maxTtlSeconds?: number | null | undefined;
}

/** Options of `CacheManager.open`. */
export interface CacheManagerOptions {
  /** The stack, the fastest tier first; at least one. Tiers are named `l1`, `l2`, … unless a name is given. */
  readonly tiers: readonly (CacheTier | TierFactory | NamedTier)[];
  /**
   * Passed to the factories of tiers, and used by exports.
   *
   * @default none: credentials are then refused by persistent tiers
   */
  readonly cipher?: CredentialCipher | undefined;
  /**
   * Tells the time in all tiers that a factory makes.
   *
   * @default the system clock
   */
  readonly clock?: Clock | undefined;
  /**
   * Receives warnings. An error that it throws is swallowed.
   *
   * @default silent
   */
  readonly logger?: Logger | undefined;
  /**
   * Names of tiers that must open; all others may start degraded.
   *
   * @default none
   */
  readonly required?: readonly string[] | undefined;
  /**
   * The deadline of each call to an asynchronous tier, in milliseconds.
   *
   * @default 5000
   */
  readonly tierTimeoutMs?: number | undefined;
  /**
   * By how many milliseconds an answer from memory may lag behind what other processes write to the persistent tiers,
   * as long as these can be asked: 0 or more; 0 asks them before each read.
   *
   * @default 100
   */
  readonly maxStalenessMs?: number | undefined;
  /**
   * What a read returns while the lowest persistent tier has not been reached since the cache was opened, so that it
   * cannot be known whether the tiers above it have what was written last: `"answer"` returns what they have, as a
   * cache should, and counts that in `staleness.doubtful`; `"miss"` returns only what was written while that tier could
   * not be reached.
   *
   * @default "answer"
   */
  readonly onDoubt?: OnDoubt | undefined;
  /**
   * How long a lease of `getOrLoad` outlives a process that died while loading, in milliseconds: 100 or more. During a
   * load the lease is extended as needed.
   *
   * @default 10000
   */
  readonly loadLeaseMs?: number | undefined;
  /**
   * The reaction of a read or write to a tier that fails: `"degrade"` continues without the tier; `"throw"`
   * completes the operation with the other tiers and then rejects with a CacheStorageError that names the tier. A
   * degraded tier is skipped either way.
   *
   * @default "degrade"
   */
  readonly onTierError?: OnTierError | undefined;
  /**
   * Shortens the TTL of entries that are put or loaded, at random.
   *
   * @default not at all
   */
  readonly ttlJitter?: TtlJitter | undefined;
  /**
   * The TTL of imported entries that have none, in seconds.
   *
   * @default 3600
   */
  readonly defaultTtlSeconds?: number | undefined;
  /**
   * The TTL of imported entries by source, in seconds.
   *
   * @default none
   */
  readonly perSourceTtl?: Readonly<Record<string, number>> | undefined;
  /**
   * Whether `invalidateByHealth` removes an entry after `failureThreshold` failures.
   *
   * @default true
   */
  readonly healthCheckInvalidation?: boolean | undefined;
  /**
   * The number of failures after which an entry is removed: 1 or more.
   *
   * @default 3
   */
  readonly failureThreshold?: number | undefined;
  /**
   * When `recordHealthCheck` makes an entry degraded, dead, or healthy again.
   *
   * @default see {@link HealthThresholds}
   */
  readonly healthThresholds?: HealthThresholds | undefined;
  /**
   * When an entry is due for its next check after `recordHealthCheck`. A schedule of a tier, such as that of
   * `SqliteCacheTier`, applies only to checks that are recorded in the tier itself.
   *
   * @default see {@link HealthSchedule}
   */
  readonly healthSchedule?: HealthSchedule | undefined;
  /**
   * Whether `getStatistics` reports counts.
   *
   * @default true
   */
  readonly enableStatistics?: boolean | undefined;
  /**
   * Seconds between `statistics` events: above 0.
   *
   * @default 5
   */
  readonly statisticsInterval?: number | undefined;
  /**
   * Seconds between background cleanups.
   *
   * @default no background cleanup
   */
  readonly cleanupIntervalSeconds?: number | undefined;
}

/** Options of `openCache`. */
export interface OpenCacheOptions
  extends Pick<
    CacheManagerOptions,
    | 'healthThresholds'
    | 'healthSchedule'
    | 'loadLeaseMs'
    | 'maxStalenessMs'
    | 'onDoubt'
    | 'onTierError'
    | 'required'
    | 'tierTimeoutMs'
    | 'ttlJitter'
  > {
  /**
   * Tells the time in all tiers that a factory makes.
   *
   * @default the system clock
   */
  readonly clock?: Clock | undefined;
  /**
   * Receives warnings. An error that it throws is swallowed.
   *
   * @default silent
   */
  readonly logger?: Logger | undefined;
  /**
   * Where encryption keys are read from.
   *
   * @default process.env
   */
  readonly env?: Record<string, string | undefined> | undefined;
}
