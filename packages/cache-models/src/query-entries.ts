import { type ArgumentKind, Kinds } from './arguments/argument-kinds.ts';
import { checkArgument } from './arguments/check-argument.ts';
import { CacheEntry } from './cache-entry.ts';
import { checkFilter } from './check-filter.ts';
import { compareTexts } from './compare-texts.ts';
import { type EntryCursor, formatCursor, parseCursor } from './entry-cursor.ts';
import {
  type CountRange,
  DEFAULT_PAGE_SIZE,
  type EntryFilter,
  type EntryOrder,
  type EntryPage,
  type TimeRange,
} from './entry-filter.ts';
import { labelTest } from './label-test.ts';
import { toInstant } from './to-instant.ts';

type Test = (entry: CacheEntry) => boolean;
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
  const tests = testsOf(filter, now);
  if (orderBy === 'random') return { entries: someOf(entries, tests, limit), cursor: null };
  const found: (Place & { readonly entry: CacheEntry })[] = [];
  for (const entry of entries) {
    if (!CacheEntry.isCacheEntry(entry)) checkArgument('entries', entries, ENTRIES);
    if (!tests.every((test) => test(entry))) continue;
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
function someOf(entries: Iterable<CacheEntry>, tests: readonly Test[], limit: number): CacheEntry[] {
  const some: CacheEntry[] = [];
  let count = 0;
  for (const entry of entries) {
    if (!CacheEntry.isCacheEntry(entry)) checkArgument('entries', entries, ENTRIES);
    if (!tests.every((test) => test(entry))) continue;
    const at = Math.floor(Math.random() * ++count);
    if (some.length < limit) {
      // An entry that comes takes a place by chance, and who had it goes to the end.
      some.push(some[at] ?? entry);
      some[at] = entry;
    } else if (at < limit) some[at] = entry;
  }
  return some;
}

function testsOf(filter: EntryFilter, now: number): Test[] {
  const tests: Test[] = [];
  const { source, healthStatus, protocol, text } = filter;
  if (filter.includeExpired !== true) tests.push((entry) => !entry.isExpiredAt(now));
  if (source !== undefined) tests.push(isOneOf(source, (entry) => entry.source));
  if (healthStatus !== undefined) tests.push(isOneOf(healthStatus, (entry) => entry.healthStatus));
  if (protocol !== undefined) tests.push(isOneOf(protocol, schemeOf));
  if (filter.labels !== undefined) {
    const hasLabels = labelTest(filter.labels);
    tests.push(({ labels }) => hasLabels(labels));
  }
  if (text !== undefined) {
    const wanted = toAsciiLowerCase(text);
    tests.push((entry) => toAsciiLowerCase(entry.proxyUrl).includes(wanted));
  }
  if (filter.expiresAt !== undefined) tests.push(isWithin(filter.expiresAt, (entry) => entry.expiresAt));
  if (filter.lastAccessed !== undefined) tests.push(isWithin(filter.lastAccessed, (entry) => entry.lastAccessed));
  if (filter.failureCount !== undefined) tests.push(isCount(filter.failureCount));
  if (filter.checkDueBy !== undefined) {
    const due = toInstant(filter.checkDueBy)!;
    tests.push(({ nextCheckTime }) => nextCheckTime !== null && nextCheckTime <= due);
  }
  return tests;
}

function isOneOf<T extends string>(wanted: T | readonly T[], value: (entry: CacheEntry) => string): Test {
  const set = new Set<string>(typeof wanted === 'string' ? [wanted] : wanted);
  return (entry) => set.has(value(entry));
}

function isWithin(range: TimeRange, value: (entry: CacheEntry) => number): Test {
  const from = range.from === undefined ? Number.NEGATIVE_INFINITY : toInstant(range.from)!;
  const to = range.to === undefined ? Number.POSITIVE_INFINITY : toInstant(range.to)!;
  return (entry) => value(entry) >= from && value(entry) < to;
}

function isCount({ min = 0, max = Number.POSITIVE_INFINITY }: CountRange): Test {
  return ({ failureCount }) => failureCount >= min && failureCount <= max;
}

function schemeOf({ proxyUrl }: CacheEntry): string {
  return toAsciiLowerCase(proxyUrl.slice(0, Math.max(0, proxyUrl.indexOf('://'))));
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

function toAsciiLowerCase(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
