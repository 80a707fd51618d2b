import { Kinds } from '../arguments/argument-kinds.ts';
import { checkArgument } from '../arguments/check-argument.ts';
import type { CacheEntry } from '../entry/cache-entry.ts';
import { asciiLowerCase } from '../text/ascii-lower-case.ts';
import { toInstant } from '../time/to-instant.ts';
import { checkFilter } from './check-filter.ts';
import type { CountRange, EntryFilter, TimeRange } from './entry-filter.ts';
import { labelTest } from './label-test.ts';

type Test = (entry: CacheEntry) => boolean;

/**
 * Compiles a filter to a predicate that is true for matching entries. Ignores order, limit and cursor. `now` is in
 * epoch milliseconds. Throws a CacheValidationError for a wrong filter.
 *
 * @example
 * ```ts
 * const isWanted = filterTest({ protocol: 'socks5', labels: { country: 'DE' } }, Date.now());
 * const wanted = entries.filter(isWanted);
 * ```
 */
export function filterTest(filter: EntryFilter, now: number): (entry: CacheEntry) => boolean {
  checkFilter(filter);
  checkArgument('now', now, Kinds.number);
  const tests = testsOf(filter, now);
  return (entry) => tests.every((test) => test(entry));
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
    const wanted = asciiLowerCase(text);
    tests.push((entry) => asciiLowerCase(entry.proxyUrl).includes(wanted));
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
  return asciiLowerCase(proxyUrl.slice(0, Math.max(0, proxyUrl.indexOf('://'))));
}
