import { z } from 'zod';
import { type ArgumentKind, Kinds, optional } from '../arguments/argument-kinds.ts';
import { parseWith } from '../arguments/parse-with.ts';
import { CacheValidationError } from '../errors/cache-error.ts';
import { HEALTH_STATUSES, HealthStatus } from '../health/health-status.ts';
import { type ParsedProxyUrl, readUrl } from '../proxy-url/proxy-url.ts';
import { Secret } from '../secrets/secret.ts';
import type { Clock } from '../time/clock.ts';
import { MAX_INSTANT, toStorable } from '../time/instant.ts';
import { type InstantInput, toInstant } from '../time/to-instant.ts';
import type { CacheEntryFields } from './cache-entry-fields.ts';
import { hashKey } from './cache-key.ts';
import { type EntryLabels, inOrder, labelProblems, NO_LABELS } from './entry-labels.ts';
import { isTooLongKey, MAX_KEY_BYTES } from './key-length.ts';
import { withoutCredentials } from './mask-plain-fields.ts';

const DEFAULT_TTL_SECONDS = 3600;
const DEFAULT_SOURCE = 'manual';

const text = z.string().refine((value) => value.isWellFormed(), 'must be well-formed Unicode (no lone surrogate)');
const count = z.int('must be a whole number').min(0, 'must be 0 or more');
const status = z.enum(HEALTH_STATUSES as [HealthStatus, ...HealthStatus[]]);

const instant = z.custom<InstantInput>().transform((value: unknown, context): number => {
  const time = toInstant(value as InstantInput);
  if (time !== undefined) return time;
  context.addIssue('must be epoch milliseconds, a Date or an ISO 8601 string, in the years 1 to 9999');
  return z.NEVER;
});

/** A plain string or a Secret; null, undefined and the empty string mean that there is none. */
export type SecretInput = string | Secret | null | undefined;
const secret = z.custom<SecretInput>().transform((value: unknown, context): Secret | null => {
  if (value === undefined || value === null || value === '') return null;
  if (Secret.isSecret(value)) return value;
  if (typeof value === 'string' && value.isWellFormed()) return Secret.of(value);
  context.addIssue('must be a well-formed string, a Secret or null');
  return z.NEVER;
});

const proxyUrl = z.custom<string>().transform((value: unknown, context): ParsedProxyUrl => {
  const result = typeof value === 'string' ? readUrl(value) : { ok: false as const, reason: 'must be a string' };
  if (result.ok) return result.value;
  context.addIssue(result.reason);
  return z.NEVER;
});

const labels = z.custom<EntryLabels>().transform((value: unknown, context): EntryLabels => {
  const problems = labelProblems(value);
  if (problems.length === 0) return inOrder(value as EntryLabels);
  for (const { path, message } of problems)
    context.addIssue({ code: 'custom', message, path: path === '' ? [] : [path] });
  return z.NEVER;
});

const fields = {
  key: text
    .min(1, 'must not be empty')
    .refine((key) => !isTooLongKey(key), `must be at most ${MAX_KEY_BYTES} bytes long`),
  source: text,
  fetchTime: instant,
  lastAccessed: instant,
  accessCount: count,
  ttlSeconds: count,
  expiresAt: instant,
  healthStatus: status,
  failureCount: count,
  evictedFromL1: z.boolean(),
  lastHealthCheck: instant.nullable(),
  consecutiveHealthFailures: count,
  consecutiveHealthSuccesses: count,
  recoveryAttempt: count,
  nextCheckTime: instant.nullable(),
  lastHealthError: text.nullable(),
  totalHealthChecks: count,
  totalHealthCheckFailures: count,
  labels,
};

/** Checks a {@link CacheEntryInput}. A type test keeps both the same. */
export const inputSchema = z
  .strictObject({ ...fields, proxyUrl, username: secret, password: secret })
  .partial()
  .required({ proxyUrl: true });
