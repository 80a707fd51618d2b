import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CacheEntry, entryToRecord } from '@pw/cache-models';
import { entryLabels } from '@pw/test-support';
import { TestCipher } from '@pw/tier-testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DiskCacheTier, EntryFilter, SqliteCacheTier } from '../../src/index.ts';
import { RowChecksums } from '../../src/rows/row-checksums.ts';
import { MAX_LABELS_BYTES } from '../../src/rows/value-limits.ts';
import { ENTRY_COLUMNS } from '../../src/schema/table-layout.ts';
import {
  KINDS,
  type Kind,
  L2,
  L3,
  LATER,
  makeEntry,
  makeL3,
  NOW,
  type Tier,
  tempDir,
  withDatabase,
} from '../support.ts';

const LABELS = { country: 'DE', kind: 'residential' };
const LATE = { now: () => LATER + 1 };

/** Keys by name and value, in order. */
const rows = (directory: string, where = '') =>
  withDatabase(L3.file(directory), (db) =>
    db.prepare(`SELECT name, value, key FROM pw_cache_entries_labels ${where} ORDER BY name, value, key`).raw().all(),
  );

const ofKeys = (...keys: string[]) => [
  ...keys.map((key) => ['country', 'DE', key]),
  ...keys.map((key) => ['kind', 'residential', key]),
];

function withLabels(kind: Kind, ...keys: string[]) {
  const directory = tempDir();
  const tier = kind.make(directory, {}, { failureThreshold: 100 });
  tier.putMany(keys.map((key) => makeEntry(key, { labels: LABELS })));
  const run = (sql: string) =>
    withDatabase(kind.file(directory), (db) => {
      db.pragma('foreign_keys = OFF');
      return db.exec(sql.replaceAll('TABLE_', kind.table).replaceAll('SIDE_', kind.side));
    });
  return { directory, tier, run };
}

/** Rows that another program may have added, for keys with this prefix. */
const forge = (count: number, key = "'a'") =>
  `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})
   INSERT INTO pw_cache_entries_labels SELECT 'country', 'forged' || i, ${key} FROM n`;

