export type { CacheConfig, CacheConfigInput } from './config/cache-config.ts';
export { parseCacheConfig } from './config/cache-config.ts';
export type { CacheTierConfig, CacheTierConfigInput } from './config/tier-config.ts';
export { EvictionPolicy, parseTierConfig } from './config/tier-config.ts';
export { CacheEntry } from './entry/cache-entry.ts';
export type { CacheEntryFields, CacheEntryJson } from './entry/cache-entry-fields.ts';
export type { CacheEntryInput, CacheEntryPatch, SecretInput } from './entry/cache-entry-input.ts';
export type { CacheKeyOptions } from './entry/cache-key.ts';
export { generateCacheKey } from './entry/cache-key.ts';
export type { EntryLabels, WantedLabels } from './entry/entry-labels.ts';
export { MAX_LABEL_NAME, MAX_LABEL_VALUE, MAX_LABELS, NO_LABELS } from './entry/entry-labels.ts';
export { MAX_KEY_BYTES } from './entry/key-length.ts';
export type { CacheErrorOptions, FieldErrorOptions, FieldProblem, UnreadableReason } from './errors/cache-error.ts';
export {
  CacheConfigError,
  CacheCorruptionError,
  CacheError,
  CacheErrorCode,
  CacheStorageError,
  CacheValidationError,
  CredentialUnreadableError,
} from './errors/cache-error.ts';
export type { DirectoryChecks } from './files/directory-checks.ts';
export type { HealthCheckResult } from './health/health-check.ts';
export type { HealthHistoryOptions, HealthRecord } from './health/health-record.ts';
export type { HealthSchedule } from './health/health-schedule.ts';
export { HEALTH_STATUSES, HealthStatus, isHealthStatus } from './health/health-status.ts';
export type { HealthThresholds } from './health/health-thresholds.ts';
export type { LogFields, Logger } from './logger.ts';
export { silentLogger } from './logger.ts';
export { maskCredentials, maskProxyUrl } from './masking/mask-credentials.ts';
export type { MaybePromise } from './maybe-promise.ts';
export { originOf } from './proxy-url/proxy-origin.ts';
export type { ParsedProxyUrl, ProxyScheme, ProxyUrlResult } from './proxy-url/proxy-url.ts';
export { PROXY_SCHEMES, parseProxyUrl } from './proxy-url/proxy-url.ts';
export type { CountRange, EntryFilter, EntryOrder, EntryPage, TimeRange } from './query/entry-filter.ts';
export { DEFAULT_PAGE_SIZE, ENTRY_ORDERS } from './query/entry-filter.ts';
export { queryEntries } from './query/query-entries.ts';
export { entryToRecord } from './record/entry-to-record.ts';
export type { ProxyRecord } from './record/record.ts';
export { recordChecksum } from './record/record-checksum.ts';
export { recordToEntry } from './record/record-to-entry.ts';
export type { CredentialBinding, CredentialRole } from './secrets/credential-binding.ts';
export type { CredentialCipher, TokenState } from './secrets/secret.ts';
export { SECRET_MASK, Secret } from './secrets/secret.ts';
export type { CacheStatisticsInput } from './statistics/cache-statistics.ts';
export { CacheStatistics } from './statistics/cache-statistics.ts';
export type { StalenessReport } from './statistics/staleness-report.ts';
export type { TierReport } from './statistics/tier-report.ts';
export type { TierCounts } from './statistics/tier-statistics.ts';
export { RemovalReason, TierStatistics } from './statistics/tier-statistics.ts';
export { BaseTier } from './tier/base-tier.ts';
export type { CacheTier, EvictionListener, TierCapabilities, TierContext, TierFactory } from './tier/cache-tier.ts';
export type { TierOptions } from './tier/tier-options.ts';
export { CacheTierType, L2BackendType, TierType } from './tier/tier-type.ts';
export type { Clock } from './time/clock.ts';
export { systemClock } from './time/clock.ts';
export type { InstantInput } from './time/to-instant.ts';
