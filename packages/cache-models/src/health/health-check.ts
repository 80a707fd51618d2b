import { type ArgumentKind, Kinds } from '../arguments/argument-kinds.ts';
import { checkArgument } from '../arguments/check-argument.ts';
import { unknownMembers } from '../arguments/unknown-members.ts';
import { CacheEntry } from '../entry/cache-entry.ts';
import { maskErrorText } from '../entry/mask-plain-fields.ts';
import { Problems } from '../errors/problems.ts';
import { maskCredentials } from '../masking/mask-credentials.ts';
import { INSTANT, isInstant } from '../time/instant.ts';
import type { InstantInput } from '../time/to-instant.ts';
import { toInstant } from '../time/to-instant.ts';
import { type HealthSchedule, SCHEDULE, waitAfter } from './health-schedule.ts';
import { HealthStatus, isHealthStatus } from './health-status.ts';

/** The outcome of one check of a proxy. */
export interface HealthCheckResult {
  /** `healthy` and `degraded` are successes, `unhealthy` and `dead` failures; `unknown` is a check without a finding. */
  readonly status: HealthStatus;
  /** Default: now. */
  readonly checkTime?: InstantInput | undefined;
  /** 0 or more. */
  readonly responseTimeMs?: number | null | undefined;
  /** What went wrong; credentials in it are masked before it is stored, and only the first 4,096 characters are kept. */
  readonly errorMessage?: string | null | undefined;
  /** What was fetched through the proxy; credentials in it are masked. */
  readonly checkUrl: string;
}

/** A checked result. It holds no credentials that show as such; {@link maskHealthCheck} takes the entry's own out too. */
export interface HealthCheck {
  readonly status: HealthStatus;
  readonly checkTime: number;
  readonly responseTimeMs: number | null;
  readonly errorMessage: string | null;
  readonly checkUrl: string;
}

const RESULT = ['status', 'checkTime', 'responseTimeMs', 'errorMessage', 'checkUrl'];

const CHECK: ArgumentKind = Object.freeze({
  wanted: 'must be a health check, as parseHealthCheck gives it',
  isRight: (value: unknown) => {
    if (!Kinds.object.isRight(value)) return false;
    const { status, checkTime, responseTimeMs, errorMessage, checkUrl } = value as HealthCheck;
    const isText = errorMessage === null || typeof errorMessage === 'string';
    const isDuration = responseTimeMs === null || Kinds.number.isRight(responseTimeMs);
    return isHealthStatus(status) && isInstant(checkTime) && isDuration && isText && typeof checkUrl === 'string';
  },
});

/** Checks and completes a result. Throws a CacheValidationError that lists every wrong member. */
export function parseHealthCheck(result: HealthCheckResult, now: number): HealthCheck {
  checkArgument('result', result, Kinds.object);
  checkArgument('now', now, INSTANT);
  const problems = new Problems();
  for (const { path, message } of unknownMembers(result, RESULT)) problems.check(false, path, message);
  const { status, checkTime = now, responseTimeMs = null, errorMessage = null, checkUrl } = result;
  const time = toInstant(checkTime);
  problems.check(isHealthStatus(status), 'status', 'must be a known state');
  problems.check(time !== undefined, 'checkTime', 'must be a time');
  const isDuration = responseTimeMs === null || (Number.isFinite(responseTimeMs) && responseTimeMs >= 0);
  problems.check(isDuration, 'responseTimeMs', 'must be a number of 0 or more, or null');
  problems.check(errorMessage === null || typeof errorMessage === 'string', 'errorMessage', 'must be a string or null');
  problems.check(typeof checkUrl === 'string' && checkUrl !== '', 'checkUrl', 'must be a non-empty text');
  problems.throwIfAny('health check');
  return {
    status,
    checkTime: time!,
    responseTimeMs,
    // Cut only once the entry's own secrets are masked: of a part of one nobody could tell.
    errorMessage: errorMessage === null ? null : maskCredentials(errorMessage),
    checkUrl: maskCredentials(checkUrl),
  };
}

/**
 * A check whose texts do not hold the credentials of its entry, wherever they stood: what a tier puts into its history.
 * Opens the entry's credentials.
 */
export function maskHealthCheck(check: HealthCheck, entry: CacheEntry): HealthCheck {
  checkArgument('check', check, CHECK);
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

/**
 * An entry as after a check. One that is older than the last known check only adds to the totals: it says nothing
 * about the present. The entry's own credentials are masked in the error that it keeps.
 */
export function afterHealthCheck(entry: CacheEntry, check: HealthCheck, schedule: HealthSchedule): CacheEntry {
  checkArgument('entry', entry, Kinds.entry);
  checkArgument('check', check, CHECK);
  checkArgument('schedule', schedule, SCHEDULE);
  const failed = check.status === HealthStatus.UNHEALTHY || check.status === HealthStatus.DEAD;
  const totals = {
    totalHealthChecks: entry.totalHealthChecks + 1,
    totalHealthCheckFailures: entry.totalHealthCheckFailures + (failed ? 1 : 0),
  };
  if (entry.lastHealthCheck !== null && check.checkTime < entry.lastHealthCheck)
    return CacheEntry.restore({ ...entry, ...totals });
  const streak = streakAfter(entry, check.status, failed);
  return CacheEntry.restore({
    ...entry,
    ...totals,
    ...streak,
    healthStatus: check.status,
    lastHealthCheck: check.checkTime,
    nextCheckTime: check.checkTime + waitAfter(streak.recoveryAttempt, schedule),
    lastHealthError: failed ? errorOf(entry, check) : null,
  });
}

type Streak = Pick<CacheEntry, 'consecutiveHealthFailures' | 'consecutiveHealthSuccesses' | 'recoveryAttempt'>;

/** `recoveryAttempt` counts the checks that failed since the last success. */
function streakAfter(entry: CacheEntry, status: HealthStatus, failed: boolean): Streak {
  if (status === HealthStatus.UNKNOWN) {
    const { consecutiveHealthFailures, consecutiveHealthSuccesses, recoveryAttempt } = entry;
    return { consecutiveHealthFailures, consecutiveHealthSuccesses, recoveryAttempt };
  }
  if (!failed) {
    return {
      consecutiveHealthFailures: 0,
      consecutiveHealthSuccesses: entry.consecutiveHealthSuccesses + 1,
      recoveryAttempt: 0,
    };
  }
  return {
    consecutiveHealthFailures: entry.consecutiveHealthFailures + 1,
    consecutiveHealthSuccesses: 0,
    recoveryAttempt: entry.recoveryAttempt + 1,
  };
}

function errorOf({ username, password }: CacheEntry, { errorMessage }: HealthCheck): string | null {
  return errorMessage === null ? null : maskErrorText(errorMessage, [username, password]);
}
