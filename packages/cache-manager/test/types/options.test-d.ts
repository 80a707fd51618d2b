import type { CacheEntry, CacheStatistics, HealthThresholds, RemovalReason } from '@pw/cache-models';
import { expectTypeOf } from 'vitest';
import type {
  CacheEventListener,
  CacheEventMap,
  CacheEventName,
  CacheLoader,
  CacheManager,
  CacheManagerOptions,
  ExportDestination,
  ExportOptions,
  ExportProgress,
  ExportResult,
  FileOrBytes,
  KEY_IDENTITIES,
  KeyIdentity,
  LoadContext,
  LoadOptions,
  NamedTier,
  ON_TIER_ERROR,
  OnTierError,
  OpenCacheOptions,
  PreviewOptions,
  ReencryptCounts,
  ReencryptOptions,
  ReencryptProgress,
  ReencryptResult,
  Sweepable,
  SYNC_REFUSALS,
  SyncCounts,
  SyncOptions,
  SyncProgress,
  SyncRefusal,
  SyncRefusalReason,
  SyncResult,
  SyncRows,
  TtlJitter,
  TtlManagerOptions,
  WarmOptions,
  WarmProgress,
  WarmResult,
} from '../../src/index.ts';

// Opening: every option of openCache is one of CacheManager.open, except for the environment.
expectTypeOf<Omit<OpenCacheOptions, 'env'>>().toExtend<Partial<CacheManagerOptions>>();
expectTypeOf<{ tiers: [] }>().toExtend<CacheManagerOptions>();
expectTypeOf<object>().not.toExtend<CacheManagerOptions>();
expectTypeOf<object>().toExtend<OpenCacheOptions>();
expectTypeOf<{ onTierError: 'ignore' }>().not.toExtend<OpenCacheOptions>();
expectTypeOf<{ perSourceTtl: { api: string }; tiers: [] }>().not.toExtend<CacheManagerOptions>();
expectTypeOf<OnTierError>().toEqualTypeOf<(typeof ON_TIER_ERROR)[number]>();
expectTypeOf<NamedTier['maxTtlSeconds']>().toEqualTypeOf<number | null | undefined>();
expectTypeOf<keyof HealthThresholds>().toEqualTypeOf<'deadAfter' | 'recoverAfter' | 'slowAfterMs'>();
expectTypeOf<{ share: 0.1 }>().toExtend<TtlJitter>();
expectTypeOf<object>().not.toExtend<TtlJitter>();

// Loading.
expectTypeOf<CacheLoader>().parameters.toEqualTypeOf<[string, LoadContext]>();
expectTypeOf<() => undefined>().toExtend<CacheLoader>();
expectTypeOf<() => Promise<CacheEntry>>().toExtend<CacheLoader>();
expectTypeOf<() => string>().not.toExtend<CacheLoader>();
expectTypeOf<LoadContext['signal']>().toEqualTypeOf<AbortSignal>();
expectTypeOf<{ timeoutMs: '500' }>().not.toExtend<LoadOptions>();

// Events.
expectTypeOf<CacheEventName>().toEqualTypeOf<'promotion' | 'eviction' | 'degraded' | 'recovered' | 'statistics'>();
expectTypeOf<CacheEventListener<'statistics'>>().parameter(0).toEqualTypeOf<CacheStatistics>();
expectTypeOf<CacheEventMap['eviction'][0]['reason']>().toEqualTypeOf<RemovalReason>();

// Imports, exports and synchronisations.
expectTypeOf<Uint8Array>().toExtend<FileOrBytes>();
expectTypeOf<AsyncIterable<Uint8Array>>().toExtend<FileOrBytes>();
expectTypeOf<number>().not.toExtend<FileOrBytes>();
expectTypeOf<KeyIdentity>().toEqualTypeOf<(typeof KEY_IDENTITIES)[number]>();
expectTypeOf<PreviewOptions>().toExtend<WarmOptions>();
expectTypeOf<WarmProgress>().toExtend<WarmResult>();
expectTypeOf<{ refuse: () => Promise<string> }>().not.toExtend<WarmOptions>();
expectTypeOf<{ defaultScheme: 'ftp' }>().not.toExtend<WarmOptions>();
expectTypeOf<'defaultSource'>().not.toExtend<keyof SyncOptions>();
expectTypeOf<SyncProgress>().toExtend<SyncCounts>();
expectTypeOf<SyncProgress['phase']>().toEqualTypeOf<'reading' | 'storing' | 'removing'>();
expectTypeOf<SyncResult['refused']>().toEqualTypeOf<SyncRefusal | null>();
expectTypeOf<SyncRefusalReason>().toEqualTypeOf<(typeof SYNC_REFUSALS)[number]>();
expectTypeOf<string[]>().toExtend<SyncRows>();
expectTypeOf<(text: string) => void>().toExtend<ExportDestination>();
expectTypeOf<{ credentials: true }>().not.toExtend<ExportOptions>();
expectTypeOf<ExportProgress>().toEqualTypeOf<ExportResult>();

// Maintenance.
expectTypeOf<ReencryptProgress>().toExtend<ReencryptCounts>();
expectTypeOf<ReencryptResult['tiers'][string]>().toEqualTypeOf<ReencryptCounts>();
expectTypeOf<ReencryptOptions['batchSize']>().toEqualTypeOf<number | undefined>();
expectTypeOf<CacheManager>().toExtend<Sweepable>();
expectTypeOf<TtlManagerOptions['cleanupInterval']>().toEqualTypeOf<number | undefined>();
