import { type CacheEntry, CacheErrorCode, type HealthStatus } from '@pw/cache-models';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EntryQuery } from '../src/entry-query.ts';
import type { EntryFilter, SqliteCacheTier } from '../src/index.ts';
import { L3_LAYOUT } from '../src/table-layout.ts';
import { L3, LATER, makeEntry, makeL3, NOW, tempDir, withDatabase } from './support.ts';

const SOURCES = ['a', 'b', "c'--", '%', ''] as const;
const STATES: readonly HealthStatus[] = ['healthy', 'unhealthy', 'dead', 'degraded', 'unknown'];
const SCHEMES = ['http', 'https', 'socks5'] as const;

function someEntries(): CacheEntry[] {
  return Array.from({ length: 60 }, (_, i) =>
    makeEntry(`k${i}`, {
      proxyUrl: `${SCHEMES[i % 3]}://h${i}-${i % 2 ? 'a_c' : 'abc'}.example:80`,
      source: SOURCES[i % 5]!,
      healthStatus: STATES[(i * 7) % 5]!,
      fetchTime: NOW - (i % 4),
      lastAccessed: NOW - (i % 6) * 1000,
      expiresAt: i % 9 === 0 ? NOW - 1 : LATER + (i % 3),
      failureCount: i % 4,
      accessCount: i % 3,
      nextCheckTime: i % 2 ? null : NOW + (i % 5) * 1000,
    }),
  );
}

/** The filter in the plainest way. */
function fits(entry: CacheEntry, f: EntryFilter): boolean {
  const any = <T>(value: T | readonly T[] | undefined, test: (one: T) => boolean) =>
    value === undefined || (Array.isArray(value) ? (value as readonly T[]) : [value as T]).some(test);
  const within = (value: number, range: EntryFilter['expiresAt']) =>
    value >= ((range?.from as number | undefined) ?? -Infinity) &&
    value < ((range?.to as number | undefined) ?? Infinity);
  return (
    (f.includeExpired === true || entry.expiresAt > NOW) &&
    any(f.source, (source) => entry.source === source) &&
    any(f.healthStatus, (status) => entry.healthStatus === status) &&
    any(f.protocol, (scheme) => entry.proxyUrl.startsWith(`${scheme}://`)) &&
    entry.proxyUrl.toLowerCase().includes((f.text ?? '').toLowerCase()) &&
    within(entry.expiresAt, f.expiresAt) &&
    within(entry.lastAccessed, f.lastAccessed) &&
    entry.failureCount >= (f.failureCount?.min ?? 0) &&
    entry.failureCount <= (f.failureCount?.max ?? Infinity) &&
    (f.checkDueBy === undefined || (entry.nextCheckTime !== null && entry.nextCheckTime <= (f.checkDueBy as number)))
  );
}

function sorted(entries: readonly CacheEntry[], { orderBy = 'key', direction = 'asc' }: EntryFilter): string[] {
  const value = (entry: CacheEntry) => entry[orderBy] ?? Number.POSITIVE_INFINITY;
  const compare = (a: CacheEntry, b: CacheEntry) =>
    value(a) < value(b) ? -1 : value(a) > value(b) ? 1 : a.key < b.key ? -1 : 1;
  return [...entries].sort((a, b) => (direction === 'asc' ? compare(a, b) : compare(b, a))).map(({ key }) => key);
}

function allPages(tier: SqliteCacheTier, filter: EntryFilter): string[] {
  const keys: string[] = [];
  let cursor: string | null = null;
  do {
    const page = tier.query({ ...filter, ...(cursor === null ? {} : { cursor }) });
    expect(page.entries.length).toBeLessThanOrEqual(filter.limit ?? 100);
    keys.push(...page.entries.map(({ key }) => key));
    cursor = page.cursor;
  } while (cursor !== null);
  return keys;
}

const time = fc.integer({ min: NOW - 7000, max: NOW + 7000 });
const range = fc.record({ from: time, to: fc.oneof(time, fc.constant(LATER + 1)) }, { requiredKeys: [] });
const oneOrMore = <T>(values: readonly T[]) => fc.oneof(fc.constantFrom(...values), fc.subarray([...values]));
const filters: fc.Arbitrary<EntryFilter> = fc.record(
  {
    source: oneOrMore(SOURCES),
    protocol: oneOrMore(SCHEMES),
    text: fc.constantFrom('', 'A_C', 'h1', '%', '_', '\\', "'; DROP TABLE cache_entries; --"),
    healthStatus: oneOrMore(STATES),
    expiresAt: range,
    lastAccessed: range,
    failureCount: fc.record({ min: fc.nat(4), max: fc.nat(4) }, { requiredKeys: [] }),
    checkDueBy: time,
    includeExpired: fc.boolean(),
    orderBy: fc.constantFrom(
      ...([
        'key',
        'source',
        'fetchTime',
        'lastAccessed',
        'accessCount',
        'expiresAt',
        'failureCount',
        'nextCheckTime',
      ] as const),
    ),
    direction: fc.constantFrom('asc', 'desc'),
    limit: fc.integer({ min: 1, max: 30 }),
  },
  { requiredKeys: [] },
);

