import { readFileSync, writeFileSync } from 'node:fs';
import { CacheEntry, CacheErrorCode, ENTRY_ORDERS, type HealthStatus } from '@pw/cache-models';
import { formatCursor, queryEntries } from '@pw/cache-models/tier';
import { count, entryInputs, ManualClock } from '@pw/test-support';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type EntryFilter,
  FILTER_INDEXES,
  type FilterMember,
  ORDER_INDEXES,
  type SqliteCacheTier,
} from '../../src/index.ts';
import { EntryQuery } from '../../src/query/entry-query.ts';
import type { WantedLabel } from '../../src/query/label-filter.ts';
import { L3_LAYOUT } from '../../src/schema/table-layout.ts';
import { L3, LATER, makeEntry, makeL3, NOW, reveal, tempDir, withDatabase } from '../support.ts';

const SOURCES = ['a', 'b', "c'--", '%', ''] as const;
const STATES: readonly HealthStatus[] = ['healthy', 'unhealthy', 'dead', 'degraded', 'unknown'];
const COUNTRIES = ['US', 'DE', '%', 'it\'s 5% = a"b\\c;--', 'é漢🔑'] as const;
const KINDS = ['residential', 'datacenter'] as const;
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
      labels: {
        ...(i % 4 ? { country: COUNTRIES[(i * 3) % 5]! } : {}),
        ...(i % 3 ? { kind: KINDS[i % 2]!, Kind: 'US', 'a.b-c_1': `${i}` } : {}),
      },
    }),
  );
}

/** A value for each member that selects entries. It does not compile if a member is missing. */
const FILTERS: { readonly [M in FilterMember]: EntryFilter[M] } = {
  source: ['a', 'b'],
  protocol: 'http',
  labels: { country: 'DE', kind: ['residential', 'datacenter'] },
  text: 'x',
  healthStatus: ['dead', 'unhealthy'],
  expiresAt: { from: NOW, to: NOW + 1 },
  lastAccessed: { from: NOW, to: NOW + 1 },
  failureCount: { min: 1 },
  checkDueBy: NOW,
  includeExpired: true,
};

/** A store without entries, made once. */
let empty: Buffer | undefined;

function planOf(filter: EntryFilter, driver?: WantedLabel): string {
  const directory = tempDir();
  if (empty === undefined) {
    const tier = makeL3(directory);
    tier.open();
    tier.close();
    empty = readFileSync(L3.file(directory));
  } else writeFileSync(L3.file(directory), empty);
  const { sql, values } = new EntryQuery(filter, L3_LAYOUT, NOW, driver);
  return withDatabase(L3.file(directory), (db) =>
    (db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...values) as { detail: string }[])
      .map(({ detail }) => detail)
      .join('\n'),
  );
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
    labels: fc.record(
      {
        country: oneOrMore(COUNTRIES),
        kind: oneOrMore(KINDS),
        constructor: fc.constant('US'),
        KIND: fc.constant('US'),
      },
      { requiredKeys: [] },
    ),
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
        'leastUsed',
      ] as const),
    ),
    direction: fc.constantFrom('asc', 'desc'),
    limit: fc.integer({ min: 1, max: 30 }),
  },
  { requiredKeys: [] },
);

