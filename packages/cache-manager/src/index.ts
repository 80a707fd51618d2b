export type { CacheLookup, PutResult } from './cache-answers.ts';
export { CacheManager } from './cache-manager.ts';
export type { CacheLoader, LoadContext, LoadOptions } from './load/entry-loader.ts';
export type { ReencryptCounts, ReencryptOptions, ReencryptProgress, ReencryptResult } from './maintenance/reencrypt.ts';
export type { Sweepable, TtlManagerOptions } from './maintenance/ttl-manager.ts';
export { TtlManager } from './maintenance/ttl-manager.ts';
export type { CacheManagerOptions, NamedTier, OpenCacheOptions } from './manager-options.ts';
export type { CacheEventListener, CacheEventMap, CacheEventName } from './observe/cache-events.ts';
export { openCache } from './open-cache.ts';
export { ON_DOUBT, type OnDoubt } from './stack/doubt-policy.ts';
export { ON_TIER_ERROR, type OnTierError } from './stack/tier-error-policy.ts';
export type { TtlJitter } from './stack/ttl-jitter.ts';
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
