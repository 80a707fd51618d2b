import type { EntryFilter, EntryOrder } from '@pw/cache-models';
import { LABELS_INDEX, NEXT_CHECK_INDEX } from '../schema/table-layout.ts';

/** The members of a filter that choose entries. */
export type FilterMember = Exclude<keyof EntryFilter, 'orderBy' | 'direction' | 'limit' | 'cursor'>;

/**
 * The index behind each member of a filter. `null`: none; such a member is tested row by row, on what the other members
 * leave over, or on the whole table. Of several members with an index SQLite takes the one that it expects to leave least. Labels are walked by
 * the rarest of them, or tested one by one where that leaves too many.
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

/** The index behind each order. `null`: none; what fits the filter is sorted, so a page costs as much as all of it. */
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
