/** Milliseconds that rule a shard's lock. Processes that share a directory must agree on `stale`. */
export interface LockTiming {
  /** A lock that was not refreshed for this long belongs to nobody: 2000 or more. Default 10 000. */
  stale: number;
  /** How often a holder refreshes it: 1000 or more. Default 2000. */
  update: number;
  /** How long an operation waits for it, longer than `stale` so that a dead holder is outlived. Default 15 000. */
  deadline: number;
}

export const DEFAULT_LOCK_TIMING: Readonly<LockTiming> = Object.freeze({
  stale: 10_000,
  update: 2000,
  deadline: 15_000,
});
