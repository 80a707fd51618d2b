import type { DirectoryChecks, HealthSchedule, TierOptions } from '@pw/cache-models';
import type { Durability } from './database/durability.ts';
import type { HealthRetention } from './health/retention-options.ts';

/** Options of both SQLite tiers. */
export interface SqliteTierOptions extends TierOptions {
  /**
   * With `"normal"`, a completed write survives any end of the process; with `"full"`, it also survives a power cut.
   *
   * @default "normal"
   */
  readonly durability?: Durability | undefined;
  /**
   * Longest wait for another connection's lock in milliseconds, 0 to 60000; then the operation fails. The event loop is
   * blocked meanwhile, except in `putSoon`, `cleanupExpired`, `reseal`, and writes with `whenLocked: "promise"`.
   *
   * @default 1000
   */
  readonly busyTimeoutMs?: number | undefined;
  /**
   * How a write waits while another connection holds the lock. With `"block"` it blocks the event loop, at most for
   * `busyTimeoutMs`. With `"promise"` it returns a promise, in that case only, and does not block the event loop: for
   * callers that await every promise they get, as the manager does. Writes keep their order; reads do not see a write
   * that is still waiting. `open` always blocks.
   *
   * @default "block"
   */
  readonly whenLocked?: 'block' | 'promise' | undefined;
  /**
   * How long a cleanup of expired entries may block the event loop without interruption, in milliseconds, 1 or more. If
   * there are more entries than can be removed in that time, a worker thread removes them, and `cleanupExpired` returns
   * a promise. With `null` there is never a thread and never a promise; commits then checkpoint SQLite's log
   * themselves.
   *
   * @default 20
   */
  readonly maxBlockMs?: number | null | undefined;
  /**
   * What to do if other users of the machine could change the folder or the file; see {@link DirectoryChecks}.
   *
   * @default "warn"
   */
  readonly directoryChecks?: DirectoryChecks | undefined;
}

/** Options of `DiskCacheTier`. */
export interface DiskCacheTierOptions extends SqliteTierOptions {
  /** The folder of the database `l2_cache.db`; created with mode 0700 if it is missing. */
  readonly directory: string;
}

/** Options of `SqliteCacheTier`. */
export interface SqliteCacheTierOptions extends SqliteTierOptions {
  /** The database file; missing folders are created with mode 0700. */
  readonly path: string;
  /**
   * When entries are to be checked again after `recordHealthCheck` of the tier. A manager that records checks uses its
   * own schedule.
   *
   * @default see {@link HealthSchedule}
   */
  readonly healthSchedule?: HealthSchedule | undefined;
  /**
   * How much of the health history is kept.
   *
   * @default see {@link HealthRetention}
   */
  readonly healthRetention?: HealthRetention | undefined;
}
