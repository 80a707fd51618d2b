import { CacheEntry, type EntryFilter, HEALTH_STATUSES, PROXY_SCHEMES } from '@pw/cache-models';
import { START } from '@pw/test-support/doubles';
import { makeEntry } from './make-entry.ts';

/**
 * The time of the queries: part of the sample has expired, and a deadline, a last access and a next check fall on it.
 */
export const QUERIED_AT = START + 3000;

const COUNT = 72;
const KEYS = ['a', 'B', 'ab', 'key 10', 'key 9', 'é', 'e', '\ufffd', '\uffff', '🔑', "o'key", '%', 'a_b', 'a\0b'];
const SOURCES = ['list', 'List', 'li%t', 'l_st', 'api', 'é', '漢字', '', "'; --", 'list '];
const COUNTRIES = ['DE', 'US', 'CA', 'de', 'é', 'D%', "'; --"];
const HOSTS = ['proxy', 'pr%xy', 'Upper', 'under_score', '192.0.2.7', 'xn--ks-via'];

const of = <T>(values: readonly T[], at: number): T => values[at % values.length]!;

/** Entries that differ in every field that a filter inspects, with ties in each. */
export const SAMPLE: readonly CacheEntry[] = Array.from({ length: COUNT }, (_, at) => {
  const key = at < KEYS.length ? KEYS[at]! : `sample ${(at * 29) % COUNT}-${at}`;
  const scheme = of(PROXY_SCHEMES, at);
  const entry = makeEntry(key, {
    source: of(SOURCES, at),
    fetchTime: START - (at % 11) * 1000,
    lastAccessed: QUERIED_AT - (at % 9) * 500 - (at % 2) / 1000,
    // Four entries share both this count and the last access.
    accessCount: (at * 5) % 6,
    // Some expire before the query, some at the very moment of it, the others later.
    expiresAt: QUERIED_AT + (at % 8 === 0 ? -1000 : at % 8 === 1 ? 0 : (at % 7) * 1000 + 1),
    failureCount: at % 5,
    healthStatus: of(HEALTH_STATUSES, at),
    nextCheckTime: at % 3 === 0 ? null : QUERIED_AT + ((at % 6) - 3) * 250,
    lastHealthCheck: at % 3 === 0 ? null : START,
    labels: at % 4 === 2 ? {} : labelsOf(at),
    ...(at % 10 === 4 ? { username: 'user', password: 'pass' } : {}),
  });
  // As other programs store them: in upper case, and with characters that are special in patterns.
  const url = `${at % 12 === 5 ? scheme.toUpperCase() : scheme}://${of(HOSTS, at)}-${at}.example:8080`;
  return CacheEntry.restore({ ...entry.toFields(), proxyUrl: url });
});

/** Names and values that occur in several labels; some entries lack a name. */
function labelsOf(at: number): Record<string, string> {
  return {
    country: of(COUNTRIES, at),
    ...(at % 3 === 0 ? {} : { kind: at % 5 === 0 ? 'DE' : of(['residential', 'mobile', 'a=b'], (at * 5) % 11) }),
    ...(at % 6 === 1 ? { constructor: 'DE', 'a.b-c_1': 'x'.repeat(256) } : {}),
    ...(at % 6 === 5 ? { Country: 'US' } : {}),
  };
}

const time = (milliseconds: number): number => QUERIED_AT + milliseconds;