describe('a query', () => {
  it('finds what the plainest filter finds, in order, over pages of any size', () => {
    const tier = makeL3(tempDir());
    const entries = someEntries();
    tier.putMany(entries);
    fc.assert(
      fc.property(filters, (filter) => {
        const expected = sorted(
          entries.filter((entry) => fits(entry, filter)),
          filter,
        );
        expect(allPages(tier, filter)).toEqual(expected);
      }),
      { numRuns: 400 },
    );
    expect(tier.size()).toBe(entries.filter(({ expiresAt }) => expiresAt > NOW).length);
  });

  it('takes times as numbers, dates and texts', () => {
    const tier = makeL3(tempDir());
    tier.put('a', makeEntry('a', { lastAccessed: NOW }));
    for (const from of [NOW, new Date(NOW), new Date(NOW).toISOString()]) {
      expect(tier.query({ lastAccessed: { from } }).entries).toHaveLength(1);
    }
  });

  it('refuses a wrong filter with every wrong member, and shows no value', () => {
    const tier = makeL3(tempDir());
    const wrong = {
      source: 5,
      protocol: 'ftp-secret',
      text: 'x'.repeat(2000),
      healthStatus: ['healthy', 'secret'],
      expiresAt: { since: 1 },
      lastAccessed: 7,
      failureCount: { min: -1 },
      checkDueBy: 'secret',
      includeExpired: 1,
      orderBy: 'key; secret',
      direction: 'down',
      limit: 0,
      cursor: 3,
      'source OR 1=1': true,
    } as unknown as EntryFilter;
    try {
      tier.query(wrong);
      expect.unreachable();
    } catch (error) {
      const { code, problems, message } = error as { code: string; problems: { path: string }[]; message: string };
      expect(code).toBe(CacheErrorCode.VALIDATION_FAILED);
      expect(new Set(problems.map(({ path }) => path.split('.')[0]))).toEqual(new Set(Object.keys(wrong)));
      expect(message).not.toContain('secret');
    }
    for (const cursor of [
      '',
      'nonsense',
      Buffer.from('["key","desc",1,"a"]').toString('base64url'),
      Buffer.from('[]').toString('base64url'),
    ]) {
      expect(() => tier.query({ cursor })).toThrow(/cursor/);
    }
    expect(() => tier.query(null as unknown as EntryFilter)).toThrow(/object/);
  });

  it.each<[string, EntryFilter, RegExp]>([
    ['source', { source: 'a' }, /idx_source/],
    ['sources', { source: ['a', 'b'] }, /idx_source/],
    ['healthStatus', { healthStatus: ['dead', 'unhealthy'] }, /idx_health_status/],
    ['expiresAt', { expiresAt: { from: NOW, to: NOW + 1 } }, /idx_expires_at/],
    ['lastAccessed', { lastAccessed: { from: NOW, to: NOW + 1 } }, /idx_last_accessed/],
    ['order by expiry', { orderBy: 'expiresAt' }, /idx_expires_at/],
    ['order by last access', { orderBy: 'lastAccessed', direction: 'desc' }, /idx_last_accessed/],
    ['no filter', {}, /sqlite_autoindex_cache_entries_1/],
  ])('by %s uses an index', (_name, filter, expected) => {
    const directory = tempDir();
    makeL3(directory).open();
    const { sql, values } = new EntryQuery(filter, L3_LAYOUT, NOW);
    const plan = withDatabase(L3.file(directory), (db) =>
      (db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...values) as { detail: string }[]).map(({ detail }) => detail),
    );
    expect(plan.filter((line) => / c( |$)/.test(line)).join('\n')).toMatch(expected);
  });

  it('goes on after damaged rows, and gives an empty page after a fault', () => {
    const directory = tempDir();
    const tier = makeL3(directory);
    tier.putMany(['a', 'b', 'c'].map((key) => makeEntry(key)));
    withDatabase(L3.file(directory), (db) => db.exec("UPDATE cache_entries SET source = 'rot' WHERE key = 'b'"));
    expect(tier.query().entries.map(({ key }) => key)).toEqual(['a', 'c']);
    expect(tier.statistics).toMatchObject({ evictionsCorruption: 1, currentSize: 2 });
    withDatabase(L3.file(directory), (db) => db.exec('DROP TABLE cache_entries'));
    expect(tier.query()).toEqual({ entries: [], cursor: null });
    expect(tier.failureCount).toBe(1);
  });
});
