import {
  CacheCorruptionError,
  CacheEntry,
  type CredentialCipher,
  type CredentialRole,
  type EntryLabels,
  type HealthStatus,
  isHealthStatus,
  NO_LABELS,
  type Secret,
} from '@pw/cache-models';
import {
  fromEpochSeconds,
  isInstant,
  isTooLongKey,
  isVersion,
  openCredential,
  originOf,
  parseLabelTexts,
  stampEntry,
} from '@pw/cache-models/tier';
import { ENTRY_COLUMNS } from '../schema/table-layout.ts';
import { type EntryRow, RowAt } from './entry-row.ts';
import { At, type EntryValues, type StoredValue } from './entry-values.ts';
import type { RowChecksums } from './row-checksums.ts';

/**
 * Decodes a row, and checks every value. A row that we wrote must also match its checksums. A row that ProxyWhirl wrote
 * has none; labels, and in L2 the health fields, are taken from its side row only if the rest of the row is as we left
 * it.
 *
 * Throws a CacheCorruptionError that names the problem, or a CacheError with code `CACHE_CREDENTIAL_UNREADABLE`.
 * Neither contains a value.
 */
export function decodeRow(
  row: EntryRow,
  checksums: RowChecksums,
  cipher: CredentialCipher | undefined,
  healthInSide: boolean,
): CacheEntry {
  const version = row[RowAt.VERSION] ?? null;
  const recordMatches = row[RowAt.CHECKSUM] === checksums.ofRecord(row, version);
  const matches = recordMatches && row[RowAt.ACCESS_CHECKSUM] === checksums.ofRowAccess(row);
  if (!matches) {
    if (row[RowAt.OURS] === 1) throw new CacheCorruptionError('stored row: does not match its checksum');
    if (!recordMatches) {
      row[RowAt.VERSION] = null;
      row[At.LABELS] = null;
      if (healthInSide) row.fill(null, At.LAST_HEALTH_CHECK, At.TOTAL_CHECK_FAILURES + 1);
    }
    fillDefaults(row);
    if (!isSafeWhole(row[At.ACCESS_COUNT])) throw damaged(At.ACCESS_COUNT, 'is not a whole number in range');
  }
  checkValues(row);
  if (recordMatches && version !== null && !isVersion(version))
    throw new CacheCorruptionError('stored row: version is not a count');
  const entry = CacheEntry.restore({
    key: row[At.KEY] as string,
    proxyUrl: row[At.PROXY_URL] as string,
    username: open(row, 'username', cipher),
    password: open(row, 'password', cipher),
    source: row[At.SOURCE] as string,
    fetchTime: fromEpochSeconds(row[At.FETCH_TIME] as number),
    lastAccessed: fromEpochSeconds(row[At.LAST_ACCESSED] as number),
    accessCount: row[At.ACCESS_COUNT] as number,
    ttlSeconds: row[At.TTL_SECONDS] as number,
    expiresAt: fromEpochSeconds(row[At.EXPIRES_AT] as number),
    healthStatus: row[At.HEALTH_STATUS] as HealthStatus,
    failureCount: row[At.FAILURE_COUNT] as number,
    evictedFromL1: row[At.EVICTED] !== 0,
    lastHealthCheck: optionalInstant(row[At.LAST_HEALTH_CHECK]!),
    consecutiveHealthFailures: row[At.CONSECUTIVE_FAILURES] as number,
    consecutiveHealthSuccesses: row[At.CONSECUTIVE_SUCCESSES] as number,
    recoveryAttempt: row[At.RECOVERY_ATTEMPT] as number,
    nextCheckTime: optionalInstant(row[At.NEXT_CHECK_TIME]!),
    lastHealthError: row[At.LAST_HEALTH_ERROR] as string | null,
    totalHealthChecks: row[At.TOTAL_CHECKS] as number,
    totalHealthCheckFailures: row[At.TOTAL_CHECK_FAILURES] as number,
    labels: labelsOf(row[At.LABELS]!),
  });
  return recordMatches && version !== null ? stampEntry(entry, version as number) : entry;
}

