import { expectTypeOf } from 'vitest';
import {
  CacheConfigError,
  CacheCorruptionError,
  CacheError,
  type CacheKeyOptions,
  CacheStatistics,
  type CacheStatisticsInput,
  CacheStorageError,
  type CacheTierType,
  CacheValidationError,
  type Clock,
  type CountRange,
  type CredentialBinding,
  type CredentialRole,
  CredentialUnreadableError,
  type DirectoryChecks,
  type ENTRY_ORDERS,
  type EntryFilter,
  type EntryOrder,
  type EntryPage,
  type EvictionListener,
  type EvictionPolicy,
  type FieldProblem,
  type HealthCheckResult,
  type HealthHistoryOptions,
  type HealthRecord,
  type HealthSchedule,
  type HealthStatus,
  type InstantInput,
  type Logger,
  type ParsedProxyUrl,
  type ProxyScheme,
  type ProxyUrlResult,
  parseProxyUrl,
  type RemovalReason,
  type Secret,
  type SecretInput,
  type TierCapabilities,
  type TierContext,
  type TierCounts,
  type TierOptions,
  type TierReport,
  TierStatistics,
  type TierType,
  type TimeRange,
  type TokenState,
  type UnreadableReason,
  type WantedLabels,
} from '../../src/index.ts';
import {
  type AccessUpdate,
  type ArgumentKind,
  type ChangeListener,
  checkFilter,
  type DIRECTORY_CHECKS,
  type HealthCheck,
  Kinds,
  objectWith,
  optional,
  type ProxyHostResult,
  parseHealthCheck,
  type SideValues,
  type TierDescription,
  type TierEntries,
  type TierMode,
  type TierStatus,
  wholeNumber,
} from '../../src/tier/index.ts';

// Entries: secrets and times as a user writes them.
expectTypeOf<SecretInput>().toEqualTypeOf<string | Secret | null | undefined>();
expectTypeOf<InstantInput>().toEqualTypeOf<number | Date | string>();
expectTypeOf<CacheKeyOptions['username']>().toEqualTypeOf<string | Secret | null | undefined>();

// URLs: a result says whether it is a value.
const parsed = parseProxyUrl('http://192.0.2.1:80');
expectTypeOf(parsed).toEqualTypeOf<ProxyUrlResult>();
if (parsed.ok) expectTypeOf(parsed.value).toEqualTypeOf<ParsedProxyUrl>();
else expectTypeOf(parsed.part).toEqualTypeOf<'scheme' | 'host' | 'port'>();
expectTypeOf<ProxyHostResult['ok']>().toEqualTypeOf<boolean>();
expectTypeOf<ParsedProxyUrl['scheme']>().toEqualTypeOf<ProxyScheme>();

// Queries.
expectTypeOf<{ source: ['a', 'b']; limit: 5 }>().toExtend<EntryFilter>();
expectTypeOf<{ healthStatus: 'ill' }>().not.toExtend<EntryFilter>();
expectTypeOf<EntryOrder>().toEqualTypeOf<(typeof ENTRY_ORDERS)[number]>();
expectTypeOf<EntryPage['cursor']>().toEqualTypeOf<string | null>();
expectTypeOf<TimeRange>().toExtend<{ from?: InstantInput | undefined; to?: InstantInput | undefined }>();
expectTypeOf<CountRange>().toExtend<{ min?: number | undefined; max?: number | undefined }>();
expectTypeOf<{ country: ['DE'] }>().toExtend<WantedLabels>();
// @ts-expect-error: an unknown member
checkFilter({ sources: 'api' });

