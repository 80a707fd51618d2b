import { type ArgumentKind, type CacheEntry, HealthStatus, optional, wholeNumber } from '@pw/cache-models';

/** When an entry becomes degraded or dead, and when it has recovered. Only checks of `recordHealthCheck` count. */
export interface HealthThresholds {
  /** The number of consecutive failed checks that make an entry `dead`: 1 or more. Default 5. */
  readonly deadAfter?: number | undefined;
  /**
   * The number of consecutive successful checks, 1 or more, after which a dead or degraded entry is `healthy` again;
   * until then it is `degraded`. Default 2.
   */
  readonly recoverAfter?: number | undefined;
  /** A successful check that takes at least this many milliseconds makes an entry `degraded`: above 0. Default 5000. */
  readonly slowAfterMs?: number | undefined;
}

const CHECKS = optional(wholeNumber(1));

export const THRESHOLDS: Readonly<Record<keyof HealthThresholds, ArgumentKind>> = Object.freeze({
  deadAfter: CHECKS,
  recoverAfter: CHECKS,
  slowAfterMs: optional({
    wanted: 'must be a number of milliseconds above 0',
    isRight: (value) => typeof value === 'number' && value > 0,
  }),
});

/**
 * The state of an entry after a check: the reported state, unless the thresholds require another one. A reported
 * `dead`, `degraded` or `unknown` is never changed.
 */
export function stateAfter(
  before: HealthStatus,
  after: CacheEntry,
  responseTimeMs: number | null,
  thresholds: HealthThresholds,
): HealthStatus {
  const { deadAfter = 5, recoverAfter = 2, slowAfterMs = 5_000 } = thresholds;
  const { healthStatus, consecutiveHealthFailures, consecutiveHealthSuccesses } = after;
  if (healthStatus === HealthStatus.UNHEALTHY)
    return consecutiveHealthFailures >= deadAfter ? HealthStatus.DEAD : healthStatus;
  if (healthStatus !== HealthStatus.HEALTHY) return healthStatus;
  if (responseTimeMs !== null && responseTimeMs >= slowAfterMs) return HealthStatus.DEGRADED;
  const isRecovering = before === HealthStatus.DEAD || before === HealthStatus.DEGRADED;
  return isRecovering && consecutiveHealthSuccesses < recoverAfter ? HealthStatus.DEGRADED : healthStatus;
}
