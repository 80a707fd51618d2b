export type { ArgumentKind } from './arguments/argument-kinds.ts';
export { Kinds, nullable, oneOf, optional, wholeNumber } from './arguments/argument-kinds.ts';
export type { FieldError } from './arguments/check-argument.ts';
export { checkArgument } from './arguments/check-argument.ts';
export type { CheckOptionsOptions } from './arguments/check-options.ts';
export { checkOptionsObject, problemsOfOptions } from './arguments/check-options.ts';
export { BaseTier } from './base-tier.ts';
export type { CacheConfig, CacheConfigInput } from './cache-config.ts';
export { parseCacheConfig } from './cache-config.ts';
export type { RestorableFields } from './cache-entry.ts';
export { CacheEntry } from './cache-entry.ts';
export type { CacheEntryFields, CacheEntryJson } from './cache-entry-fields.ts';
export type { CacheEntryInput, CacheEntryPatch, InstantInput, SecretInput } from './cache-entry-input.ts';
export type { CacheErrorOptions, FieldErrorOptions, FieldProblem, UnreadableReason } from './cache-error.ts';
export {
  CacheConfigError,
  CacheCorruptionError,
  CacheError,
  CacheErrorCode,
  CacheStorageError,
  CacheValidationError,
  CredentialUnreadableError,
} from './cache-error.ts';
export type { CacheKeyOptions } from './cache-key.ts';
export { generateCacheKey } from './cache-key.ts';
export type { CacheStatisticsInput, TierReport } from './cache-statistics.ts';
export { CacheStatistics } from './cache-statistics.ts';
export type {
  AccessUpdate,
  CacheTier,
  ChangeListener,
  EvictionListener,
  TierCapabilities,
  TierContext,
  TierFactory,
  TierStatus,
  TouchedEntries,
} from './cache-tier.ts';
export { TIER_CONTRACT_VERSION } from './cache-tier.ts';
export { checkFilter } from './check-filter.ts';
export type { Clock } from './clock.ts';
export { systemClock } from './clock.ts';
export { compareTexts } from './compare-texts.ts';
export type { CredentialBinding, CredentialRole, SealedRole } from './credential-binding.ts';
export { checkBinding } from './credential-binding.ts';
export type { EntryCursor } from './entry-cursor.ts';
export { formatCursor, parseCursor } from './entry-cursor.ts';
export type { CountRange, EntryFilter, EntryOrder, EntryPage, TimeRange } from './entry-filter.ts';
export { DEFAULT_PAGE_SIZE, ENTRY_ORDERS } from './entry-filter.ts';
export type { EntryLabels, WantedLabels } from './entry-labels.ts';
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
} from './entry-labels.ts';
export type { SealedCredentials } from './entry-to-record.ts';
export { entryToRecord, sealCredentials } from './entry-to-record.ts';
export type { DirectoryChecks } from './files/directory-checks.ts';
export { DIRECTORY_CHECKS, DIRECTORY_CHECKS_PROBLEM, isDirectoryChecks } from './files/directory-checks.ts';
export type { FileGuardOptions } from './files/file-guard.ts';
export { FileGuard } from './files/file-guard.ts';
export { makePrivateFolders, syncFolder } from './files/make-private-folders.ts';
export type { RegularFile, RegularFileOptions } from './files/open-regular-file.ts';
export { openRegularFile } from './files/open-regular-file.ts';
export type { UnsafePath } from './files/unsafe-path.ts';
export { unsafePath } from './files/unsafe-path.ts';
export { filterTest } from './filter-test.ts';
export type { HealthCheck, HealthCheckResult } from './health-check.ts';
export { afterHealthCheck, maskHealthCheck, parseHealthCheck } from './health-check.ts';
export type { HealthHistoryOptions, HealthRecord } from './health-record.ts';
export { parseHealthHistoryOptions } from './health-record.ts';
export type { HealthSchedule } from './health-schedule.ts';
export { checkHealthSchedule } from './health-schedule.ts';
export { HEALTH_STATUSES, HealthStatus, isHealthStatus } from './health-status.ts';
export {
  formatInstant,
  fromEpochSeconds,
  isInstant,
  MAX_INSTANT,
  MIN_INSTANT,
  parseInstant,
  toEpochSeconds,
  toStorable,
} from './instant.ts';
export { trimInvisible } from './invisible-characters.ts';
export { isTooLongKey, MAX_KEY_BYTES } from './key-length.ts';
export { labelTest } from './label-test.ts';
export type { LogFields, Logger } from './logger.ts';
export { calmLogger, silentLogger } from './logger.ts';
export type { KnownSecret } from './mask-credentials.ts';
export { MAX_MASKED_LENGTH, maskCredentials, maskProxyUrl } from './mask-credentials.ts';
export { maskPlainFields } from './mask-plain-fields.ts';
export type { MaybePromise } from './maybe-promise.ts';
export { chain, isPromise } from './maybe-promise.ts';
export { moveUserInfo } from './move-user-info.ts';
export type { ProcessIdentity } from './process-identity.ts';
export { certainIdentity, hasEnded, ownIdentity } from './process-identity.ts';
export type { ProxyHostResult } from './proxy-host.ts';
export { parseProxyHost } from './proxy-host.ts';
export { originOf } from './proxy-origin.ts';
export type { ParsedProxyUrl, ProxyScheme, ProxyUrlResult } from './proxy-url.ts';
export { PROXY_SCHEMES, parseProxyUrl } from './proxy-url.ts';
export { queryEntries } from './query-entries.ts';
export { reasonToShow } from './reason-to-show.ts';
export type { ProxyRecord } from './record.ts';
export { RECORD_MEMBERS } from './record.ts';
export { recordChecksum } from './record-checksum.ts';
export { openCredential, recordToEntry } from './record-to-entry.ts';
export type { ResealCounts, ResealedTokens, TokenMember } from './reseal.ts';
export { fateOfTokens, resealTokens, sealState, TOKEN_MEMBERS } from './reseal.ts';
export type { ResealedText } from './reseal-text.ts';
export { LONGEST_TRACE, mayHoldToken, resealText } from './reseal-text.ts';
export { hasRottedKey } from './rotted-key.ts';
export { runAtExit } from './run-at-exit.ts';
export type { CredentialCipher, TokenState } from './secret.ts';
export { SECRET_MASK, Secret } from './secret.ts';
export type { SideValues } from './side-values.ts';
export { checkSideValue, isSideValue, MAX_SIDE_VALUE } from './side-values.ts';
export type { CacheTierConfig, CacheTierConfigInput } from './tier-config.ts';
export { EvictionPolicy, parseTierConfig } from './tier-config.ts';
export type { TierDescription, TierEntries, TierMode, TierOptions, TierResult } from './tier-options.ts';
export type { TierCounts } from './tier-statistics.ts';
export { RemovalReason, TierStatistics } from './tier-statistics.ts';
export { CacheTierType, L2BackendType, TierType } from './tier-type.ts';
export { toInstant } from './to-instant.ts';
export { unknownMembers } from './unknown-members.ts';
