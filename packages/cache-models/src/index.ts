export type { ArgumentKind } from './arguments/argument-kinds.ts';
export { Kinds, nullable, oneOf, optional, wholeNumber } from './arguments/argument-kinds.ts';
export type { FieldError } from './arguments/check-argument.ts';
export { checkArgument } from './arguments/check-argument.ts';
export type { CheckOptionsOptions } from './arguments/check-options.ts';
export { checkOptionsObject, objectWith, problemsOfOptions } from './arguments/check-options.ts';
export { checkOneOptionsObject } from './arguments/one-options-object.ts';
export { unknownMembers } from './arguments/unknown-members.ts';
export type { CacheConfig, CacheConfigInput } from './config/cache-config.ts';
export { parseCacheConfig } from './config/cache-config.ts';
export type { CacheTierConfig, CacheTierConfigInput } from './config/tier-config.ts';
export { EvictionPolicy, parseTierConfig } from './config/tier-config.ts';
export type { RestorableFields } from './entry/cache-entry.ts';
export { CacheEntry } from './entry/cache-entry.ts';
export type { CacheEntryFields, CacheEntryJson } from './entry/cache-entry-fields.ts';
export type { CacheEntryInput, CacheEntryPatch, SecretInput } from './entry/cache-entry-input.ts';
export type { CacheKeyOptions } from './entry/cache-key.ts';
export { generateCacheKey } from './entry/cache-key.ts';
export {
  claimEntry,
  copyEntry,
  countAccess,
  isBuffered,
  markBuffered,
  promiseOf,
  raiseAccess,
} from './entry/entry-access.ts';
export type { EntryLabels, WantedLabels } from './entry/entry-labels.ts';
export {
  isLabelName,
  isLabelValue,
  labelProblems,
  labelTexts,
  MAX_LABEL_NAME,
  MAX_LABEL_VALUE,
  MAX_LABELS,
  NO_LABELS,
  parseLabelTexts,
  toLabels,
} from './entry/entry-labels.ts';
export { extractUrlCredentials } from './entry/extract-url-credentials.ts';
export { isTooLongKey, MAX_KEY_BYTES } from './entry/key-length.ts';
export { maskPlainFields } from './entry/mask-plain-fields.ts';
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
export { errorCode } from './errors/error-code.ts';
export type { ThrowProblemsOptions } from './errors/problems.ts';
export { Problems } from './errors/problems.ts';
export { reasonToShow } from './errors/reason-to-show.ts';
export type { DirectoryChecks } from './files/directory-checks.ts';
export { DIRECTORY_CHECKS, DIRECTORY_CHECKS_PROBLEM, isDirectoryChecks } from './files/directory-checks.ts';
export type { FileGuardOptions } from './files/file-guard.ts';
export { FileGuard } from './files/file-guard.ts';
export { makePrivateFolders, syncFolder } from './files/make-private-folders.ts';
export type { RegularFile, RegularFileOptions } from './files/open-regular-file.ts';
export { openRegularFile } from './files/open-regular-file.ts';
export type { UnsafePath } from './files/unsafe-path.ts';
export { unsafePath } from './files/unsafe-path.ts';
export type { HealthCheck, HealthCheckResult } from './health/health-check.ts';
export { changedEntry, checkRecordArguments, maskHealthCheck, parseHealthCheck } from './health/health-check.ts';
export type { HealthHistoryOptions, HealthRecord } from './health/health-record.ts';
export { parseHealthHistoryOptions } from './health/health-record.ts';
export type { HealthSchedule } from './health/health-schedule.ts';
export { checkHealthSchedule, HEALTH_SCHEDULE } from './health/health-schedule.ts';
export { HEALTH_STATUSES, HealthStatus, isHealthStatus } from './health/health-status.ts';
export type { HealthThresholds } from './health/health-thresholds.ts';
export { checkHealthThresholds, HEALTH_THRESHOLDS } from './health/health-thresholds.ts';
export type { HealthRules } from './health/health-transition.ts';
export { afterFailure, afterHealthCheck } from './health/health-transition.ts';
export { ignoreRejection } from './ignore-rejection.ts';
export type { LogFields, Logger } from './logger.ts';
export { calmLogger, silentLogger } from './logger.ts';
export type { KnownSecret } from './masking/mask-credentials.ts';
export { MAX_MASKED_LENGTH, maskCredentials, maskProxyUrl } from './masking/mask-credentials.ts';
export type { MaybePromise } from './maybe-promise.ts';
export { allOf, chain, isPromise } from './maybe-promise.ts';
export type { ProcessIdentity } from './process/process-identity.ts';
export { certainIdentity, hasEnded, ownIdentity } from './process/process-identity.ts';
export { runAtExit } from './process/run-at-exit.ts';
export type { ProxyHostResult } from './proxy-url/proxy-host.ts';
export { parseProxyHost } from './proxy-url/proxy-host.ts';
export { originOf } from './proxy-url/proxy-origin.ts';
export type { ParsedProxyUrl, ProxyScheme, ProxyUrlResult } from './proxy-url/proxy-url.ts';
export { PROXY_SCHEMES, parseProxyUrl } from './proxy-url/proxy-url.ts';
export { checkFilter } from './query/check-filter.ts';
export type { EntryCursor } from './query/entry-cursor.ts';
export { formatCursor, parseCursor } from './query/entry-cursor.ts';
export type { CountRange, EntryFilter, EntryOrder, EntryPage, TimeRange } from './query/entry-filter.ts';
export { DEFAULT_PAGE_SIZE, ENTRY_ORDERS } from './query/entry-filter.ts';
export { filterTest } from './query/filter-test.ts';
export { labelTest } from './query/label-test.ts';
export { queryEntries } from './query/query-entries.ts';
export type { SealedCredentials } from './record/entry-to-record.ts';
export { entryToRecord, sealCredentials } from './record/entry-to-record.ts';
export type { ProxyRecord } from './record/record.ts';
export { RECORD_MEMBERS } from './record/record.ts';
export { recordChecksum } from './record/record-checksum.ts';
export { openCredential, recordToEntry } from './record/record-to-entry.ts';
export type { ResealCounts, ResealedTokens, TokenMember } from './record/reseal.ts';
export { fateOfTokens, resealTokens, sealState, TOKEN_MEMBERS } from './record/reseal.ts';
export type { ResealedText } from './record/reseal-text.ts';
export { LONGEST_TRACE, mayHoldToken, resealText } from './record/reseal-text.ts';
export { hasRottedKey } from './record/rotted-key.ts';
export type { CredentialBinding, CredentialRole, SealedRole } from './secrets/credential-binding.ts';
export { checkBinding } from './secrets/credential-binding.ts';
export type { CredentialCipher, TokenState } from './secrets/secret.ts';
export { SECRET_MASK, Secret } from './secrets/secret.ts';
export type { CacheStatisticsInput } from './statistics/cache-statistics.ts';
export { CacheStatistics } from './statistics/cache-statistics.ts';
export type { TierReport } from './statistics/tier-report.ts';
export type { TierCounts } from './statistics/tier-statistics.ts';
export { RemovalReason, TierStatistics } from './statistics/tier-statistics.ts';
export { compareTexts } from './text/compare-texts.ts';
export { trimInvisible } from './text/invisible-characters.ts';
export { BaseTier } from './tier/base-tier.ts';
export type {
  AccessUpdate,
  CacheTier,
  ChangeListener,
  EvictionListener,
  TierCapabilities,
  TierChanges,
  TierContext,
  TierFactory,
  TierHealthChecks,
  TierLeases,
} from './tier/cache-tier.ts';
export { TIER_CONTRACT_VERSION } from './tier/cache-tier.ts';
export type { SideValues } from './tier/side-values.ts';
export { checkSideValue, isSideValue, MAX_SIDE_VALUE } from './tier/side-values.ts';
export type { TierStatus } from './tier/tier-lifecycle.ts';
export type { TierDescription, TierEntries, TierMode, TierOptions, TierResult } from './tier/tier-options.ts';
export type { ClaimedPart } from './tier/tier-parts.ts';
export { TIER_PARTS } from './tier/tier-parts.ts';
export { CacheTierType, L2BackendType, TierType } from './tier/tier-type.ts';
export type { Clock } from './time/clock.ts';
export { systemClock } from './time/clock.ts';
export {
  formatInstant,
  fromEpochSeconds,
  isInstant,
  MAX_INSTANT,
  MIN_INSTANT,
  parseInstant,
  toEpochSeconds,
  toStorable,
} from './time/instant.ts';
export type { InstantInput } from './time/to-instant.ts';
export { toInstant } from './time/to-instant.ts';
