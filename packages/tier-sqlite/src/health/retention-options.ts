/** How much of the health history is kept. */
export interface HealthRetention {
  /**
   * Most checks per key, of which the latest are kept: 1 or more; null for no limit.
   *
   * @default 500
   */
  readonly maxRecordsPerKey?: number | null | undefined;
  /**
   * Checks older than this many milliseconds are removed: above 0; null for no limit.
   *
   * @default 2592000000 (30 days)
   */
  readonly maxAgeMs?: number | null | undefined;
}
