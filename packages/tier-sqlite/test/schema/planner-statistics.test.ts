import { RecordingLogger } from '@pw/test-support';
import type Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { OPAQUE, selectRows } from '../../src/rows/entry-row.ts';
import { Eviction } from '../../src/rows/eviction.ts';
import { KINDS, type Kind, makeEntry, type Tier, tempDir, withDatabase } from '../support.ts';

type Reader = { withStore: <T>(work: (store: { db: Database.Database }) => T) => T };

/** The plans of the tier's frequent statements on its open connection. */
function plans(kind: Kind, tier: Tier): unknown[] {
  const { layout, table } = kind;
  const victimsSql = new Eviction(layout, 'lru').victimsSql(false);
  const statements = [
    `${selectRows(layout)} WHERE c.key = ${OPAQUE}`,
    `${selectRows(layout)} WHERE c.source = 's' ORDER BY c.key LIMIT 10`,
    `DELETE FROM ${table} WHERE expires_at <= 1`,
    victimsSql.replaceAll('@now', '1').replaceAll('@n', '1'),
  ];
  return (tier as unknown as Reader).withStore(({ db }) =>
    statements.map((sql) =>
      (db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...(sql.includes('?') ? ['k'] : [])) as { detail: string }[]).map(
        ({ detail }) => detail,
      ),
    ),
  );
}

function filled(kind: Kind): { readonly directory: string; readonly path: string; readonly plain: unknown[] } {
  const directory = tempDir();
  const tier = kind.make(directory, { maxEntries: 1000 });
  tier.putMany(Array.from({ length: 50 }, (_, i) => makeEntry(`k${i}`)));
  const plain = plans(kind, tier);
  tier.close();
  return { directory, path: kind.file(directory), plain };
}

/** Forges statistics by which a key matches all rows, every other index matches none, and no index is ordered. */
function forge(kind: Kind, table: (name: string) => string, index: (name: string) => string): string {
  const names = [
    ...Object.keys(kind.layout.indexes),
    `pw_${kind.table}_last_accessed`,
    `pw_${kind.table}_access_count`,
  ];
  const rows = [
    ...names.map((name) => `(${table(kind.table)}, ${index(name)}, '20000 1')`),
    `(${table(kind.table)}, ${index(`sqlite_autoindex_${kind.table}_1`)}, '20000 20000 unordered')`,
    `(${table(kind.side)}, ${index(kind.side)}, '20000 20000 unordered')`,
  ];
  return `DELETE FROM sqlite_stat1; INSERT INTO sqlite_stat1 VALUES ${rows.join(', ')}, ('t', 'of_t', '3 1')`;
}

const quoted = (name: string) => `'${name}'`;
const ANALYZED =
  'CREATE TABLE t(a); CREATE INDEX of_t ON t(a); INSERT INTO t VALUES (1); ANALYZE; DELETE FROM sqlite_stat4;';

describe.each(KINDS)('misleading statistics in the file of $name', (kind) => {
  it.each([
    ['about a table', quoted, quoted],
    ['with names in upper case', (name: string) => `upper('${name}')`, (name: string) => `upper('${name}')`],
    ['about an index, under the name of another table', () => `'t'`, quoted],
    [
      'under names with a NUL after their beginning',
      (name: string) => `'${name}' || char(0) || 'x'`,
      (name: string) => `'${name}' || char(0)`,
    ],
    ['as bytes', (name: string) => `CAST('${name}' AS BLOB)`, (name: string) => `CAST('${name}' AS BLOB)`],
  ])('%s have no effect, and those about other tables stay', (_what, table, index) => {
    const { directory, path, plain } = filled(kind);
    withDatabase(path, (db) => db.exec(`${ANALYZED} ${forge(kind, table, index)}`));
    const tier = kind.make(directory, { maxEntries: 1000 });
    tier.open();
    expect(plans(kind, tier)).toEqual(plain);
    const left = withDatabase(path, (db) => db.prepare('SELECT tbl, idx FROM sqlite_stat1').raw().all());
    expect(left).toEqual([['t', 'of_t']]);
    expect(tier.put('new', makeEntry('new'))).toBe(true);
    expect(tier.size()).toBe(51);
  });

  it('would have an effect if they were kept (control)', () => {
    const { path, plain, directory } = filled(kind);
    const tier = kind.make(directory, { maxEntries: 1000 });
    tier.open();
    withDatabase(path, (db) => db.exec(`${ANALYZED} ${forge(kind, quoted, quoted)}`));
    // The schema changed, so SQLite loads it again with the statistics; a write removes them.
    expect(plans(kind, tier)).not.toEqual(plain);
    expect(tier.put('new', makeEntry('new'))).toBe(true);
    expect(plans(kind, tier)).toEqual(plain);
  });
});

it.each(KINDS)('$name warns once if others added many indexes, and works', (kind) => {
  for (const [count, warnings] of [
    [8, []],
    [40, [['warn', { addedIndexes: 40 }]]],
  ] as const) {
    const { directory, path } = filled(kind);
    withDatabase(path, (db) => {
      for (let i = 0; i < count; i++) db.exec(`CREATE INDEX mine${i} ON ${kind.table}(source, proxy_url)`);
    });
    const logger = new RecordingLogger();
    const tier = kind.make(directory, {}, { logger });
    expect(tier.put('new', makeEntry('new'))).toBe(true);
    expect(tier.size()).toBe(51);
    expect(logger.lines.map(({ level, fields }) => [level, fields])).toMatchObject(warnings);
  }
});
