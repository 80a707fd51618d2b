import type { CacheEntry } from '../entry/cache-entry.ts';
import type { HealthCheck } from '../health/health-check.ts';
import type { MaybePromise } from '../maybe-promise.ts';
import type { RemovalReason } from '../statistics/tier-statistics.ts';

/** One write in the log of a base. */
export interface LogRow {
  /** Where the row is in the log. Each row has a higher position than those before it. */
  readonly position: number;
  /** The key that was put or removed; `null` if everything was removed. */
  readonly key: string | null;
  /** The version of the write. The position, unless the write was made elsewhere and is replayed here. */
  readonly version: number;
  /**
   * True if the write changed the stored entry, which keeps its accesses, instead of replacing it: accesses that a
   * process has counted and not stored yet still count.
   */
  readonly isUpdate: boolean;
}

/** What a log says after a position. */
export interface LogPage {
  /** Drawn at random when the log was made: another one means that another store is where this one was. */
  readonly id: number;
  /** In the order of their positions. */
  readonly rows: readonly LogRow[];
  /** The position of the newest row, whether or not it is in this page; 0 for an empty log. */
  readonly head: number;
  /** True if rows after the given position have been pruned: any key may have changed. */
  readonly isPruned: boolean;
}

/** A write to be logged: an entry, or `null` to remove the key. */
export interface LoggedWrite {
  /** The key that is put or removed. */
  readonly key: string;
  /** The entry to be stored; `null` removes the key. */
  readonly entry: CacheEntry | null;
  /**
   * The reason under which a removal is counted.
   *
   * @default 'explicit'
   */
  readonly reason?: RemovalReason | undefined;
  /**
   * The write is made only if the tier's entry of the key has this version; 0 if it has none, or one without version.
   *
   * @default the write is made in any case
   */
  readonly ifVersion?: number | undefined;
  /**
   * True if the entry was made of the stored one and has its accesses: see {@link LogRow.isUpdate}.
   *
   * @default false
   */
  readonly isUpdate?: boolean | undefined;
}

/** What a base made of a write. */
export interface LoggedAnswer {
  /** The version that the write got; 0 if it was not made, because of `ifVersion`. */
  readonly version: number;
  /** True if the key had a live entry before. */
  readonly existed: boolean;
}

export interface LoggedWriteOptions {
  /** The write gets a version above this one. */
  readonly after: number;
  /** The write begins within this time, or never, in milliseconds: it must not happen after it was given up. */
  readonly timeoutMs: number;
}

export interface LoggedUpdateOptions {
  /** The update gets a version above this one. */
  readonly after: number;
  /**
   * A check to be added to the health history.
   *
   * @default none
   */
  readonly check?: HealthCheck | undefined;
  /**
   * The reason under which a removal is counted.
   *
   * @default 'explicit'
   */
  readonly reason?: RemovalReason | undefined;
}

/**
 * The log of a base: the lowest persistent tier of a stack, which is written first. Every write of the tier, also by
 * `put`, `delete`, `clear`, `update` and an eviction, adds a row to it in the same transaction; access metadata, health
 * histories and the removal of expired entries do not. Versions only grow in the order of the transactions, whatever
 * the clocks of the processes say; a row that another program wrote gets a version and a row when it is first seen.
 *
 * What is marked *at once* returns a value, never a promise: it is called while a tier above holds its lock.
 *
 * As everywhere, nothing throws for a fault of the store: the answer is then `undefined`, and a failure is counted.
 * A wrong argument throws a CacheValidationError.
 */
export interface TierLog {
  /**
   * Writes entries and removals in one transaction, each with a version above `after` and above every version in the
   * log, in this order. Returns one answer per write.
   */
  write(writes: readonly LoggedWrite[], options: LoggedWriteOptions): MaybePromise<readonly LoggedAnswer[] | undefined>;
  /** Removes everything. Returns the version, and how many live entries there were. */
  clear(options: LoggedWriteOptions): MaybePromise<{ readonly version: number; readonly count: number } | undefined>;
  /**
   * At once: as `CacheTier.update`, and adds `check` to the health history if the tier keeps one. Returns `'locked'`,
   * and has done nothing, if another process holds the lock of the store; the caller tries again.
   */
  update(
    key: string,
    change: (entry: CacheEntry) => CacheEntry | null,
    options: LoggedUpdateOptions,
  ): CacheEntry | null | undefined | 'locked';
  /**
   * At once: makes a write that this tier has missed. Without effect if the tier has a newer write of the key, or a
   * newer removal. A `key` of `null` removes everything that is older than `version`. An entry of version 0, written by
   * another program, gets a new version. Returns the version that the tier has for the key afterwards, 0 if it has
   * removed it.
   */
  replay(key: string | null, entry: CacheEntry | null, version: number): number | undefined | 'locked';
  /** At once: the version of the entry that is stored, live or expired; 0 if there is none. */
  versionOf(key: string): number | undefined;
  /** At once: like `versionOf`, but also the version of a removal that is still in the log. May read the whole log. */
  newestVersionOf(key: string): number | undefined;
  /** At once: the rows after a position, at most `limit`. */
  read(after: number, limit: number): LogPage | undefined;
  /**
   * At once: up to which position a tier above is known to agree; `undefined` for an unknown tier, and after a fault.
   */
  cursorOf(tierId: string): number | undefined;
  /**
   * Moves the cursor of a tier forward, never back, and prunes rows that every tier has behind it, except the newest
   * 10,000. True if it was moved.
   */
  moveCursor(tierId: string, position: number): MaybePromise<boolean>;
}

/** How many rows a log keeps for processes that have not read them. */
export const LOG_KEEPS = 10_000;
