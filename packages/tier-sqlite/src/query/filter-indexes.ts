import type { EntryFilter, EntryOrder } from '@pw/cache-models';
import { LABELS_INDEX, NEXT_CHECK_INDEX } from '../schema/table-layout.ts';

/** The members of a filter that select entries. */
export type FilterMember = Exclude<keyof EntryFilter, 'orderBy' | 'direction' | 'limit' | 'cursor'>;

/**
 * The index for each member of a filter. A member with `null` has none, and is tested on each row that the other
 * members leave, or on the whole table. Of several members with an index, SQLite uses the one that it expects to leave
 * the fewest rows. Of several labels the rarest one is walked, unless too many entries have it; then each label is
 * tested row by row.
 */
export const FILTER_INDEXES: Readonly<Record<FilterMember, string | null>> = Object.freeze({
  source: 'idx_source',
  healthStatus: 'idx_health_status',
  expiresAt: 'idx_expires_at',
  lastAccessed: 'idx_last_accessed',
  checkDueBy: NEXT_CHECK_INDEX,
  labels: LABELS_INDEX,
  protocol: null,
  text: null,
  failureCount: null,
  includeExpired: null,
});

/** The index for each order. Without one (`null`), all matches are sorted, so a page costs as much as all of them. */
export const ORDER_INDEXES: Readonly<Record<EntryOrder, string | null>> = Object.freeze({
  key: 'sqlite_autoindex_cache_entries_1',
  source: 'idx_source',
  lastAccessed: 'idx_last_accessed',
  expiresAt: 'idx_expires_at',
  fetchTime: null,
  accessCount: null,
  failureCount: null,
  nextCheckTime: null,
  leastUsed: null,
  random: null,
});
