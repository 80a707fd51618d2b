import { Kinds, optional } from '../arguments/argument-kinds.ts';
import { checkArgument } from '../arguments/check-argument.ts';
import { CacheEntry } from '../entry/cache-entry.ts';
import { type EntryLabels, labelProblems, NO_LABELS, parseLabelTexts, toLabels } from '../entry/entry-labels.ts';
import { isTooLongKey, MAX_KEY_BYTES } from '../entry/key-length.ts';
import { CacheCorruptionError, CredentialUnreadableError } from '../errors/cache-error.ts';
import { isHealthStatus } from '../health/health-status.ts';
import { originOf } from '../proxy-url/proxy-origin.ts';
import type { CredentialBinding, CredentialRole } from '../secrets/credential-binding.ts';
import { checkBinding } from '../secrets/credential-binding.ts';
import type { CredentialCipher } from '../secrets/secret.ts';
import { Secret } from '../secrets/secret.ts';
import { fromEpochSeconds, isInstant, parseInstant } from '../time/instant.ts';

const CIPHER = optional(Kinds.cipher);

type Raw = Readonly<Record<string, unknown>>;

/**
 * Decodes ProxyWhirl's JSON record, as leniently as ProxyWhirl does: whole numbers may be strings, times may be epoch
 * seconds or have any offset or none (UTC), health members may be missing, unknown members are ignored, credentials may
 * be unencrypted. Everything that ProxyWhirl can store is preserved exactly, even a URL that {@link CacheEntry.create}
 * would refuse.
 *
 * A token is accepted only if it belongs to the record's own proxy, as far as the cipher can tell.
 *
 * Throws a CacheCorruptionError that names the member, or a CacheError with code `CACHE_CREDENTIAL_UNREADABLE` if no
 * key opens a token or there is no cipher. Neither shows a value.
 *
 * @example
 * ```ts
 * const entry = recordToEntry(JSON.parse(line), cipher);
 * ```
 */
export function recordToEntry(record: unknown, cipher: CredentialCipher | undefined): CacheEntry {
  if (cipher !== undefined && typeof cipher?.decrypt !== 'function') checkArgument('cipher', cipher, CIPHER);
  if (typeof record !== 'object' || record === null || Array.isArray(record))
    throw damaged('record', 'is not an object');
  const raw = record as Raw;
  const proxyUrl = readString(raw, 'proxy_url');
  const username = readSecret(raw, 'username', proxyUrl, cipher);
  const password = readSecret(raw, 'password', proxyUrl, cipher);
  return CacheEntry.restore({
    key: readKey(raw),
    proxyUrl,
    username,
    password,
    source: readString(raw, 'source'),
    fetchTime: readInstant(raw, 'fetch_time'),
    lastAccessed: readInstant(raw, 'last_accessed'),
    accessCount: readInteger(raw, 'access_count', 0),
    ttlSeconds: readCount(raw, 'ttl_seconds'),
    expiresAt: readInstant(raw, 'expires_at'),
    healthStatus: readStatus(raw),
    failureCount: readCount(raw, 'failure_count', 0),
    evictedFromL1: readFlag(raw, 'evicted_from_l1'),
    lastHealthCheck: readOptionalInstant(raw, 'last_health_check'),
    consecutiveHealthFailures: readCount(raw, 'consecutive_health_failures', 0),
    consecutiveHealthSuccesses: readCount(raw, 'consecutive_health_successes', 0),
    recoveryAttempt: readCount(raw, 'recovery_attempt', 0),
    nextCheckTime: readOptionalInstant(raw, 'next_check_time'),
    lastHealthError: raw['last_health_error'] == null ? null : readString(raw, 'last_health_error'),
    totalHealthChecks: readCount(raw, 'total_health_checks', 0),
    totalHealthCheckFailures: readCount(raw, 'total_health_check_failures', 0),
    labels: readLabels(raw),
  });
}

/**
 * Wraps a stored token, to be decrypted when it is revealed. A `get` never returns credentials that cannot be opened,
 * so the cipher verifies the token now: nothing else that is stored can vouch for it. Returns `null` for zero bytes,
 * which mean no credential. Throws a CacheError with code `CACHE_CREDENTIAL_UNREADABLE`, also for a token that is bound
 * to another proxy or role.
 */
