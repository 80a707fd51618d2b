import { type ArgumentKind, Kinds, nullable, optional, wholeNumber } from '../arguments/argument-kinds.ts';
import { checkArgument } from '../arguments/check-argument.ts';
import { objectWith, problemsOfOptions } from '../arguments/check-options.ts';
import { CacheConfigError } from '../errors/cache-error.ts';
import { Problems } from '../errors/problems.ts';
import { HealthStatus } from './health-status.ts';

/** When checks make an entry degraded or dead, and when it has recovered. */
export interface HealthThresholds {
  /**
   * The number of consecutive failed checks that make an entry `dead`: 1 or more.
   *
   * @default 5
   */
  readonly deadAfter?: number | undefined;
  /**
   * The number of consecutive successful checks, 1 or more, after which a dead or degraded entry is `healthy` again;
   * until then it is `degraded`.
   *
   * @default 2
   */
  readonly recoverAfter?: number | undefined;
  /**
   * A successful check that takes at least this many milliseconds makes an entry `degraded`: above 0; `null` for no
   * limit.
   *
   * @default 5000
   */
  readonly slowAfterMs?: number | null | undefined;
}

const CHECKS = optional(wholeNumber(1));
const MEMBERS: Readonly<Record<keyof HealthThresholds, ArgumentKind>> = Object.freeze({
  deadAfter: CHECKS,
  recoverAfter: CHECKS,
  slowAfterMs: nullable({
    wanted: 'must be a number of milliseconds above 0',
    isRight: (value) => Number.isFinite(value) && (value as number) > 0,
  }),
});

/** An object that may be thresholds: its members are checked by {@link checkHealthThresholds}. */
export const HEALTH_THRESHOLDS: ArgumentKind = objectWith(MEMBERS);

/** The kind of valid thresholds. */
export const THRESHOLDS: ArgumentKind = Object.freeze({
  wanted: 'must be health thresholds: { deadAfter, recoverAfter, slowAfterMs }',
  isRight: (value: unknown) => problemsOfOptions(value, MEMBERS).length === 0,
});

/** Throws a CacheConfigError that names `owner` and every wrong member of the thresholds. */
export function checkHealthThresholds(thresholds: HealthThresholds, owner: string): void {
  checkArgument('owner', owner, Kinds.string, CacheConfigError);
  const found = problemsOfOptions(thresholds, MEMBERS, 'thresholds');
  const problems = found.map(({ path, message }) => ({
    path: path === 'thresholds' ? 'healthThresholds' : `healthThresholds.${path}`,
    message,
  }));
  new Problems(problems).throwIfAny(owner, { error: CacheConfigError });
}

/** What a check reports, and the checks of the same kind in a row, with this one. */
export interface ReportedHealth {
  readonly status: HealthStatus;
  readonly responseTimeMs: number | null;
  readonly consecutiveHealthFailures: number;
  readonly consecutiveHealthSuccesses: number;
}

/**
 * The status of an entry after a check: the reported one, unless the thresholds require another. A reported `dead`,
 * `degraded` or `unknown` is never changed.
 */
export function statusAfter(
  before: HealthStatus,
  { status, responseTimeMs, consecutiveHealthFailures, consecutiveHealthSuccesses }: ReportedHealth,
  { deadAfter = 5, recoverAfter = 2, slowAfterMs = 5_000 }: HealthThresholds,
): HealthStatus {
  if (status === HealthStatus.UNHEALTHY) return consecutiveHealthFailures >= deadAfter ? HealthStatus.DEAD : status;
  if (status !== HealthStatus.HEALTHY) return status;
  if (responseTimeMs !== null && slowAfterMs !== null && responseTimeMs >= slowAfterMs) return HealthStatus.DEGRADED;
  const isRecovering = before === HealthStatus.DEAD || before === HealthStatus.DEGRADED;
  return isRecovering && consecutiveHealthSuccesses < recoverAfter ? HealthStatus.DEGRADED : status;
}
