/** The health of a proxy; the values are ProxyWhirl's. */
export const HealthStatus = Object.freeze({
  /** Not yet tested. */
  UNKNOWN: 'unknown',
  /** Works normally: the only status for which an entry's `isHealthy` is true. */
  HEALTHY: 'healthy',
  /** Some checks fail. */
  DEGRADED: 'degraded',
  /** Most checks fail. */
  UNHEALTHY: 'unhealthy',
  /** Does not respond at all. */
  DEAD: 'dead',
});
export type HealthStatus = (typeof HealthStatus)[keyof typeof HealthStatus];

/** All statuses, in ProxyWhirl's order. */
export const HEALTH_STATUSES: readonly HealthStatus[] = Object.freeze(Object.values(HealthStatus));

const KNOWN: ReadonlySet<unknown> = new Set(HEALTH_STATUSES);

/** True for exactly one of the five statuses; case-sensitive. */
export function isHealthStatus(value: unknown): value is HealthStatus {
  return KNOWN.has(value);
}
