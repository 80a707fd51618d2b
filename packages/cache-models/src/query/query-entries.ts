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
 * The plain meaning of a filter, for stores without an index and as the yardstick for those with one: looks at every
 * entry, sorts what fits and gives one page. `now` in epoch milliseconds.
 * Throws a CacheValidationError for a wrong filter.
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
  if (orderBy === 'random') return { entries: someOf(entries, isWanted, limit), cursor: null };
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

/** As many entries that fit, each with the same chance (algorithm R). */
function someOf(entries: Iterable<CacheEntry>, isWanted: (entry: CacheEntry) => boolean, limit: number): CacheEntry[] {
  const some: CacheEntry[] = [];
  let count = 0;
  for (const entry of entries) {
    if (!CacheEntry.isCacheEntry(entry)) checkArgument('entries', entries, ENTRIES);
    if (!isWanted(entry)) continue;
    const at = Math.floor(Math.random() * ++count);
    if (some.length < limit) {
      // An entry that comes takes a place by chance, and who had it goes to the end.
      some.push(some[at] ?? entry);
      some[at] = entry;
    } else if (at < limit) some[at] = entry;
  }
  return some;
}

/** An entry without a next check comes after all that have one. */
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
