import type { CacheEntry } from './cache-entry.ts';
import { CacheValidationError } from './cache-error.ts';
import { formatInstant } from './instant.ts';
import type { ProxyRecord } from './record.ts';
import type { CredentialCipher, Secret } from './secret.ts';

/**
 * An entry as ProxyWhirl's JSON record, credentials sealed.
 * Throws a CacheValidationError if the entry has credentials and there is no cipher: they are never written in clear.
 */
export function entryToRecord(entry: CacheEntry, cipher: CredentialCipher | undefined): ProxyRecord {
  const record: ProxyRecord = {
    key: entry.key,
    proxy_url: entry.proxyUrl,
    source: entry.source,
    fetch_time: formatInstant(entry.fetchTime),
    last_accessed: formatInstant(entry.lastAccessed),
    access_count: entry.accessCount,
    ttl_seconds: entry.ttlSeconds,
    expires_at: formatInstant(entry.expiresAt),
    health_status: entry.healthStatus,
    failure_count: entry.failureCount,
    evicted_from_l1: entry.evictedFromL1,
    last_health_check: optional(entry.lastHealthCheck),
    consecutive_health_failures: entry.consecutiveHealthFailures,
    consecutive_health_successes: entry.consecutiveHealthSuccesses,
    recovery_attempt: entry.recoveryAttempt,
    next_check_time: optional(entry.nextCheckTime),
    last_health_error: entry.lastHealthError,
    total_health_checks: entry.totalHealthChecks,
    total_health_check_failures: entry.totalHealthCheckFailures,
  };
  if (entry.username !== null) record.username_encrypted = toHex(sealCredential(entry.username, cipher));
  if (entry.password !== null) record.password_encrypted = toHex(sealCredential(entry.password, cipher));
  return record;
}

/** The sealed token of a credential. Throws a CacheValidationError without a cipher. */
export function sealCredential(secret: Secret, cipher: CredentialCipher | undefined): Uint8Array {
  if (cipher !== undefined) return secret.seal(cipher);
  throw new CacheValidationError('entry: has credentials, and there is no cipher to seal them');
}

/** The fingerprint to keep beside the checksum of an entry's record: of the key that sealed its credentials, if it has any. */
export function fingerprintFor(entry: CacheEntry, cipher: CredentialCipher | undefined): string | undefined {
  return entry.hasCredentials ? cipher?.keyFingerprint : undefined;
}

function optional(instant: number | null): string | null {
  return instant === null ? null : formatInstant(instant);
}

function toHex(token: Uint8Array): string {
  return Buffer.from(token.buffer, token.byteOffset, token.byteLength).toString('hex');
}