describe.each(KINDS)('labels in $name', (kind) => {
  it('are read as they were stored, as a list in the common format, or NULL if there are none', () => {
    const { tier, directory } = withLabels(kind, 'a');
    tier.put('b', makeEntry('b'));
    expect(tier.get('a')?.labels).toEqual(LABELS);
    const stored = withDatabase(kind.file(directory), (db) =>
      db.prepare(`SELECT key, labels FROM ${kind.side} ORDER BY key`).raw().all(),
    );
    expect(stored).toEqual([
      ['a', '["country=DE","kind=residential"]'],
      ['b', null],
    ]);
  });

  it('of maximum number and length are within the bound', () => {
    const labels = Object.fromEntries(
      Array.from({ length: 32 }, (_, i) => [`n${i}`.padEnd(64, 'x'), (i % 2 ? '漢' : '"').repeat(256)]),
    );
    const tier = kind.make(tempDir());
    expect(tier.put('a', makeEntry('a', { labels }))).toBe(true);
    expect(tier.get('a')?.labels).toEqual(labels);
    const many = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`n${i}`, 'x'.repeat(256)]));
    const tooMany = CacheEntry.restore({ ...makeEntry('b').toFields(), labels: many });
    expect(() => tier.put('b', tooMany)).toThrow(/labels/);
  });

  it.each([
    ['bit rot in a value', "replace(labels, 'DE', 'DF')"],
    ['none', 'NULL'],
    ['a blob of the same bytes', 'CAST(labels AS BLOB)'],
    ['a number', '5'],
    ['a huge string', `'["a=' || hex(zeroblob(${MAX_LABELS_BYTES})) || '"]'`],
  ])('that turned into %s are damage, and are set aside as they are', (_what, value) => {
    const { tier, directory, run } = withLabels(kind, 'a', 'b');
    run(`UPDATE SIDE_ SET labels = ${value} WHERE key = 'a'`);
    const [now] = withDatabase(kind.file(directory), (db) =>
      db.prepare(`SELECT labels FROM ${kind.side} WHERE key = 'a'`).raw().all(),
    ) as unknown[][];
    expect(tier.get('a')).toBeUndefined();
    expect(tier.get('b')?.labels).toEqual(LABELS);
    expect(tier.statistics.evictionsCorruption).toBe(1);
    const aside = withDatabase(kind.file(directory), (db) =>
      db.prepare(`SELECT key, labels FROM ${kind.side}_quarantine`).raw().all(),
    );
    expect(aside).toEqual([['a', ...now!]]);
    if (kind === L3) expect(rows(directory)).toEqual(ofKeys('b'));
  });

  it.each([
    '["a=1","a=2"]',
    '["b=1","a=2"]',
    '["a"]',
    '["a="]',
    '{"a":"1"}',
    '"a=1"',
    '[5]',
    '["1=a"]',
    '["a=\\n"]',
    '[',
    '',
  ])('with the content %s are damage, whatever their checksum', (text) => {
    const { tier, directory } = withLabels(kind, 'a');
    withDatabase(kind.file(directory), (db) => {
      db.prepare(`UPDATE ${kind.side} SET labels = ? WHERE key = 'a'`).run(text);
      const sql = `SELECT ${ENTRY_COLUMNS.join(', ')}, version FROM ${kind.table} JOIN ${kind.side} USING (key)`;
      const row = db.prepare(sql).raw().get() as (string | number | null)[];
      const sum = new RowChecksums().ofRecord(row, row.at(-1)!);
      db.prepare(`UPDATE ${kind.side} SET checksum = ?`).run(sum);
    });
    expect(tier.get('a')).toBeUndefined();
    expect(tier.statistics.evictionsCorruption).toBe(1);
  });

  it('are dropped from rows that ProxyWhirl replaced, and kept in the others', () => {
    const { tier, run } = withLabels(kind, 'a', 'b', 'c');
    // INSERT OR REPLACE assigns a new rowid, and does not touch our side tables.
    run(`UPDATE TABLE_ SET rowid = 7, source = 'theirs' WHERE key = 'a'`);
    expect(tier.get('a')).toMatchObject({ source: 'theirs', labels: {} });
    expect(tier.get('b')?.labels).toEqual(LABELS);
    expect(tier.get('c')?.labels).toEqual(LABELS);
    if (kind === L3) {
      expect(found(tier, { labels: { country: 'DE' } })).toEqual(['b', 'c']);
      expect(found(tier, {})).toEqual(['a', 'b', 'c']);
    }
    tier.put('a', makeEntry('a', { labels: { kind: 'mobile' } }));
    expect(tier.get('a')?.labels).toEqual({ kind: 'mobile' });
    expect(tier.statistics.evictionsCorruption).toBe(0);
  });

  it('survive new rowids for all rows, as after a dump and restore', () => {
    const { tier, run } = withLabels(kind, 'a', 'b');
    tier.close();
    run('UPDATE TABLE_ SET rowid = rowid % 1000003');
    expect(tier.get('a')?.labels).toEqual(LABELS);
    expect(tier.get('b')?.labels).toEqual(LABELS);
    if (kind === L3) expect(found(tier, { labels: LABELS })).toEqual(['a', 'b']);
  });

  it('survive a re-encryption', async () => {
    const directory = tempDir();
    const tier = kind.make(directory, {}, { cipher: new TestCipher('k1') });
    tier.put('a', makeEntry('a', { password: 'hunter2', labels: LABELS }));
    for await (const _ of tier.reseal(10));
    expect(tier.get('a')?.labels).toEqual(LABELS);
    if (kind === L3) expect(rows(directory)).toEqual(ofKeys('a'));
  });
});

