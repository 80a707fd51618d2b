import type { CacheConfigInput, Clock, Logger } from '@pw/cache-models';
import { CacheManager } from './cache-manager.ts';
import type { CacheManagerOptions } from './manager-options.ts';
import { quietLogger } from './observe/quiet-logger.ts';
import { checkOpening } from './open/check-open-cache.ts';
import { defaultCipher, defaultTiers } from './open/default-tiers.ts';

export interface OpenCacheOptions
  extends Pick<
    CacheManagerOptions,
    'healthThresholds' | 'healthSchedule' | 'loadLeaseMs' | 'onTierError' | 'required' | 'tierTimeoutMs' | 'ttlJitter'
  > {
  /** Default: the system's. */
  readonly clock?: Clock | undefined;
  /** Default: silent. */
  readonly logger?: Logger | undefined;
  /** Where the encryption keys are looked up. Default: `process.env`. */
  readonly env?: Record<string, string | undefined> | undefined;
}

/**
 * The default cache in one line: memory, then JSON Lines files or SQLite, then SQLite, as a configuration says.
 *
 * Throws a CacheConfigError that lists what is wrong with the configuration and the options, before anything is made; a CacheError with code `CACHE_KEY_INVALID` for a wrong key, with code
 * `CACHE_PACKAGE_MISSING` when a tier's package is not installed (the message is the command that installs it). A tier whose
 * store cannot be opened is no error, unless it is named in `required`: the cache works without it and tries it again.
 */
export async function openCache(config: CacheConfigInput = {}, options: OpenCacheOptions = {}): Promise<CacheManager> {
  const parsed = checkOpening(config, options);
  const logger = options.logger && quietLogger(options.logger);
  const cipher = await defaultCipher(parsed, logger, options.env ?? process.env);
  return CacheManager.open({
    tiers: await defaultTiers(parsed, options.healthSchedule),
    cipher,
    clock: options.clock,
    logger,
    defaultTtlSeconds: parsed.defaultTtlSeconds,
    perSourceTtl: parsed.perSourceTtl,
    healthCheckInvalidation: parsed.healthCheckInvalidation,
    failureThreshold: parsed.failureThreshold,
    healthThresholds: options.healthThresholds,
    healthSchedule: options.healthSchedule,
    enableStatistics: parsed.enableStatistics,
    statisticsInterval: parsed.statisticsInterval,
    loadLeaseMs: options.loadLeaseMs,
    onTierError: options.onTierError,
    required: options.required,
    tierTimeoutMs: options.tierTimeoutMs,
    ttlJitter: options.ttlJitter,
    // Of the reference's two intervals the shorter one decides: both promise a sweep at least that often.
    cleanupIntervalSeconds: parsed.enableBackgroundCleanup
      ? Math.min(parsed.cleanupIntervalSeconds, parsed.ttlCleanupInterval)
      : undefined,
  });
}
