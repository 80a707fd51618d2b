export type { ArgumentKind } from '../arguments/argument-kinds.ts';
export { Kinds, nullable, oneOf, optional, wholeNumber } from '../arguments/argument-kinds.ts';
export type { FieldError } from '../arguments/check-argument.ts';
export { checkArgument } from '../arguments/check-argument.ts';
export type { CheckOptionsOptions } from '../arguments/check-options.ts';
export { checkOptionsObject, objectWith, problemsOfOptions } from '../arguments/check-options.ts';
export { checkOneOptionsObject } from '../arguments/one-options-object.ts';
export { unknownMembers } from '../arguments/unknown-members.ts';
export { addHits } from '../entry/add-hits.ts';
export type { RestorableFields } from '../entry/cache-entry.ts';
export {
  addAccess,
  claimEntry,
  copyEntry,
  countAccess,
  isBuffered,
  markBuffered,
  promiseOf,
} from '../entry/entry-access.ts';
export {
  isLabelName,
  isLabelValue,
  labelProblems,
  labelTexts,
  parseLabelTexts,
  toLabels,
} from '../entry/entry-labels.ts';
export { isVersion, nextVersion, nextVersionAlone, stampEntry, versionOf } from '../entry/entry-version.ts';
export { extractUrlCredentials } from '../entry/extract-url-credentials.ts';
export { isTooLongKey } from '../entry/key-length.ts';
export { maskPlainFields } from '../entry/mask-plain-fields.ts';
export { errorCode } from '../errors/error-code.ts';
export type { ThrowProblemsOptions } from '../errors/problems.ts';
export { Problems } from '../errors/problems.ts';
export { reasonToShow } from '../errors/reason-to-show.ts';
export { DIRECTORY_CHECKS, DIRECTORY_CHECKS_PROBLEM, isDirectoryChecks } from '../files/directory-checks.ts';
export type { FileGuardOptions } from '../files/file-guard.ts';
export { FileGuard } from '../files/file-guard.ts';
export { makePrivateFolders, syncFolder } from '../files/make-private-folders.ts';
export type { RegularFile, RegularFileOptions } from '../files/open-regular-file.ts';
export { openRegularFile } from '../files/open-regular-file.ts';
export type { UnsafePath } from '../files/unsafe-path.ts';
export { unsafePath } from '../files/unsafe-path.ts';
export type { HealthCheck } from '../health/health-check.ts';
export { checkRecordArguments, maskHealthCheck, parseHealthCheck } from '../health/health-check.ts';
export { parseHealthHistoryOptions } from '../health/health-record.ts';
export { checkHealthSchedule, HEALTH_SCHEDULE } from '../health/health-schedule.ts';
export { checkHealthThresholds, HEALTH_THRESHOLDS } from '../health/health-thresholds.ts';
export type { HealthRules } from '../health/health-transition.ts';
export { afterFailure, afterHealthCheck } from '../health/health-transition.ts';
export { ignoreRejection } from '../ignore-rejection.ts';
export { calmLogger } from '../logger.ts';
export type { KnownSecret } from '../masking/mask-credentials.ts';
export { MAX_MASKED_LENGTH } from '../masking/mask-credentials.ts';
export { allOf, chain, isPromise } from '../maybe-promise.ts';
export type { ProcessIdentity } from '../process/process-identity.ts';
export { certainIdentity, hasEnded, ownIdentity } from '../process/process-identity.ts';
export { runAtExit } from '../process/run-at-exit.ts';
export type { ProxyHostResult } from '../proxy-url/proxy-host.ts';
export { parseProxyHost } from '../proxy-url/proxy-host.ts';
export { originOf } from '../proxy-url/proxy-origin.ts';
export { checkFilter } from '../query/check-filter.ts';
export type { EntryCursor } from '../query/entry-cursor.ts';
export { formatCursor, parseCursor } from '../query/entry-cursor.ts';
export { filterTest } from '../query/filter-test.ts';
export { labelTest } from '../query/label-test.ts';
export { queryEntries } from '../query/query-entries.ts';
export type { SealedCredentials } from '../record/entry-to-record.ts';
export { sealCredentials } from '../record/entry-to-record.ts';
export { RECORD_MEMBERS } from '../record/record.ts';
export { openCredential } from '../record/record-to-entry.ts';
export type { ResealCounts, ResealedTokens, TokenMember } from '../record/reseal.ts';
export { fateOfTokens, resealTokens, sealState, TOKEN_MEMBERS } from '../record/reseal.ts';
export type { ResealedText } from '../record/reseal-text.ts';
export { LONGEST_TRACE, mayHoldToken, resealText } from '../record/reseal-text.ts';
export { hasRottedKey } from '../record/rotted-key.ts';
export type { SealedRole } from '../secrets/credential-binding.ts';
export { checkBinding } from '../secrets/credential-binding.ts';
export { compareTexts } from '../text/compare-texts.ts';
export { trimInvisible } from '../text/invisible-characters.ts';
export {
  formatInstant,
  fromEpochSeconds,
  isInstant,
  MAX_INSTANT,
  MIN_INSTANT,
  parseInstant,
  toEpochSeconds,
  toStorable,
} from '../time/instant.ts';
export { toInstant } from '../time/to-instant.ts';
export { BaseTier } from './base-tier.ts';
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
} from './cache-tier.ts';
export { TIER_CONTRACT_VERSION } from './cache-tier.ts';
export { changedEntry, changedOrRemoved, ENTRY_CHANGE } from './entry-change.ts';
export type { SideValues } from './side-values.ts';
export { checkSideValue, isSideValue, MAX_SIDE_VALUE } from './side-values.ts';
export type { TierStatus } from './tier-lifecycle.ts';
export type {
  LoggedAnswer,
  LoggedUpdateOptions,
  LoggedWrite,
  LoggedWriteOptions,
  LogPage,
  LogRow,
  TierLog,
} from './tier-log.ts';
export { LOG_KEEPS } from './tier-log.ts';
export type { MarkedRecord, Marks, RecordChange, TierMarks } from './tier-marks.ts';
export type { TierDescription, TierEntries, TierMode, TierOptions, TierResult } from './tier-options.ts';
export type { ClaimedPart } from './tier-parts.ts';
export { TIER_PARTS } from './tier-parts.ts';
