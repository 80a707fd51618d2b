import type { InstantInput } from '@pw/cache-models';

/** Which checks to summarize. */
export interface HealthWindow {
  /**
   * Start, included.
   *
   * @default the oldest check that is kept
   */
  readonly since?: InstantInput | undefined;
  /**
   * End, not included.
   *
   * @default none
   */
  readonly until?: InstantInput | undefined;
}

/** Response times in milliseconds. Percentiles use the nearest rank: they are measured times, never interpolated. */
export interface ResponseTimes {
  /** Number of checks with a response time. */
  readonly count: number;
  readonly min: number;
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** Summary of the checks of one key in a window. */
export interface HealthSummary {
  /** Number of checks, including those without a result (`unknown`). */
  readonly checks: number;
  /** Checks that found the proxy `healthy` or `degraded`. */
  readonly successes: number;
  /** Checks that found it `unhealthy` or `dead`. */
  readonly failures: number;
  /** Successes per check with a result, 0 to 1; null if there is none. */
  readonly uptime: number | null;
  /** Null if no check has a response time. */
  readonly responseTimeMs: ResponseTimes | null;
}
