import type { CacheEntry } from '../entry/cache-entry.ts';
import type { WantedLabels } from '../entry/entry-labels.ts';
import type { HealthStatus } from '../health/health-status.ts';
import type { ProxyScheme } from '../proxy-url/proxy-url.ts';
import type { InstantInput } from '../time/to-instant.ts';

/** From `from` (included) to `to` (not included); either may be left out. */
export interface TimeRange {
  readonly from?: InstantInput | undefined;
  readonly to?: InstantInput | undefined;
}

/** From `min` to `max`, both included; either may be left out. */
export interface CountRange {
  readonly min?: number | undefined;
  readonly max?: number | undefined;
}

/** Entries of a page without a limit. */
export const DEFAULT_PAGE_SIZE = 100;

/** What a query may be ordered by. */
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
 * Which entries to find; all members together must fit. What it means, to the last tie, is what {@link import('./query-entries.ts').queryEntries}
 * does; a tier with an index for a member is faster, never different. Texts must
 * be well-formed Unicode; a list holds at most 1000 values, and an empty one fits nothing.
 */
export interface EntryFilter {
  readonly source?: string | readonly string[] | undefined;
  /** Scheme of the URL; ASCII letters match in either case. */
  readonly protocol?: ProxyScheme | readonly ProxyScheme[] | undefined;
  /** Values by the names of labels: an entry must have one of the values of each name. At most 32 names. */
  readonly labels?: WantedLabels | undefined;
  /** Text anywhere in the URL, at most 1000 characters; ASCII letters match in either case. */
  readonly text?: string | undefined;
  readonly healthStatus?: HealthStatus | readonly HealthStatus[] | undefined;
  readonly expiresAt?: TimeRange | undefined;
  readonly lastAccessed?: TimeRange | undefined;
  readonly failureCount?: CountRange | undefined;
  /** Entries whose next health check is due at this time; one without a next check is not. */
  readonly checkDueBy?: InstantInput | undefined;
  /** Expired entries too. Default false. */
  readonly includeExpired?: boolean | undefined;
  /**
   * Default `"key"`. Texts go by their UTF-8 bytes; entries that are equal in it follow by key. `"leastUsed"` goes by `accessCount` and then
   * `lastAccessed`. `"random"` gives entries by chance, each once, on one page: it has no next one, takes no cursor, and no direction means anything to it.
   */
  readonly orderBy?: EntryOrder | undefined;
  /** Default `"asc"`. Entries without a next check come last in ascending order. */
  readonly direction?: 'asc' | 'desc' | undefined;
  /** Most entries of one page: 1 to 10000, default 100. */
  readonly limit?: number | undefined;
  /** Where the last page ended: the `cursor` that the same tier gave, with the same order and direction. */
  readonly cursor?: string | undefined;
}

/** One page of a query. */
export interface EntryPage {
  readonly entries: readonly CacheEntry[];
  /** Hand it to the next query; null when this was the last page. */
  readonly cursor: string | null;
}