/** Checks a {@link CacheEntryPatch}. A type test keeps both the same. */
export const patchSchema = z.strictObject({ ...fields, proxyUrl, username: secret, password: secret }).partial();
const MEMBERS = Object.keys(inputSchema.shape);
/** What a value may mean that is given instead of fields. */
const LIKELY_INPUT: Readonly<Record<string, ArgumentKind>> = Object.freeze({ proxyUrl: Kinds.string });
const LIKELY_PATCH: Readonly<Record<string, ArgumentKind>> = Object.freeze({
  ttlSeconds: optional(Kinds.number),
  source: optional(Kinds.string),
});

/** The input of {@link CacheEntry.create}: the fields of an entry, of which only `proxyUrl` is required. */
export interface CacheEntryInput {
  /** The URL of the proxy, `scheme://host:port`. Credentials in it become `username` and `password`. */
  readonly proxyUrl: string;
  /**
   * The name of the entry in every tier: 1 to 4096 bytes of well-formed Unicode.
   *
   * @default the hash of the URL, and of the username if there is one; see `generateCacheKey`
   */
  readonly key?: string | undefined;
  /**
   * Must agree with the username in the URL, if both are given.
   *
   * @default the username in the URL
   */
  readonly username?: SecretInput | undefined;
  /**
   * Must agree with the password in the URL, if both are given.
   *
   * @default the password in the URL
   */
  readonly password?: SecretInput | undefined;
  /**
   * The name of the list that the entry comes from.
   *
   * @default "manual"
   */
  readonly source?: string | undefined;
  /**
   * When the proxy was fetched.
   *
   * @default now
   */
  readonly fetchTime?: InstantInput | undefined;
  /**
   * When a `get` last returned the entry.
   *
   * @default fetchTime
   */
  readonly lastAccessed?: InstantInput | undefined;
  /**
   * How often a `get` returned the entry: a whole number of 0 or more.
   *
   * @default 0
   */
  readonly accessCount?: number | undefined;
  /**
   * Time to live, in whole seconds, 0 or more.
   *
   * @default 3600
   */
  readonly ttlSeconds?: number | undefined;
  /**
   * When the entry expires.
   *
   * @default fetchTime plus ttlSeconds, at most the end of the year 9999
   */
  readonly expiresAt?: InstantInput | undefined;
  /**
   * The state of the proxy after its last health check.
   *
   * @default "unknown"
   */
  readonly healthStatus?: HealthStatus | undefined;
  /**
   * Failures that `invalidateByHealth` counted: a whole number of 0 or more.
   *
   * @default 0
   */
  readonly failureCount?: number | undefined;
  /**
   * Whether the first tier evicted the entry for capacity.
   *
   * @default false
   */
  readonly evictedFromL1?: boolean | undefined;
  /**
   * When the proxy was last checked; `null` for never.
   *
   * @default null
   */
  readonly lastHealthCheck?: InstantInput | null | undefined;
  /**
   * Failed checks since the last successful one: a whole number of 0 or more.
   *
   * @default 0
   */
  readonly consecutiveHealthFailures?: number | undefined;
  /**
   * Successful checks since the last failed one: a whole number of 0 or more.
   *
   * @default 0
   */
  readonly consecutiveHealthSuccesses?: number | undefined;
  /**
   * The number of the current attempt to recover: a whole number of 0 or more.
   *
   * @default 0
   */
  readonly recoveryAttempt?: number | undefined;
  /**
   * When the proxy is to be checked next; `null` if that is not planned.
   *
   * @default null
   */
  readonly nextCheckTime?: InstantInput | null | undefined;
  /**
   * The error of the last failed check; credentials of the entry are masked.
   *
   * @default null
   */
  readonly lastHealthError?: string | null | undefined;
  /**
   * All checks: a whole number of 0 or more.
   *
   * @default 0
   */
  readonly totalHealthChecks?: number | undefined;
  /**
   * All failed checks: a whole number of 0 or more.
   *
   * @default 0
   */
  readonly totalHealthCheckFailures?: number | undefined;
  /**
   * Names and values that describe the proxy, such as `{ country: 'DE' }`: at most 32.
   *
   * @default {}
   */
  readonly labels?: EntryLabels | undefined;
}

/**
 * The input of {@link CacheEntry.with}: the fields to replace. Members that are left out stay as they are; the defaults
 * of the members are those of a new entry.
 */
