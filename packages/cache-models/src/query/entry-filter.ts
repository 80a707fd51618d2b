import type { CacheEntry } from '../entry/cache-entry.ts';
import type { WantedLabels } from '../entry/entry-labels.ts';
import type { HealthStatus } from '../health/health-status.ts';
import type { ProxyScheme } from '../proxy-url/proxy-url.ts';
import type { InstantInput } from '../time/to-instant.ts';

/** A time range from `from` (inclusive) to `to` (exclusive). Default: unbounded at either end. */
export interface TimeRange {
  readonly from?: InstantInput | undefined;
  readonly to?: InstantInput | undefined;
}

/** A range of counts from `min` to `max`, both inclusive. Default: unbounded at either end. */
export interface CountRange {
  readonly min?: number | undefined;
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
  readonly source?: string | readonly string[] | undefined;
  /** Scheme of the URL; ASCII letters match in either case. */
  readonly protocol?: ProxyScheme | readonly ProxyScheme[] | undefined;
  /** Wanted values by label name: an entry must have one of the values for each name. At most 32 names. */
  readonly labels?: WantedLabels | undefined;
  /** A substring of the URL, at most 1000 characters; ASCII letters match in either case. */
  readonly text?: string | undefined;
  readonly healthStatus?: HealthStatus | readonly HealthStatus[] | undefined;
  readonly expiresAt?: TimeRange | undefined;
  readonly lastAccessed?: TimeRange | undefined;
  readonly failureCount?: CountRange | undefined;
  /** Entries whose next health check is due by this time. An entry without a next check never matches. */
  readonly checkDueBy?: InstantInput | undefined;
  /** Whether expired entries are included. Default false. */
  readonly includeExpired?: boolean | undefined;
  /**
   * Default `"key"`. Strings are ordered by their UTF-8 bytes, and entries with equal values by key. `"leastUsed"`
   * orders by `accessCount`, then by `lastAccessed`. `"random"` returns a single page of distinct random entries: it
   * ignores `direction` and has no cursor.
   */
  readonly orderBy?: EntryOrder | undefined;
  /** Default `"asc"`. With `nextCheckTime`, entries without a next check come last in ascending order. */
  readonly direction?: 'asc' | 'desc' | undefined;
  /** Maximum number of entries of one page, 1 to 10000. Default 100. */
  readonly limit?: number | undefined;
  /**
   * Where the previous page ended: its `cursor`, from the same tier, with the same order and direction. Default: the
   * first page.
   */
  readonly cursor?: string | undefined;
}

/** One page of a query. */
export interface EntryPage {
  readonly entries: readonly CacheEntry[];
  /** Pass it to the next query; `null` on the last page. */
  readonly cursor: string | null;
}
