import { type ArgumentKind, Kinds, nullable, optional, wholeNumber } from '../arguments/argument-kinds.ts';
import { checkArgument } from '../arguments/check-argument.ts';
import { checkOptionsObject } from '../arguments/check-options.ts';
import { CacheEntry } from '../entry/cache-entry.ts';
import { maskErrorText } from '../entry/mask-plain-fields.ts';
import { HEALTH_CHECK, type HealthCheck } from './health-check.ts';
import { type HealthSchedule, SCHEDULE, waitAfter } from './health-schedule.ts';
import { HealthStatus } from './health-status.ts';
import { type HealthThresholds, statusAfter, THRESHOLDS } from './health-thresholds.ts';

/** How checks change an entry. */
export interface HealthRules {
  /**
   * When the entry is checked next.
   *
   * @default the defaults of {@link HealthSchedule}
   */
  readonly schedule?: HealthSchedule | undefined;
  /**
   * When the entry becomes degraded or dead, and when it has recovered.
   *
   * @default none: the entry gets the reported status
   */
  readonly thresholds?: HealthThresholds | undefined;
}

const RULES: Readonly<Record<keyof HealthRules, ArgumentKind>> = Object.freeze({
  schedule: optional(SCHEDULE),
  thresholds: optional(THRESHOLDS),
});

/**
 * The entry after a check: the one place that decides it. A check that is older than the entry's last one only adds to
 * the totals. The entry's own credentials are masked in the error that is stored. Throws a CacheValidationError for
 * wrong arguments.
 *
 * @example
 * ```ts
 * const check = parseHealthCheck({ status: 'healthy', responseTimeMs: 85, checkUrl: 'https://example.com' }, Date.now());
 * const checked = afterHealthCheck(entry, check, { schedule: { intervalMs: 60_000 }, thresholds: { deadAfter: 3 } });
 * ```
 */
export function afterHealthCheck(entry: CacheEntry, check: HealthCheck, rules: HealthRules = {}): CacheEntry {
  checkArgument('entry', entry, Kinds.entry);
  checkArgument('check', check, HEALTH_CHECK);
  checkOptionsObject(rules, RULES, { what: 'afterHealthCheck', name: 'rules' });
  const { schedule = {}, thresholds } = rules;
  const failed = check.status === HealthStatus.UNHEALTHY || check.status === HealthStatus.DEAD;
  const totals = {
    totalHealthChecks: entry.totalHealthChecks + 1,
    totalHealthCheckFailures: entry.totalHealthCheckFailures + (failed ? 1 : 0),
  };
  if (entry.lastHealthCheck !== null && check.checkTime < entry.lastHealthCheck)
    return CacheEntry.restore({ ...entry.toFields(), ...totals });
  const streak = streakAfter(entry, check.status, failed);
  const { status, responseTimeMs } = check;
  return CacheEntry.restore({
    ...entry.toFields(),
    ...totals,
    ...streak,
    healthStatus:
      thresholds === undefined
        ? status
        : statusAfter(entry.healthStatus, { status, responseTimeMs, ...streak }, thresholds),
    lastHealthCheck: check.checkTime,
    nextCheckTime: check.checkTime + waitAfter(streak.recoveryAttempt, schedule),
    lastHealthError: failed ? errorOf(entry, check) : null,
  });
}

/**
 * The entry after a failure of its proxy that no check reported: one failure more, and `unhealthy`; `null` if it is to
 * be removed, because that makes `removeAfter` failures. With `null` for `removeAfter` it never is. Throws a
 * CacheValidationError for wrong arguments.
 *
 * @example
 * ```ts
 * const failed = afterFailure(entry, 3); // null for the third failure
 * ```
 */
export function afterFailure(entry: CacheEntry, removeAfter: number | null): CacheEntry | null {
  checkArgument('entry', entry, Kinds.entry);
  checkArgument('removeAfter', removeAfter, REMOVE_AFTER);
  const failureCount = entry.failureCount + 1;
  if (removeAfter !== null && failureCount >= removeAfter) return null;
  return CacheEntry.restore({ ...entry.toFields(), failureCount, healthStatus: HealthStatus.UNHEALTHY });
}

const WHOLE = wholeNumber(1);
const REMOVE_AFTER: ArgumentKind = Object.freeze({
  wanted: nullable(WHOLE).wanted,
  isRight: (value: unknown) => value === null || WHOLE.isRight(value),
});

type Streak = Pick<CacheEntry, 'consecutiveHealthFailures' | 'consecutiveHealthSuccesses' | 'recoveryAttempt'>;

/** `recoveryAttempt` is the number of failed checks since the last success. */
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
