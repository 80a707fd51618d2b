import type { CacheEntry } from '../entry/cache-entry.ts';
import type { WantedLabels } from '../entry/entry-labels.ts';
import type { HealthStatus } from '../health/health-status.ts';
import type { ProxyScheme } from '../proxy-url/proxy-url.ts';
import type { InstantInput } from '../time/to-instant.ts';

/** A time range from `from` (inclusive) to `to` (exclusive). Default: unbounded at either end. */
export interface TimeRange {
  /**
   * The earliest time, included.
   *
   * @default unbounded
   */
  readonly from?: InstantInput | undefined;
  /**
   * The latest time, not included.
   *
   * @default unbounded
   */
  readonly to?: InstantInput | undefined;
}

/** A range of counts from `min` to `max`, both inclusive. Default: unbounded at either end. */
export interface CountRange {
  /**
   * The smallest count, included.
   *
   * @default unbounded
   */
  readonly min?: number | undefined;
  /**
   * The largest count, included.
   *
   * @default unbounded
   */
  readonly max?: number | undefined;
}

/** Number of entries of a page if `limit` is not given. */
export const DEFAULT_PAGE_SIZE = 100;

/** The possible orders of a query. */
export const ENTRY_ORDERS = Object.freeze([
  'key',
  'source',
  'fetchTime',
  'lastAccessed',
  'accessCount',
  'expiresAt',
  'failureCount',
  'nextCheckTime',
  'leastUsed',
  'random',
] as const);
export type EntryOrder = (typeof ENTRY_ORDERS)[number];

/**
 * Which entries to find: those that match all members. Its exact meaning, down to the order of equal entries, is
 * defined by {@link import('./query-entries.ts').queryEntries}; a tier with an index may be faster, never different.
 * Strings must be well-formed Unicode; a list has at most 1000 values, and an empty list matches nothing.
 *
 * @example
 * ```ts
 * const filter: EntryFilter = { protocol: 'socks5', labels: { country: ['US', 'CA'] }, orderBy: 'leastUsed', limit: 10 };
 * ```
 */
export interface EntryFilter {
  /**
   * The name of the list that an entry comes from, or one of several.
   *
   * @default any
   */
  readonly source?: string | readonly string[] | undefined;
  /**
   * Scheme of the URL; ASCII letters match in either case.
   *
   * @default any
   */
  readonly protocol?: ProxyScheme | readonly ProxyScheme[] | undefined;
  /**
   * Wanted values by label name: an entry must have one of the values for each name. At most 32 names.
   *
   * @default any
   */
  readonly labels?: WantedLabels | undefined;
  /**
   * A substring of the URL, at most 1000 characters; ASCII letters match in either case.
   *
   * @default any
   */
  readonly text?: string | undefined;
  /**
   * The state after the last health check, or one of several.
   *
   * @default any
   */
  readonly healthStatus?: HealthStatus | readonly HealthStatus[] | undefined;
  /**
   * When an entry expires.
   *
   * @default any
   */
  readonly expiresAt?: TimeRange | undefined;
  /**
   * When a `get` last returned an entry.
   *
   * @default any
   */
  readonly lastAccessed?: TimeRange | undefined;
  /**
   * The failures that `invalidateByHealth` counted.
   *
   * @default any
   */
  readonly failureCount?: CountRange | undefined;
  /**
   * Entries whose next health check is due by this time. An entry without a next check never matches.
   *
   * @default any
   */
  readonly checkDueBy?: InstantInput | undefined;
  /**
   * Whether expired entries are included.
   *
   * @default false
   */
  readonly includeExpired?: boolean | undefined;
  /**
   * The order of the entries. Strings are ordered by their UTF-8 bytes, and entries with equal values by key.
   * `"leastUsed"` orders by `accessCount`, then by `lastAccessed`. `"random"` returns a single page of distinct random
   * entries: it ignores `direction` and has no cursor.
   *
   * @default "key"
   */
  readonly orderBy?: EntryOrder | undefined;
  /**
   * Ascending or descending. With `nextCheckTime`, entries without a next check come last in ascending order.
   *
   * @default "asc"
   */
  readonly direction?: 'asc' | 'desc' | undefined;
  /**
   * Maximum number of entries of one page, 1 to 10000.
   *
   * @default 100
   */
  readonly limit?: number | undefined;
  /**
   * Where the previous page ended: its `cursor`, from the same tier, with the same order and direction.
   *
   * @default the first page
   */
  readonly cursor?: string | undefined;
}

/** One page of a query. */
export interface EntryPage {
  readonly entries: readonly CacheEntry[];
  /** Pass it to the next query; `null` on the last page. */
  readonly cursor: string | null;
}
