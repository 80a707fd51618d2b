import { type ArgumentKind, Kinds } from '../arguments/argument-kinds.ts';
import { checkArgument } from '../arguments/check-argument.ts';
import { CacheEntry } from '../entry/cache-entry.ts';
import { compareTexts } from '../text/compare-texts.ts';
import { checkFilter } from './check-filter.ts';
import { type EntryCursor, formatCursor, parseCursor } from './entry-cursor.ts';
import { DEFAULT_PAGE_SIZE, type EntryFilter, type EntryOrder, type EntryPage } from './entry-filter.ts';
import { filterTest } from './filter-test.ts';

type Place = Pick<EntryCursor, 'value' | 'second' | 'key'>;

const ENTRIES: ArgumentKind = Object.freeze({
  wanted: 'must be a list, or another iterable, of CacheEntries',
  isRight: () => false,
});

/**
 * The implementation of a query for stores without an index, and the reference for stores with one: tests every entry,
 * sorts the matches and returns one page. `now` is in epoch milliseconds. Throws a CacheValidationError for a wrong
 * filter.
 *
 * @example
 * ```ts
 * const page = queryEntries(entries, { healthStatus: 'healthy', limit: 50 }, Date.now());
 * if (page.cursor !== null) queryEntries(entries, { healthStatus: 'healthy', limit: 50, cursor: page.cursor }, Date.now());
 * ```
 */
export function queryEntries(entries: Iterable<CacheEntry>, filter: EntryFilter, now: number): EntryPage {
  if (typeof entries !== 'object' || entries === null || typeof entries[Symbol.iterator] !== 'function')
    checkArgument('entries', entries, ENTRIES);
  checkFilter(filter);
  checkArgument('now', now, Kinds.number);
  const { orderBy = 'key', direction = 'asc', limit = DEFAULT_PAGE_SIZE } = filter;
  const sign = direction === 'asc' ? 1 : -1;
  const start = filter.cursor === undefined ? undefined : parseCursor(filter.cursor, orderBy, direction);
  const isWanted = filterTest(filter, now);
  if (orderBy === 'random') return { entries: sampleOf(entries, isWanted, limit), cursor: null };
  const found: (Place & { readonly entry: CacheEntry })[] = [];
  for (const entry of entries) {
    if (!CacheEntry.isCacheEntry(entry)) checkArgument('entries', entries, ENTRIES);
    if (!isWanted(entry)) continue;
    const place = { value: orderValue(entry, orderBy), second: secondValue(entry, orderBy), key: entry.key, entry };
    if (start === undefined || sign * comparePlaces(place, start) > 0) found.push(place);
  }
  found.sort((a, b) => sign * comparePlaces(a, b));
  const page = found.slice(0, limit);
  const last = page.at(-1);
  const hasMore = found.length > page.length;
  return {
    entries: page.map(({ entry }) => entry),
    cursor:
      hasMore && last !== undefined
        ? formatCursor({ orderBy, direction, value: last.value, second: last.second, key: last.key })
        : null,
  };
}

/** A uniform random sample of at most `limit` matching entries, in random order (algorithm R). */
function sampleOf(
  entries: Iterable<CacheEntry>,
  isWanted: (entry: CacheEntry) => boolean,
  limit: number,
): CacheEntry[] {
  const sample: CacheEntry[] = [];
  let count = 0;
  for (const entry of entries) {
    if (!CacheEntry.isCacheEntry(entry)) checkArgument('entries', entries, ENTRIES);
    if (!isWanted(entry)) continue;
    const at = Math.floor(Math.random() * ++count);
    if (sample.length < limit) {
      // Inserted at a random position; the previous occupant moves to the end.
      sample.push(sample[at] ?? entry);
      sample[at] = entry;
    } else if (at < limit) sample[at] = entry;
  }
  return sample;
}

/** An entry without a next check sorts after all others. */
function orderValue(entry: CacheEntry, orderBy: Exclude<EntryOrder, 'random'>): string | number {
  return entry[orderBy === 'leastUsed' ? 'accessCount' : orderBy] ?? Number.MAX_VALUE;
}

function secondValue({ lastAccessed }: CacheEntry, orderBy: EntryOrder): number | undefined {
  return orderBy === 'leastUsed' ? lastAccessed : undefined;
}

function comparePlaces(a: Place, b: Place): number {
  return compare(a.value, b.value) || compare(a.second ?? 0, b.second ?? 0) || compareTexts(a.key, b.key);
}

function compare(a: string | number, b: string | number): number {
  return typeof a === 'string' ? compareTexts(a, String(b)) : a - Number(b);
}