describe('a query', () => {
  it('finds the same as a plain filter, in order, over pages of any size', () => {
    const tier = makeL3(tempDir());
    const entries = someEntries();
    tier.putMany(entries);
    fc.assert(
      fc.property(filters, (filter) => {
        const { limit: _, ...all } = filter;
        const expected = queryEntries(entries, { ...all, limit: 10_000 }, NOW).entries.map(({ key }) => key);
        expect(allPages(tier, filter)).toEqual(expected);
      }),
      { numRuns: count(100, 400) },
    );
    expect(tier.size()).toBe(entries.filter(({ expiresAt }) => expiresAt > NOW).length);
  });

  it('agrees with a plain filter on entries of every kind: hostile strings, microseconds, emoji keys', () => {
    const clock = new ManualClock(NOW);
    fc.assert(
      fc.property(fc.array(entryInputs, { maxLength: 12 }), filters, fc.nat(11), (inputs, filter, pick) => {
        const tier = makeL3(tempDir(), { clock });
        const kept = new Map(inputs.map((input) => [input.key, CacheEntry.create(input, clock)]));
        tier.putMany([...kept.values()]);
        // Filters derived from the data, such as half of a source or host, or a time exactly on the boundary.
        const some = [...kept.values()][pick % Math.max(1, kept.size)];
        const near: EntryFilter =
          some === undefined
            ? {}
            : {
                ...(filter.source === undefined ? {} : { source: some.source }),
                ...(filter.text === undefined ? {} : { text: some.proxyUrl.slice(5, 9).toUpperCase() }),
                ...(filter.expiresAt === undefined ? {} : { expiresAt: { from: some.expiresAt } }),
                ...(filter.lastAccessed === undefined ? {} : { lastAccessed: { to: some.lastAccessed } }),
                ...(filter.labels === undefined
                  ? {}
                  : { labels: Object.fromEntries(Object.entries(some.labels).slice(0, 2)) }),
                ...(filter.checkDueBy === undefined ? {} : { checkDueBy: some.nextCheckTime ?? NOW }),
              };
        for (const one of [filter, { ...filter, ...near }]) {
          const found = tier.query(one);
          const expected = queryEntries(kept.values(), one, NOW);
          expect(found.entries.map(reveal)).toEqual(expected.entries.map(reveal));
          expect(found.cursor === null).toBe(expected.cursor === null);
        }
        tier.close();
      }),
      { numRuns: count(40, 120) },
    );
  });

  it('accepts times as numbers, dates and strings', () => {
    const tier = makeL3(tempDir());
    tier.put('a', makeEntry('a', { lastAccessed: NOW }));
    for (const from of [NOW, new Date(NOW), new Date(NOW).toISOString()]) {
      expect(tier.query({ lastAccessed: { from } }).entries).toHaveLength(1);
    }
  });

  it('refuses a wrong filter, listing every wrong member and no value', () => {
    const tier = makeL3(tempDir());
    const wrong = {
      source: 5,
      protocol: 'ftp-secret',
      labels: { country: 'secret\n' },
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

  it.each(Object.keys(FILTERS) as FilterMember[])(
    'by %s uses the index in FILTER_INDEXES, or has none there',
    (member) => {
      const plan = planOf({ [member]: FILTERS[member] });
      const index = FILTER_INDEXES[member];
      if (index === null) expect(plan).not.toMatch(/SEARCH c USING (COVERING )?INDEX/);
      else if (member === 'labels') expect(plan).toMatch(/SEARCH l EXISTS USING PRIMARY KEY /);
      else expect(plan).toMatch(new RegExp(`SEARCH c USING INDEX ${index} `));
    },
  );

  it.each(Object.keys(ORDER_INDEXES) as (keyof typeof ORDER_INDEXES)[])(
    'in the order of %s walks the index in ORDER_INDEXES, or sorts if there is none',
    (orderBy) => {
      for (const direction of ['asc', 'desc'] as const) {
        const plan = planOf({ orderBy, direction });
        const index = ORDER_INDEXES[orderBy];
        if (index === null) expect(plan).toContain('USE TEMP B-TREE FOR ORDER BY');
        else {
          expect(plan).toMatch(new RegExp(`SCAN c USING INDEX ${index}`));
          expect(plan).not.toContain('USE TEMP B-TREE FOR ORDER BY');
        }
      }
    },
  );

  it('by labels walks the keys of one label in order without sorting, and tests the others', () => {
    const cursor = formatCursor({ orderBy: 'key', direction: 'asc', value: 'a', key: 'a' });
    const filter = { labels: { country: 'DE', kind: 'residential' }, cursor };
    const plan = planOf(filter, { name: 'country', values: ['DE'] });
    expect(plan).toMatch(/^SEARCH pw_cache_entries_labels USING PRIMARY KEY \(name=\? AND value=\? AND key>\?\)\n/);
    expect(plan).toContain('SEARCH c USING INDEX sqlite_autoindex_cache_entries_1 (key=?)');
    expect(plan).toContain('SEARCH l EXISTS USING PRIMARY KEY (name=? AND value=? AND key=?)');
    expect(plan).not.toMatch(/TEMP B-TREE|SCAN/);
  });

  it('by a label of few entries reads only those, whatever the order', () => {
    for (const orderBy of ENTRY_ORDERS) {
      const plan = planOf({ labels: { country: ['DE', 'US'] }, orderBy }, { name: 'country', values: ['DE', 'US'] });
      expect(plan).toContain('SEARCH pw_cache_entries_labels USING PRIMARY KEY (name=? AND value=?)');
      expect(plan).not.toMatch(/SCAN (c|pw_)/);
    }
  });

  it('by labels of very many entries finds the same as a plain filter, in any order', () => {
    const tier = makeL3(tempDir());
    const entries = Array.from({ length: 2100 }, (_, i) =>
      makeEntry(`k${i}`, {
        source: SOURCES[i % 5]!,
        accessCount: i % 7,
        lastAccessed: NOW - (i % 40),
        labels: { all: 'yes', half: i % 2 ? 'odd' : 'even', few: `${i % 100}` },
      }),
    );
    tier.putMany(entries);
    const labels: readonly EntryFilter['labels'][] = [
      { all: 'yes' },
      { all: 'yes', half: 'odd' },
      { all: 'yes', half: ['odd', 'even'] },
      { half: ['odd', 'even', 'odd'] },
      { half: 'even', few: ['4', '6', '7'] },
      { all: 'no', half: 'odd' },
      { all: 'yes', half: [] },
    ];
    const SMALL = {};
    for (const wanted of labels)
      for (const orderBy of ENTRY_ORDERS.filter((order) => order !== 'random'))
        for (const more of [
          {},
          SMALL,
          { source: 'a' },
          { lastAccessed: { from: NOW - 3 } },
          { direction: 'desc' as const },
        ]) {
          const filter = { labels: wanted, orderBy, limit: more === SMALL ? 90 : 900, ...more };
          const all = queryEntries(entries, { ...filter, limit: 10_000 }, NOW).entries.map(({ key }) => key);
          expect(allPages(tier, filter)).toEqual(all);
        }
  });

  it('in random order returns each match at most once, and all equally often', () => {
    const tier = makeL3(tempDir());
    tier.putMany(
      Array.from({ length: 40 }, (_, i) => makeEntry(`k${i}`, { labels: { half: i % 2 ? 'odd' : 'even' } })),
    );
    const times = new Map<string, number>();
    const first = new Map<string, number>();
    for (let i = 0; i < 2000; i++) {
      const { entries, cursor } = tier.query({ labels: { half: 'odd' }, orderBy: 'random', limit: 5 });
      const keys = entries.map(({ key }) => key);
      expect(new Set(keys).size).toBe(5);
      expect(cursor).toBeNull();
      for (const key of keys) times.set(key, (times.get(key) ?? 0) + 1);
      first.set(keys[0]!, (first.get(keys[0]!) ?? 0) + 1);
    }
    // 500 and 100 on average; seven standard deviations are 140 and 70.
    expect(times.size).toBe(20);
    expect(first.size).toBe(20);
    for (const count of times.values()) expect(Math.abs(count - 500)).toBeLessThan(140);
    for (const count of first.values()) expect(Math.abs(count - 100)).toBeLessThan(70);
    expect(tier.query({ orderBy: 'random', limit: 100 }).entries).toHaveLength(40);
  });

  it('by one end of a range of times uses its index', () => {
    expect(planOf({ expiresAt: { to: NOW + 1 } })).toContain('SEARCH c USING INDEX idx_expires_at ');
    expect(planOf({ lastAccessed: { from: NOW } })).toContain('SEARCH c USING INDEX idx_last_accessed ');
  });

  it('for the next due checks walks one index and sorts only ties', () => {
    const plan = planOf({ checkDueBy: NOW, orderBy: 'nextCheckTime' });
    expect(plan).toMatch(new RegExp(`SEARCH c USING INDEX ${FILTER_INDEXES.checkDueBy} `));
    expect(plan).not.toContain('TEMP B-TREE FOR ORDER BY');
  });

  it('continues after a page whose last row is damaged', () => {
    const directory = tempDir();
    const tier = makeL3(directory);
    tier.putMany(['a', 'b', 'c', 'd'].map((key) => makeEntry(key, { source: key })));
    withDatabase(L3.file(directory), (db) => db.exec("UPDATE cache_entries SET source = x'62' WHERE key = 'b'"));
    expect(allPages(tier, { orderBy: 'source', direction: 'desc', limit: 1, text: '192' })).toEqual([]);
    expect(allPages(tier, { orderBy: 'source', direction: 'desc', limit: 1 })).toEqual(['d', 'c', 'a']);
  });

  it('continues after damaged rows, and returns an empty page after a fault', () => {
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
