import { type ArgumentKind, Kinds } from '../arguments/argument-kinds.ts';
import { checkArgument } from '../arguments/check-argument.ts';
import { checkOptionsObject } from '../arguments/check-options.ts';
import { unknownMembers } from '../arguments/unknown-members.ts';
import type { CacheEntry } from '../entry/cache-entry.ts';
import { isTooLongKey, MAX_KEY_BYTES } from '../entry/key-length.ts';
import { maskErrorText } from '../entry/mask-plain-fields.ts';
import { Problems } from '../errors/problems.ts';
import { maskCredentials } from '../masking/mask-credentials.ts';
import { ENTRY_CHANGE } from '../tier/entry-change.ts';
import { INSTANT, isInstant } from '../time/instant.ts';
import type { InstantInput } from '../time/to-instant.ts';
import { toInstant } from '../time/to-instant.ts';
import { type HealthStatus, isHealthStatus } from './health-status.ts';

/** The outcome of one check of a proxy. */
export interface HealthCheckResult {
  /** `healthy` and `degraded` are successes, `unhealthy` and `dead` failures; `unknown` is a check without a result. */
  readonly status: HealthStatus;
  /** Default: now. */
  readonly checkTime?: InstantInput | undefined;
  /** Milliseconds, 0 or more. Default null: not measured. */
  readonly responseTimeMs?: number | null | undefined;
  /**
   * What went wrong. Credentials in it are masked before it is stored, and it is cut to 4,096 characters. Default null.
   */
  readonly errorMessage?: string | null | undefined;
  /** The URL that was fetched through the proxy; credentials in it are masked. */
  readonly checkUrl: string;
}

/**
 * A validated result, in which recognizable credentials are masked; {@link maskHealthCheck} masks the entry's own
 * credentials too.
 */
export interface HealthCheck {
  readonly status: HealthStatus;
  readonly checkTime: number;
  readonly responseTimeMs: number | null;
  readonly errorMessage: string | null;
  readonly checkUrl: string;
}

const RESULT = ['status', 'checkTime', 'responseTimeMs', 'errorMessage', 'checkUrl'];

/** What a value may mean that is given instead of a result. */
const LIKELY: Readonly<Record<string, ArgumentKind>> = Object.freeze({
  status: Object.freeze({ wanted: 'must be a known status', isRight: isHealthStatus }),
  checkUrl: Kinds.nonEmptyString,
});

/** The kind of a validated check. */
export const HEALTH_CHECK: ArgumentKind = Object.freeze({
  wanted: 'must be a health check as returned by parseHealthCheck',
  isRight: (value: unknown) => {
    if (!Kinds.object.isRight(value)) return false;
    const { status, checkTime, responseTimeMs, errorMessage, checkUrl } = value as HealthCheck;
    const isText = errorMessage === null || typeof errorMessage === 'string';
    const isDuration = responseTimeMs === null || Kinds.number.isRight(responseTimeMs);
    return isHealthStatus(status) && isInstant(checkTime) && isDuration && isText && typeof checkUrl === 'string';
  },
});

/**
 * Validates a result and fills in the defaults. `now` is in epoch milliseconds. Throws a CacheValidationError that
 * lists every wrong member.
 */
export function parseHealthCheck(result: HealthCheckResult, now: number): HealthCheck {
  if (!Kinds.object.isRight(result)) checkOptionsObject(result, LIKELY, { what: 'health check', name: 'result' });
  checkArgument('now', now, INSTANT);
  const problems = new Problems();
  for (const { path, message } of unknownMembers(result, RESULT)) problems.check(false, path, message);
  const { status, checkTime = now, responseTimeMs = null, errorMessage = null, checkUrl } = result;
  const time = toInstant(checkTime);
  problems.check(isHealthStatus(status), 'status', 'must be a known status');
  problems.check(time !== undefined, 'checkTime', 'must be a time');
  const isDuration = responseTimeMs === null || (Number.isFinite(responseTimeMs) && responseTimeMs >= 0);
  problems.check(isDuration, 'responseTimeMs', 'must be a number of 0 or more, or null');
  problems.check(errorMessage === null || typeof errorMessage === 'string', 'errorMessage', 'must be a string or null');
  problems.check(typeof checkUrl === 'string' && checkUrl !== '', 'checkUrl', 'must be a non-empty string');
  problems.throwIfAny('health check');
  return {
    status,
    checkTime: time!,
    responseTimeMs,
    // Not cut yet: a secret of the entry that is cut in two could not be recognized and masked.
    errorMessage: errorMessage === null ? null : maskCredentials(errorMessage),
    checkUrl: maskCredentials(checkUrl),
  };
}

/**
 * Masks the credentials of an entry in the strings of a check, for a tier's history. Decrypts the entry's credentials.
 * Throws a CacheValidationError for wrong arguments.
 */
export function maskHealthCheck(check: HealthCheck, entry: CacheEntry): HealthCheck {
  checkArgument('check', check, HEALTH_CHECK);
  checkArgument('entry', entry, Kinds.entry);
  const { username, password } = entry;
  const { errorMessage, checkUrl } = check;
  const secrets = [username, password];
  return {
    ...check,
    errorMessage: errorMessage === null ? null : maskErrorText(errorMessage, secrets),
    checkUrl: maskCredentials(checkUrl, secrets),
  };
}

const KEY: ArgumentKind = Object.freeze({
  wanted: `must be a string of at most ${MAX_KEY_BYTES} bytes`,
  isRight: (value: unknown) => typeof value === 'string' && !isTooLongKey(value),
});

/** For tiers: throws a CacheValidationError unless these are right arguments of `health.record`. */
export function checkRecordArguments(key: unknown, check: unknown, change: unknown): void {
  checkArgument('key', key, KEY);
  checkArgument('check', check, HEALTH_CHECK);
  checkArgument('change', change, ENTRY_CHANGE);
}