// Health checks: absent fields are null once a check is validated.
expectTypeOf(parseHealthCheck).returns.toEqualTypeOf<HealthCheck>();
expectTypeOf<HealthCheck['errorMessage']>().toEqualTypeOf<string | null>();
expectTypeOf<{ status: 'dead'; checkUrl: 'x' }>().toExtend<HealthCheckResult>();
expectTypeOf<{ status: 'dead' }>().not.toExtend<HealthCheckResult>();
expectTypeOf<HealthRecord['status']>().toEqualTypeOf<HealthStatus>();
expectTypeOf<HealthHistoryOptions['since']>().toEqualTypeOf<InstantInput | undefined>();
expectTypeOf<keyof HealthSchedule>().toEqualTypeOf<'intervalMs' | 'maxIntervalMs' | 'jitter' | 'random'>();

// Credentials.
expectTypeOf<CredentialRole>().toExtend<CredentialBinding['role']>();
expectTypeOf<TokenState>().toEqualTypeOf<'current' | 'stale' | 'elsewhere' | 'refused' | 'unknown'>();

// Errors: each is a CacheError, and those about fields list them.
for (const error of [CacheConfigError, CacheCorruptionError, CacheStorageError, CacheValidationError])
  expectTypeOf(new error('x')).toExtend<CacheError>();
expectTypeOf(new CacheValidationError('x').problems).toEqualTypeOf<readonly FieldProblem[]>();
expectTypeOf(new CacheError('x').tier).toEqualTypeOf<string | null>();
expectTypeOf(CredentialUnreadableError).constructorParameters.toExtend<readonly [UnreadableReason?, ...unknown[]]>();

// Arguments.
expectTypeOf(optional(Kinds.string)).toEqualTypeOf<ArgumentKind>();
expectTypeOf(objectWith({ limit: wholeNumber(1) })).toEqualTypeOf<ArgumentKind>();
// @ts-expect-error: kinds cannot be replaced
Kinds.string = Kinds.number;

// Statistics.
expectTypeOf<{ tiers: TierReport[] }>().toExtend<CacheStatisticsInput>();
expectTypeOf(new CacheStatistics({ requestMisses: null }).tiers).toEqualTypeOf<readonly TierReport[]>();
expectTypeOf(new TierStatistics()).toExtend<TierCounts>();
expectTypeOf<TierReport['stats']>().toEqualTypeOf<TierStatistics>();

// Tiers.
expectTypeOf<TierMode>().toEqualTypeOf<'sync' | 'async'>();
expectTypeOf<TierEntries<'async'>>().toExtend<AsyncIterable<unknown>>();
expectTypeOf<TierContext>().toExtend<TierOptions>();
expectTypeOf<{ maxEntries: null; evictionPolicy: 'fifo' }>().toExtend<TierOptions>();
expectTypeOf<{ evictionPolicy: 'random' }>().not.toExtend<TierOptions>();
expectTypeOf<EvictionPolicy>().toEqualTypeOf<'lru' | 'lfu' | 'fifo'>();
expectTypeOf<'synchronous'>().not.toExtend<keyof TierDescription<'sync'>['capabilities']>();
expectTypeOf<TierCapabilities['synchronous']>().toEqualTypeOf<boolean>();
expectTypeOf<TierStatus>().toEqualTypeOf<'new' | 'opening' | 'open' | 'closing' | 'closed'>();
expectTypeOf<CacheTierType>().toEqualTypeOf<'l1' | 'l2' | 'l3'>();
expectTypeOf<'my_tier'>().toExtend<TierType>();
expectTypeOf<EvictionListener>().parameter(2).toEqualTypeOf<RemovalReason>();
expectTypeOf<ChangeListener>().parameter(0).toEqualTypeOf<string | null>();
expectTypeOf<AccessUpdate>().toHaveProperty('hits');
expectTypeOf<SideValues['read']>().parameter(0).toEqualTypeOf<string>();

// What is injected.
expectTypeOf<DateConstructor>().toExtend<Clock>();
expectTypeOf<Console>().toExtend<Logger>();
expectTypeOf<DirectoryChecks>().toEqualTypeOf<(typeof DIRECTORY_CHECKS)[number]>();
