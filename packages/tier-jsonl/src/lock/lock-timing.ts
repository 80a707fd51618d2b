/** Timing of the shard locks, in milliseconds. Processes that share a directory must agree on `stale`. */
export interface LockTiming {
  /**
   * Age without a refresh after which a lock is taken over: 2000 or more.
   *
   * @default 10000
   */
  stale: number;
  /**
   * How often a held lock is refreshed: 1000 or more.
   *
   * @default 2000
   */
  update: number;
  /**
   * How long an operation waits for a lock; longer than `stale`, so that it outlasts a dead holder.
   *
   * @default 15000
   */
  deadline: number;
}

export const DEFAULT_LOCK_TIMING: Readonly<LockTiming> = Object.freeze({
  stale: 10_000,
  update: 2000,
  deadline: 15_000,
});
