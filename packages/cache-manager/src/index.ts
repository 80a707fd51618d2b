export type { CacheLookup, PutResult } from './cache-answers.ts';
export type { CacheEventListener, CacheEventMap, CacheEventName } from './cache-events.ts';
export { CacheManager } from './cache-manager.ts';
export type { HealthThresholds } from './health-thresholds.ts';
export type { CacheLoader, LoadContext, LoadOptions } from './loads.ts';
export type { CacheManagerOptions, NamedTier } from './manager-options.ts';
export type { OpenCacheOptions } from './open-cache.ts';
export { openCache } from './open-cache.ts';
export type { ReencryptCounts, ReencryptOptions, ReencryptProgress, ReencryptResult } from './reencrypt.ts';
export { ON_TIER_ERROR, type OnTierError } from './tier-errors.ts';
export type {
  ExportCredentials,
  ExportDestination,
  ExportOptions,
  ExportProgress,
  ExportResult,
} from './transfer/export/index.ts';
export { EXPORT_CREDENTIALS } from './transfer/export/index.ts';
export type {
  FileOrBytes,
  FilePreview,
  KeyIdentity,
  PreviewOptions,
  ProxyFileFormat,
  WarmOptions,
  WarmProblem,
  WarmProgress,
  WarmResult,
} from './transfer/import/index.ts';
export { KEY_IDENTITIES, PROXY_FILE_FORMATS, previewFile } from './transfer/import/index.ts';
export type {
  SyncCounts,
  SyncOptions,
  SyncProgress,
  SyncRefusal,
  SyncRefusalReason,
  SyncResult,
  SyncRows,
} from './transfer/sync/index.ts';
export { SYNC_REFUSALS } from './transfer/sync/index.ts';
export type { TtlJitter } from './ttl-jitter.ts';
export type { Sweepable, TtlManagerOptions } from './ttl-manager.ts';
export { TtlManager } from './ttl-manager.ts';
