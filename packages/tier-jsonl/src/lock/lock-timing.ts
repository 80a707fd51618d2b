/** Timing of the shard locks, in milliseconds. Processes that share a directory must agree on `staleMs`. */
export interface LockTiming {
  /**
   * Age without a refresh after which a lock is taken over: 2000 or more.
   *
   * @default 10000
   */
  staleMs: number;
  /**
   * How often a held lock is refreshed: 1000 or more.
   *
   * @default 2000
   */
  updateMs: number;
  /**
   * How long an operation waits for a lock; longer than `staleMs`, so that it outlasts a dead holder.
   *
   * @default 15000
   */
  deadlineMs: number;
}

export const DEFAULT_LOCK_TIMING: Readonly<LockTiming> = Object.freeze({
  staleMs: 10_000,
  updateMs: 2000,
  deadlineMs: 15_000,
});