export interface CacheEntryPatch extends Omit<CacheEntryInput, 'proxyUrl'> {
  /**
   * The URL of the proxy. Credentials in it replace `username` and `password`.
   *
   * @default unchanged
   */
  readonly proxyUrl?: string | undefined;
}

type Parsed = z.output<typeof inputSchema>;

/**
 * Validates the fields of a new entry and fills in the defaults. Throws a CacheValidationError that lists every wrong
 * field.
 */
export function parseEntryInput(input: CacheEntryInput, clock: Clock): CacheEntryFields {
  const given = parseWith(inputSchema, input, {
    what: 'cache entry',
    name: 'input',
    members: () => MEMBERS,
    likely: LIKELY_INPUT,
    error: CacheValidationError,
  });
  const credentials = mergeCredentials(given);
  const url = given.proxyUrl.url;
  const fetchTime = given.fetchTime ?? toStorable(clock.now());
  const ttlSeconds = given.ttlSeconds ?? DEFAULT_TTL_SECONDS;
  const texts = {
    source: given.source ?? DEFAULT_SOURCE,
    lastHealthError: given.lastHealthError ?? null,
    labels: given.labels ?? NO_LABELS,
  };
  return {
    key: given.key ?? hashKey(url, credentials.username),
    proxyUrl: url,
    ...credentials,
    fetchTime,
    lastAccessed: given.lastAccessed ?? fetchTime,
    accessCount: given.accessCount ?? 0,
    ttlSeconds,
    // No store can represent a time after the year 9999, so a longer TTL ends there.
    expiresAt: given.expiresAt ?? toStorable(Math.min(fetchTime + ttlSeconds * 1e3, MAX_INSTANT)),
    ...healthFields(given),
    ...withoutCredentials(texts, credentials),
  };
}

function healthFields(given: Parsed) {
  return {
    healthStatus: given.healthStatus ?? HealthStatus.UNKNOWN,
    failureCount: given.failureCount ?? 0,
    evictedFromL1: given.evictedFromL1 ?? false,
    lastHealthCheck: given.lastHealthCheck ?? null,
    consecutiveHealthFailures: given.consecutiveHealthFailures ?? 0,
    consecutiveHealthSuccesses: given.consecutiveHealthSuccesses ?? 0,
    recoveryAttempt: given.recoveryAttempt ?? 0,
    nextCheckTime: given.nextCheckTime ?? null,
    totalHealthChecks: given.totalHealthChecks ?? 0,
    totalHealthCheckFailures: given.totalHealthCheckFailures ?? 0,
  };
}

/** Validates the fields of a change. Throws a CacheValidationError that lists every wrong field. */
export function parseEntryPatch(patch: CacheEntryPatch): Partial<CacheEntryFields> {
  const given = parseWith(patchSchema, patch, {
    what: 'cache entry',
    name: 'patch',
    members: () => MEMBERS,
    likely: LIKELY_PATCH,
    error: CacheValidationError,
  });
  const { proxyUrl: parsed, ...rest } = given;
  const result: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(rest)) if (value !== undefined) result[name] = value;
  if (parsed === undefined) return result;
  result['proxyUrl'] = parsed.url;
  if (parsed.username !== null || parsed.password !== null) {
    Object.assign(result, mergeCredentials({ ...given, proxyUrl: parsed }));
  }
  return result;
}

/** Credentials in the URL and in the fields must agree: silently dropping either would lose one. */
function mergeCredentials(
  given: Pick<Parsed, 'proxyUrl' | 'username' | 'password'>,
): Pick<CacheEntryFields, 'username' | 'password'> {
  const problems: string[] = [];
  const pick = (name: 'username' | 'password'): Secret | null => {
    const inUrl = given.proxyUrl[name];
    const field = given[name] ?? null;
    if (inUrl === null) return field;
    if (field !== null && field.reveal() !== inUrl) problems.push(name);
    return field ?? Secret.of(inUrl);
  };
  const merged = { username: pick('username'), password: pick('password') };
  if (problems.length > 0) {
    throw new CacheValidationError(
      `cache entry: ${problems.join(' and ')}: given in proxyUrl and as a field, and they differ`,
      {
        problems: problems.map((path) => ({ path, message: 'given in proxyUrl and as a field, and they differ' })),
      },
    );
  }
  return merged;
}
