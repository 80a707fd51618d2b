import type { DirectoryChecks, TierOptions } from '@pw/cache-models';
import type { Durability } from './database/open-database.ts';

/** What both SQLite tiers take. */
export interface SqliteTierOptions extends TierOptions {
  /** `"normal"` (default): a put that returned true survives any end of the process. `"full"`: a power cut too. */
  readonly durability?: Durability | undefined;
  /**
   * Longest wait for another connection's lock in milliseconds, 0 to 60000; default 1000. Then the operation fails. The event loop stands
   * still meanwhile where the answer is a value: see `whenLocked`. `putSoon`, `cleanupExpired` and `reseal` let it go on.
   */
  readonly busyTimeoutMs?: number | undefined;
  /**
   * What a write does while another connection holds the lock. `"block"` (default): the event loop stands still, at most `busyTimeoutMs`.
   * `"promise"`: the event loop goes on, and the answer is a promise, this once; for callers that await whatever is one, as the
   * manager does. Writes keep their order; a read does not see what still waits. `open` blocks with either.
   */
  readonly whenLocked?: 'block' | 'promise' | undefined;
  /**
   * How long a cleanup of expired entries may hold up the event loop in one go, in milliseconds, 1 or more; default 20.
   * More entries than can be removed in it are removed in a thread of their own, and `cleanupExpired` gives a promise.
   * `Infinity`: never a thread, never a promise; then commits, too, fold SQLite's log into the database themselves.
   */
  readonly maxBlockMs?: number | undefined;
  /** What is done where other users of the machine could change the folder or the file. Default `"warn"`; see {@link DirectoryChecks}. */
  readonly directoryChecks?: DirectoryChecks | undefined;
}
