import type { CacheTier, Clock, CredentialCipher, HealthSchedule, Logger, TierFactory } from '@pw/cache-models';
import type { HealthThresholds } from './health/health-thresholds.ts';
import type { OnTierError } from './stack/tier-error-policy.ts';
import type { TtlJitter } from './stack/ttl-jitter.ts';

/** A tier, or a recipe for one, under a name of its own. */
export interface NamedTier {
  readonly name: string;
  readonly tier: CacheTier | TierFactory;
  /**
   * Longest life of an entry in this tier, in seconds from when it is put or promoted there: above 0. It never makes a life longer,
   * and shortens none in the other tiers. Default: the entry's own.
   */
  readonly maxTtlSeconds?: number | undefined;
}

/** What `CacheManager.open` takes. */
export interface CacheManagerOptions {
  /** The stack, the fastest tier first: one to any number. Named `l1`, `l2`, … unless a name is given. */
  readonly tiers: readonly (CacheTier | TierFactory | NamedTier)[];
  /** Handed to tiers that are made here, and used by exports. */
  readonly cipher?: CredentialCipher | undefined;
  /** Default: the system's. */
  readonly clock?: Clock | undefined;
  /** What it throws, or rejects with, harms nothing. Default: silent. */
  readonly logger?: Logger | undefined;
  /** Names of tiers that must be made and opened; all others may be degraded from the start. Default none. */
  readonly required?: readonly string[] | undefined;
  /** Longest wait for one answer of an asynchronous tier, in milliseconds. Default 5000. */
  readonly tierTimeoutMs?: number | undefined;
  /**
   * How long a lease of `getOrLoad` outlives a process that died while it was loading, in milliseconds: 100 or more. It is
   * extended for as long as the load takes. Default 10000.
   */
  readonly loadLeaseMs?: number | undefined;
  /**
   * What a read or a write does when a tier fails under it: `"degrade"` (default) goes on without the tier; `"throw"` rejects with a
   * CacheStorageError that names it, after the other tiers have done their part. A tier that is off is passed over either way.
   */
  readonly onTierError?: OnTierError | undefined;
  /** Shortens the life of entries that are put or loaded, at random. Default: not at all. */
  readonly ttlJitter?: TtlJitter | undefined;
  /** TTL in seconds of imported entries that bring none. Default 3600. */
  readonly defaultTtlSeconds?: number | undefined;
  /** TTL in seconds of imported entries by source. Default none. */
  readonly perSourceTtl?: Readonly<Record<string, number>> | undefined;
  /** Whether an entry that fails often enough is removed. Default true. */
  readonly healthCheckInvalidation?: boolean | undefined;
  /** Failures that remove an entry: 1 or more. Default 3. */
  readonly failureThreshold?: number | undefined;
  /** When `recordHealthCheck` makes an entry degraded, dead, or healthy again. Default: see {@link HealthThresholds}. */
  readonly healthThresholds?: HealthThresholds | undefined;
  /** When an entry is to be checked next, in a stack without a tier that keeps a history; such a tier has a schedule of its own. */
  readonly healthSchedule?: HealthSchedule | undefined;
  /** Whether `getStatistics` reports counts. Default true. */
  readonly enableStatistics?: boolean | undefined;
  /** Seconds between `statistics` events: above 0. Default 5. */
  readonly statisticsInterval?: number | undefined;
  /** Seconds between background cleanups; none without it. */
  readonly cleanupIntervalSeconds?: number | undefined;
}
