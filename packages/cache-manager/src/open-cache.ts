import type { CacheConfigInput } from '@pw/cache-models';
import { CacheManager } from './cache-manager.ts';
import type { OpenCacheOptions } from './manager-options.ts';
import { quietLogger } from './observe/quiet-logger.ts';
import { checkOpenCache } from './open/check-open-cache.ts';
import { defaultCipher, defaultTiers } from './open/default-tiers.ts';

/**
 * Opens the default cache for a configuration: memory, then JSON Lines files or SQLite, then SQLite.
 *
 * Throws a CacheConfigError that lists all problems of the configuration and the options before anything is created; a
 * CacheError with code `CACHE_KEY_INVALID` for an invalid key, or with code `CACHE_PACKAGE_MISSING` if a tier's package
 * is not installed (the message is the command that installs it). A tier whose store cannot be opened is not an error,
 * unless it is named in `required`: the cache works without it and tries again.
 *
 * @example
 * ```ts
 * await using cache = await openCache(
 *   { l1Config: { maxEntries: 500 }, l2Backend: 'sqlite', l2CacheDir: '.cache/proxies' },
 *   { required: ['l3'] },
 * );
 * ```
 */
export async function openCache(config: CacheConfigInput = {}, options: OpenCacheOptions = {}): Promise<CacheManager> {
  const parsed = checkOpenCache(config, options);
  const logger = options.logger && quietLogger(options.logger);
  const cipher = await defaultCipher(parsed, logger, options.env ?? process.env);
  return CacheManager.open({
    tiers: await defaultTiers(parsed),
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
    maxStalenessMs: options.maxStalenessMs,
    onDoubt: options.onDoubt,
    onTierError: options.onTierError,
    required: options.required,
    tierTimeoutMs: options.tierTimeoutMs,
    ttlJitter: options.ttlJitter,
    // ProxyWhirl has two such options, and each promises a cleanup at least that often: use the shorter interval.
    cleanupIntervalSeconds: parsed.enableBackgroundCleanup
      ? Math.min(parsed.cleanupIntervalSeconds, parsed.ttlCleanupInterval)
      : undefined,
  });
}
