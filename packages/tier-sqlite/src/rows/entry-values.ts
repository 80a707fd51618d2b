import type { CacheEntry, CredentialCipher, EntryLabels } from '@pw/cache-models';
import { labelTexts, sealCredentials, toEpochSeconds } from '@pw/cache-models/tier';

/** A value as better-sqlite3 takes and returns it. */
export type StoredValue = string | number | Uint8Array | null;

/** The 22 stored values of an entry in the order of `ENTRY_COLUMNS`: times are epoch seconds, flags 0 or 1. */
export type EntryValues = readonly StoredValue[];

/** Index of each value in {@link EntryValues}. */
export const At = Object.freeze({
  KEY: 0,
  PROXY_URL: 1,
  USERNAME: 2,
  PASSWORD: 3,
  SOURCE: 4,
  FETCH_TIME: 5,
  LAST_ACCESSED: 6,
  ACCESS_COUNT: 7,
  TTL_SECONDS: 8,
  EXPIRES_AT: 9,
  HEALTH_STATUS: 10,
  FAILURE_COUNT: 11,
  EVICTED: 12,
  LAST_HEALTH_CHECK: 13,
  CONSECUTIVE_FAILURES: 14,
  CONSECUTIVE_SUCCESSES: 15,
  RECOVERY_ATTEMPT: 16,
  NEXT_CHECK_TIME: 17,
  LAST_HEALTH_ERROR: 18,
  TOTAL_CHECKS: 19,
  TOTAL_CHECK_FAILURES: 20,
  LABELS: 21,
} as const);

/**
 * An entry as stored values, with encrypted credentials. Throws a CacheValidationError if it has credentials and there
 * is no cipher.
 */
export function entryToValues(entry: CacheEntry, cipher: CredentialCipher | undefined): EntryValues {
  const { username, password } = sealCredentials(entry, cipher);
  return [
    entry.key,
    entry.proxyUrl,
    nullIfEmpty(username),
    nullIfEmpty(password),
    entry.source,
    seconds(entry.fetchTime),
    seconds(entry.lastAccessed),
    entry.accessCount,
    entry.ttlSeconds,
    seconds(entry.expiresAt),
    entry.healthStatus,
    entry.failureCount,
    entry.evictedFromL1 ? 1 : 0,
    optionalSeconds(entry.lastHealthCheck),
    entry.consecutiveHealthFailures,
    entry.consecutiveHealthSuccesses,
    entry.recoveryAttempt,
    optionalSeconds(entry.nextCheckTime),
    entry.lastHealthError,
    entry.totalHealthChecks,
    entry.totalHealthCheckFailures,
    labelsColumn(entry.labels),
  ];
}

/** Epoch milliseconds as the seconds of a REAL column. The addition turns -0 into 0, as SQLite has no negative zero. */
export function seconds(instant: number): number {
  return toEpochSeconds(instant) + 0;
}

function optionalSeconds(instant: number | null): number | null {
  return instant === null ? null : seconds(instant);
}

/** Labels as the side table stores them. */
function labelsColumn(labels: EntryLabels): string | null {
  const texts = labelTexts(labels);
  return texts.length === 0 ? null : JSON.stringify(texts);
}

/** The empty secret is stored as NULL, as ProxyWhirl does. */
function nullIfEmpty(token: Uint8Array | null): Uint8Array | null {
  return token === null || token.byteLength === 0 ? null : token;
}