it('labels of JSON Lines shards are migrated', () => {
  const directory = tempDir();
  const record = entryToRecord(makeEntry('a', { labels: LABELS }), undefined);
  writeFileSync(join(directory, 'shard_00.jsonl'), `${JSON.stringify(record)}\n`);
  const tier = L2.make(directory) as DiskCacheTier;
  expect(tier.migrateFromJsonl()).toEqual({ migrated: 1, skipped: 0, failed: 0 });
  expect(tier.get('a')?.labels).toEqual(LABELS);
});

describe('the table of labels', () => {
  it('matches the labels of the stored entries after any operations', () => {
    const directory = tempDir();
    const tier = makeL3(directory);
    const model = new Map<string, Record<string, string>>();
    fc.assert(
      fc.property(fc.constantFrom('a', 'b', 'c%', '漢'), fc.option(entryLabels), (key, labels) => {
        if (labels === null) {
          tier.delete(key);
          model.delete(key);
        } else {
          tier.put(key, makeEntry(key, { labels }));
          model.set(key, labels);
        }
        const expected = [...model].flatMap(([of, all]) =>
          Object.entries(all).map(([name, value]) => [name, value, of]),
        );
        expect(new Set(rows(directory).map((row) => JSON.stringify(row)))).toEqual(
          new Set(expected.map((row) => JSON.stringify(row))),
        );
      }),
      { numRuns: 150 },
    );
  });

  it.each<[string, (tier: Tier, directory: string) => unknown]>([
    ['delete', (tier) => tier.deleteMany(['a', 'b'])],
    ['clear', (tier) => tier.clear()],
    ['a cleanup in one statement', (tier) => tier.cleanupExpired()],
    ['reads of expired entries', (tier) => tier.getMany(['a', 'b'])],
    ['a lower limit', (_, directory) => L3.make(directory, { maxEntries: 1 }, { clock: LATE }).open()],
  ])('has no rows of entries removed by %s', async (what, go) => {
    const { directory, tier: first } = withLabels(L3, 'a', 'b');
    first.close();
    const tier = makeL3(directory, what.includes('expired') || what.includes('cleanup') ? { clock: LATE } : {});
    tier.open();
    await go(tier, directory);
    const left = withDatabase(L3.file(directory), (db) => db.prepare('SELECT key FROM cache_entries').pluck().all());
    expect(left.length).toBeLessThan(2);
    expect(rows(directory)).toEqual(ofKeys(...(left as string[])));
    expect(tier.totalFailures).toBe(0);
  });

  it.each([
    ['in a thread', {}],
    ['in one statement', { maxBlockMs: null }],
  ])('has no rows of entries that a large cleanup removed %s', async (_where, options) => {
    const directory = tempDir();
    const tier = makeL3(directory, options);
    const of = (i: number) => ({ labels: LABELS, expiresAt: i % 3 ? NOW - 1 : LATER });
    tier.putMany(Array.from({ length: 1500 }, (_, i) => makeEntry(`k${i}`, of(i))));
    expect(await tier.cleanupExpired()).toBe(1000);
    expect(rows(directory).length).toBe(1000);
    expect(tier.size()).toBe(500);
    expect(tier.query({ labels: LABELS, limit: 1000 }).entries).toHaveLength(500);
  });

  it('loses rows of entries that ProxyWhirl deleted, some with each cleanup', () => {
    const directory = tempDir();
    const tier = makeL3(directory);
    tier.putMany(Array.from({ length: 1500 }, (_, i) => makeEntry(`k${i}`, { labels: LABELS })));
    withDatabase(L3.file(directory), (db) => {
      db.pragma('foreign_keys = OFF');
      db.exec("DELETE FROM cache_entries WHERE key LIKE 'k1%'");
    });
    const kept = tier.size();
    expect(tier.query({ labels: LABELS, limit: 10_000 }).entries).toHaveLength(kept);
    for (let i = 0; i < 8; i++) expect(tier.cleanupExpired()).toBe(0);
    expect(rows(directory)).toHaveLength(2 * kept);
  });

  it('is corrected by the next put if rows are missing or wrong', () => {
    const { tier, directory, run } = withLabels(L3, 'a', 'b');
    run("DELETE FROM SIDE__labels WHERE key = 'a'; INSERT INTO SIDE__labels VALUES ('kind', 'forged', 'b')");
    expect(found(tier, { labels: { kind: 'forged' } })).toEqual([]);
    tier.putMany(['a', 'b'].map((key) => makeEntry(key, { labels: LABELS })));
    expect(rows(directory)).toEqual(ofKeys('a', 'b'));
  });

  it('can be queried for as many labels and values as a filter may have', () => {
    const tier = makeL3(tempDir());
    const names = Array.from({ length: 32 }, (_, i) => `n${i}`);
    const of = (value: (i: number) => unknown) => Object.fromEntries(names.map((name, i) => [name, value(i)]));
    const odd = ['%', '"', "'", '\\', '漢', '🔑'];
    const has = of((i) => odd[i % odd.length]) as Record<string, string>;
    tier.putMany([makeEntry('a', { labels: has }), makeEntry('b', { labels: { ...has, n31: 'other' } })]);
    const wanted = of(() => [...Array.from({ length: 994 }, (_, i) => `v${i}`), ...odd]) as Record<string, string[]>;
    for (const orderBy of ['key', 'lastAccessed', 'leastUsed', 'random'] as const)
      expect(found(tier, { labels: wanted, orderBy })).toEqual(['a']);
    expect(tier.totalFailures).toBe(0);
  });

  const MANY = 20_000;

  it.each<[string, (tier: Tier) => unknown]>([
    ['delete', (tier) => tier.delete('a')],
    ['put', (tier) => tier.put('a', makeEntry('a', { labels: LABELS }))],
    ['clear', (tier) => tier.clear()],
  ])('with very many rows for one key loses a few with each %s, and the rest in steps', (what, go) => {
    const { tier, directory, run } = withLabels(L3, 'a', 'b');
    run(forge(MANY));
    expect(tier.get('a')?.labels).toEqual(LABELS);
    expect(go(tier)).toBeTruthy();
    expect(rows(directory).length).toBeGreaterThan(MANY - 100);
    expect(found(tier, { labels: LABELS })).toEqual({ delete: ['b'], put: ['a', 'b'], clear: [] }[what]);
    if (what === 'put') expect(tier.delete('a')).toBe(true);
    let left = rows(directory).length;
    for (let i = 0; i < 30; i++) {
      void tier.cleanupExpired();
      const now = rows(directory).length;
      expect(left - now).toBeLessThanOrEqual(1000);
      left = now;
    }
    expect(rows(directory)).toEqual(what === 'clear' ? [] : ofKeys('b'));
  });

  it('with rows of very many invalid keys, even long ones, is still cleaned up completely', () => {
    const { tier, directory, run } = withLabels(L3, 'a', 'b');
    run(forge(3000, `hex(zeroblob(2100)) || i`));
    run(forge(3000, `'x' || i`));
    run("UPDATE SIDE__labels SET value = hex(zeroblob(50000)) WHERE key = 'b' AND name = 'kind'");
    for (let i = 0; i < 12; i++) void tier.cleanupExpired();
    expect(rows(directory, "WHERE key LIKE 'x%'")).toEqual([]);
    expect(found(tier, { labels: { country: 'DE' } })).toEqual(['a', 'b']);
    tier.put('b', makeEntry('b', { labels: LABELS }));
    expect(rows(directory, "WHERE key IN ('a', 'b')")).toEqual(ofKeys('a', 'b'));
  });
});

function found(tier: Tier, filter: EntryFilter): string[] {
  return (tier as SqliteCacheTier).query(filter).entries.map(({ key }) => key);
}
