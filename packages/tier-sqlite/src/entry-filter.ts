import type { CacheEntry, HealthStatus, InstantInput, ProxyScheme } from '@pw/cache-models';

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
] as const);
export type EntryOrder = (typeof ENTRY_ORDERS)[number];

/**
 * Which entries to find; all members together must fit. Indexed: `source`, `healthStatus`, `expiresAt`, `lastAccessed`
 * and the orders by them and by key. The others are tested row by row, on what an indexed member leaves over.
 */
export interface EntryFilter {
  readonly source?: string | readonly string[] | undefined;
  /** Scheme of the URL. */
  readonly protocol?: ProxyScheme | readonly ProxyScheme[] | undefined;
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
  /** Default `"key"`. Entries that are equal in it follow by key. */
  readonly orderBy?: EntryOrder | undefined;
  /** Default `"asc"`. Entries without a next check come last in ascending order. */
  readonly direction?: 'asc' | 'desc' | undefined;
  /** Most entries of one page: 1 to 10000, default 100. */
  readonly limit?: number | undefined;
  /** Where the last page ended: its `cursor`, with the same order and direction. */
  readonly cursor?: string | undefined;
}

/** One page of a query. */
export interface EntryPage {
  readonly entries: readonly CacheEntry[];
  /** Hand it to the next query; null when this was the last page. */
  readonly cursor: string | null;
}