/** Valid values for each member of a filter. */
export const FILTERS = {
  source: ['list', 'li%t', 'l_st', '%', '', 'é', "'; --", ['api', 'List', 'never'], [], 'never'],
  protocol: ['http', 'socks5', ['socks4', 'socks5h'], []],
  labels: [
    { country: 'DE' },
    { country: 'de' },
    { country: ['US', 'CA', 'never'] },
    { country: ['US', 'CA', 'DE'], kind: 'residential' },
    { kind: ['DE', 'a=b'] },
    { country: 'D%' },
    { country: "'; --" },
    { constructor: 'DE' },
    { 'a.b-c_1': 'x'.repeat(256) },
    { Country: 'US', country: ['DE', 'é'] },
    { toString: 'never' },
    { kind: 'never' },
    { country: [] },
    {},
  ],
  text: ['', 'proxy', 'PROXY', 'pr%xy', '%', '_', 'upper', '-1', '.example:8080', '://', "' OR 1=1 --", 'never'],
  healthStatus: [...HEALTH_STATUSES, ['healthy', 'dead'], []],
  expiresAt: [
    { from: time(1) },
    { to: time(2001) },
    { from: time(1001), to: time(3001) },
    { from: time(1001), to: time(1001) },
    {},
    { from: new Date(time(2001)), to: '2026-06-01T00:00:07.001Z' },
  ],
  lastAccessed: [{ from: time(-2000) }, { to: time(-1500) }, { from: time(-500.001), to: time(-0.001) }],
  failureCount: [{ min: 2 }, { max: 1 }, { min: 2, max: 3 }, { min: 4, max: 2 }, {}],
  checkDueBy: [time(0), time(-251), time(-10_000), time(10_000), new Date(time(250))],
  includeExpired: [true, false],
  orderBy: [
    ...(['key', 'source', 'fetchTime', 'lastAccessed'] as const),
    ...(['accessCount', 'expiresAt', 'failureCount', 'nextCheckTime', 'leastUsed'] as const),
  ],
  direction: ['asc', 'desc'],
  limit: [1, 7, 24, 71, 72, 73, 10_000],
} as const satisfies { readonly [Name in Exclude<keyof EntryFilter, 'cursor'>]: readonly EntryFilter[Name][] };

/** Values that every tier must refuse as a filter. */
export const WRONG_FILTERS: readonly unknown[] = [
  ...[null, 5, 'source', true],
  ...[{ colour: 'red' }, { Source: 'list' }, { source: 5 }, { source: [5] }, { source: null }, { source: { $ne: '' } }],
  ...[{ source: '\ud800' }, { text: '\udfff' }, { text: 5 }, { text: ['a'] }, { text: 'x'.repeat(1001) }],
  ...[{ source: Array(1001).fill('a') }, { protocol: 'ftp' }, { protocol: 'HTTP' }, { protocol: ['http', 'gopher'] }],
  ...[{ labels: null }, { labels: 'country=DE' }, { labels: ['country'] }, { labels: { country: 5 } }],
  ...[{ labels: { country: '' } }, { labels: { country: ['DE', null] } }, { labels: { '': 'DE' } }],
  ...[{ labels: { country: 'x'.repeat(257) } }, { labels: { country: 'a\nb' } }, { labels: { 'a=b': 'c' } }],
  ...[
    { labels: { country: '\ud800' } },
    { labels: { __proto__x: 'a', _a: 'b' } },
    { labels: { country: { $ne: 'DE' } } },
  ],
  ...[{ healthStatus: 'ill' }, { healthStatus: ['healthy', 5] }, { failureCount: 3 }, { failureCount: { min: -1 } }],
  ...[{ failureCount: { min: '2' } }, { failureCount: { max: 1.5 } }, { failureCount: { from: 1 } }],
  ...[{ expiresAt: 5 }, { expiresAt: { from: 'soon' } }, { expiresAt: { to: Number.NaN } }, { expiresAt: { min: 1 } }],
  ...[{ lastAccessed: null }, { lastAccessed: { from: {} } }, { checkDueBy: 'never' }, { checkDueBy: Number.NaN }],
  ...[{ includeExpired: 'yes' }, { includeExpired: 1 }, { orderBy: 'password' }, { orderBy: 'key; DROP TABLE x' }],
  ...[{ direction: 'up' }, { direction: 'DESC' }, { limit: 0 }, { limit: -1 }, { limit: 1.5 }, { limit: 10_001 }],
  ...[
    { limit: '10' },
    { limit: Number.NaN },
    { limit: null },
    { cursor: 5 },
    { cursor: 'not a cursor' },
    { cursor: '' },
  ],
];