const TEXTS = [At.KEY, At.PROXY_URL, At.SOURCE] as const;
const TOKENS = [At.USERNAME, At.PASSWORD] as const;
const TIMES = [At.FETCH_TIME, At.LAST_ACCESSED, At.EXPIRES_AT] as const;
const OPTIONAL_TIMES = [At.LAST_HEALTH_CHECK, At.NEXT_CHECK_TIME] as const;
const COUNTS = [
  At.TTL_SECONDS,
  At.FAILURE_COUNT,
  At.CONSECUTIVE_FAILURES,
  At.CONSECUTIVE_SUCCESSES,
  At.RECOVERY_ATTEMPT,
  At.TOTAL_CHECKS,
  At.TOTAL_CHECK_FAILURES,
] as const;

/** Fills in the defaults of columns that are NULL in a row of an older ProxyWhirl. */
function fillDefaults(row: EntryRow): void {
  row[At.HEALTH_STATUS] ??= 'unknown';
  row[At.ACCESS_COUNT] ??= 0;
  row[At.EVICTED] ??= 0;
  for (const at of COUNTS) if (at !== At.TTL_SECONDS) row[at] ??= 0;
}

/**
 * Also needed for a row with a valid checksum, which only guards against accidents: anybody can compute one for a value
 * that a column must not contain.
 */
function checkValues(row: EntryRow): void {
  for (const at of TEXTS) if (typeof row[at] !== 'string') throw damaged(at, 'is not a string');
  if (isTooLongKey(row[At.KEY] as string)) throw damaged(At.KEY, 'is too long');
  for (const at of TOKENS) if (typeof row[at] === 'number') throw damaged(at, 'is not a token');
  for (const at of TIMES) if (!isTime(row[at]!)) throw damaged(at, 'is not a time');
  for (const at of OPTIONAL_TIMES) if (row[at] !== null && !isTime(row[at]!)) throw damaged(at, 'is not a time');
  for (const at of COUNTS) if (!isSafeWhole(row[at]!) || (row[at] as number) < 0) throw damaged(at, 'is not a count');
  // ProxyWhirl allows an access count below 0, and its records, which we store, allow one beyond 2^53.
  if (!Number.isInteger(row[At.ACCESS_COUNT])) throw damaged(At.ACCESS_COUNT, 'is not a whole number');
  if (row[At.EVICTED] !== 0 && row[At.EVICTED] !== 1) throw damaged(At.EVICTED, 'is not 0 or 1');
  if (!isHealthStatus(row[At.HEALTH_STATUS])) throw damaged(At.HEALTH_STATUS, 'is not a known state');
  const error = row[At.LAST_HEALTH_ERROR];
  if (error !== null && typeof error !== 'string') throw damaged(At.LAST_HEALTH_ERROR, 'is not a string');
}

function isTime(value: StoredValue): boolean {
  return typeof value === 'number' && isInstant(fromEpochSeconds(value));
}

function isSafeWhole(value: EntryValues[number] | undefined): boolean {
  return Number.isSafeInteger(value);
}

function damaged(at: number, problem: string): CacheCorruptionError {
  return new CacheCorruptionError(`stored row: ${ENTRY_COLUMNS[at]} ${problem}`);
}

function optionalInstant(value: StoredValue): number | null {
  return value === null ? null : fromEpochSeconds(value as number);
}

function labelsOf(value: StoredValue): EntryLabels {
  if (value === null) return NO_LABELS;
  const labels = typeof value === 'string' ? parseLabelTexts(parseJson(value)) : undefined;
  if (labels !== undefined) return labels;
  throw damaged(At.LABELS, 'are not a valid list of labels');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The error of the parser quotes its input.
    return undefined;
  }
}

/** A token is a blob of ASCII bytes; older programs may have stored it as a string. */
function open(row: EntryRow, role: CredentialRole, cipher: CredentialCipher | undefined): Secret | null {
  const token = row[role === 'username' ? At.USERNAME : At.PASSWORD];
  if (token == null) return null;
  const bytes = token instanceof Uint8Array ? token : Buffer.from(String(token), 'latin1');
  return openCredential(bytes, cipher, { role, origin: originOf(row[At.PROXY_URL] as string) });
}
