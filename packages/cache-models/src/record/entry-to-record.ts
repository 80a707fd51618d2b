import { Kinds, optional } from '../arguments/argument-kinds.ts';
import { checkArgument } from '../arguments/check-argument.ts';
import { CacheEntry } from '../entry/cache-entry.ts';
import { labelTexts } from '../entry/entry-labels.ts';
import { CacheValidationError } from '../errors/cache-error.ts';
import { originOf } from '../proxy-url/proxy-origin.ts';
import type { CredentialCipher } from '../secrets/secret.ts';
import { formatInstant } from '../time/instant.ts';
import type { ProxyRecord } from './record.ts';

/**
 * Encodes an entry as ProxyWhirl's JSON record, with sealed credentials. Throws a CacheValidationError if the entry has
 * credentials and there is no cipher: they are never written unencrypted.
 *
 * @example
 * ```ts
 * const line = JSON.stringify(entryToRecord(entry, cipher));
 * ```
 */
export function entryToRecord(entry: CacheEntry, cipher: CredentialCipher | undefined): ProxyRecord {
  checkBoth(entry, cipher);
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
    last_health_check: formatOptionalInstant(entry.lastHealthCheck),
    consecutive_health_failures: entry.consecutiveHealthFailures,
    consecutive_health_successes: entry.consecutiveHealthSuccesses,
    recovery_attempt: entry.recoveryAttempt,
    next_check_time: formatOptionalInstant(entry.nextCheckTime),
    last_health_error: entry.lastHealthError,
    total_health_checks: entry.totalHealthChecks,
    total_health_check_failures: entry.totalHealthCheckFailures,
  };
  const labels = labelTexts(entry.labels);
  if (labels.length > 0) record.labels = labels;
  if (!entry.hasCredentials) return record;
  const { username, password } = sealCredentials(entry, cipher);
  if (username !== null) record.username_encrypted = toHex(username);
  if (password !== null) record.password_encrypted = toHex(password);
  return record;
}

/** The tokens of an entry's credentials; `null` for a credential that it does not have. */
export interface SealedCredentials {
  readonly username: Uint8Array | null;
  readonly password: Uint8Array | null;
}

/**
 * Seals an entry's credentials, bound to the entry's own proxy. For stores that do not use ProxyWhirl's JSON record.
 * Throws a CacheValidationError if the entry has credentials and there is no cipher.
 */
export function sealCredentials(entry: CacheEntry, cipher: CredentialCipher | undefined): SealedCredentials {
  checkBoth(entry, cipher);
  const { username, password } = entry;
  if (username === null && password === null) return NO_CREDENTIALS;
  if (cipher === undefined)
    throw new CacheValidationError('entry: has credentials, and there is no cipher to seal them');
  const origin = originOf(entry.proxyUrl);
  return {
    username: username === null ? null : username.seal(cipher, { role: 'username', origin }),
    password: password === null ? null : password.seal(cipher, { role: 'password', origin }),
  };
}

const CIPHER = optional(Kinds.cipher);
const NO_CREDENTIALS: SealedCredentials = Object.freeze({ username: null, password: null });

function formatOptionalInstant(instant: number | null): string | null {
  return instant === null ? null : formatInstant(instant);
}

function toHex(token: Uint8Array): string {
  return Buffer.from(token.buffer, token.byteOffset, token.byteLength).toString('hex');
}

function checkBoth(entry: CacheEntry, cipher: CredentialCipher | undefined): void {
  if (!CacheEntry.isCacheEntry(entry)) checkArgument('entry', entry, Kinds.entry);
  if (cipher !== undefined && typeof cipher?.encrypt !== 'function') checkArgument('cipher', cipher, CIPHER);
}