export function openCredential(
  token: Uint8Array,
  cipher: CredentialCipher | undefined,
  binding: CredentialBinding,
): Secret | null {
  if (!(token instanceof Uint8Array)) checkArgument('token', token, Kinds.bytes);
  if (cipher !== undefined && typeof cipher?.decrypt !== 'function') checkArgument('cipher', cipher, CIPHER);
  checkBinding(binding);
  if (token.byteLength === 0) return null;
  if (cipher === undefined) throw new CredentialUnreadableError('unknown', 'there is no cipher');
  if (cipher.stateOf === undefined) return cipher.decrypt(token, binding);
  const state = cipher.stateOf(token, binding);
  if (state === 'current' || state === 'stale') return Secret.sealed(token, cipher, binding, state);
  throw new CredentialUnreadableError(state);
}

function readSecret(
  raw: Raw,
  role: CredentialRole,
  proxyUrl: string,
  cipher: CredentialCipher | undefined,
): Secret | null {
  const hex = raw[`${role}_encrypted`];
  if (hex === undefined || hex === null || hex === '') {
    const plain = raw[role];
    return typeof plain === 'string' && plain !== '' ? Secret.of(plain) : null;
  }
  // The decoder stops at the first character that is not hex, so a shorter result reveals one.
  const token = typeof hex === 'string' ? Buffer.from(hex, 'hex') : undefined;
  if (token === undefined || token.length * 2 !== (hex as string).length)
    throw new CredentialUnreadableError('unknown', `${role}_encrypted is not hex`);
  return openCredential(token, cipher, { role, origin: originOf(proxyUrl) });
}

function readKey(raw: Raw): string {
  const key = readString(raw, 'key');
  if (!isTooLongKey(key)) return key;
  throw damaged('key', `is longer than ${MAX_KEY_BYTES} bytes`);
}

function readString(raw: Raw, name: string): string {
  const value = raw[name];
  if (typeof value === 'string') return value;
  throw damaged(name, 'is not a string');
}

/** Labels as `entryToRecord` writes them, or as an object of names and strings, which other programs would write. */
function readLabels(raw: Raw): EntryLabels {
  const given = raw['labels'];
  if (given === undefined || given === null) return NO_LABELS;
  const found = parseLabelTexts(given);
  if (found !== undefined) return found;
  if (labelProblems(given).length === 0) return toLabels(given as EntryLabels);
  throw damaged('labels', 'are not labels');
}

/**
 * An integer as pydantic's lax mode reads it: a whole number, or a string of one. Python's integers are unbounded;
 * beyond 2^53, the result is the nearest number.
 */
function readInteger(raw: Raw, name: string, missing?: number): number {
  const value = raw[name];
  if (typeof value === 'number' && Number.isInteger(value)) return value;
  if (typeof value === 'string' && /^\s*[+-]?\d+(\.0+)?\s*$/.test(value)) {
    const number = Number(value);
    if (Number.isFinite(number)) return number;
  }
  if (value === undefined && missing !== undefined) return missing;
  throw damaged(name, 'is not a whole number');
}

function readCount(raw: Raw, name: string, missing?: number): number {
  const value = readInteger(raw, name, missing);
  if (value < 0) throw damaged(name, 'is negative');
  if (!Number.isSafeInteger(value)) throw damaged(name, 'is more than 2^53 - 1');
  return value;
}

const TRUE_STRINGS: ReadonlySet<string> = new Set(['1', 't', 'true', 'y', 'yes', 'on']);
const FALSE_STRINGS: ReadonlySet<string> = new Set(['0', 'f', 'false', 'n', 'no', 'off']);

/** A boolean as pydantic's lax mode reads it. */
function readFlag(raw: Raw, name: string): boolean {
  const value = raw[name];
  if (typeof value === 'boolean') return value;
  if (value === undefined) return false;
  const text = typeof value === 'string' || typeof value === 'number' ? String(value).toLowerCase() : '';
  if (TRUE_STRINGS.has(text)) return true;
  if (FALSE_STRINGS.has(text)) return false;
  throw damaged(name, 'is not true or false');
}

function readStatus(raw: Raw) {
  const value = raw['health_status'];
  if (value === undefined) return 'unknown';
  if (isHealthStatus(value)) return value;
  throw damaged('health_status', 'is not a known state');
}

function readOptionalInstant(raw: Raw, name: string): number | null {
  return raw[name] == null ? null : readInstant(raw, name);
}

function readInstant(raw: Raw, name: string): number {
  const value = raw[name];
  const time =
    typeof value === 'string' ? parseInstant(value) : typeof value === 'number' ? fromEpochSeconds(value) : undefined;
  if (time !== undefined && isInstant(time)) return time;
  throw damaged(name, 'is not a time');
}

function damaged(member: string, problem: string): CacheCorruptionError {
  return new CacheCorruptionError(`stored record: ${member} ${problem}`);
}
