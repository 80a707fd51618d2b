import { type ArgumentKind, type CacheEntry, HealthStatus, optional, wholeNumber } from '@pw/cache-models';

/** From when on an entry is degraded or dead, and when it has recovered. Checks of `recordHealthCheck` count, each in a row. */
export interface HealthThresholds {
  /** Failed checks in a row that make an entry `dead`: 1 or more. Default 5. */
  readonly deadAfter?: number | undefined;
  /** Successes in a row after which an entry that was dead or degraded is `healthy` again, until then it is `degraded`: 1 or more. Default 2. */
  readonly recoverAfter?: number | undefined;
  /** A success that takes so many milliseconds, or more, makes an entry `degraded`: above 0. Default 5000. */
  readonly slowAfterMs?: number | undefined;
}

const CHECKS = optional(wholeNumber(1));

/** The members of thresholds. */
export const THRESHOLDS: Readonly<Record<keyof HealthThresholds, ArgumentKind>> = Object.freeze({
  deadAfter: CHECKS,
  recoverAfter: CHECKS,
  slowAfterMs: optional({
    wanted: 'must be a number of milliseconds above 0',
    isRight: (value) => typeof value === 'number' && value > 0,
  }),
});

/**
 * The state of an entry after a check, given the state before it: what the check reported, unless the checks in a row say
 * otherwise. A reported `dead`, `degraded` or `unknown` stands.
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
