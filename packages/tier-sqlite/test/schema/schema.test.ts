import { readFileSync } from 'node:fs';
import { CacheErrorCode, silentLogger, systemClock } from '@pw/cache-models';
import { FileGuard } from '@pw/cache-models/tier';
import { describe, expect, it } from 'vitest';
import { closeDatabase } from '../../src/database/close-database.ts';
import { openDatabase } from '../../src/database/open-database.ts';
import { Eviction } from '../../src/rows/eviction.ts';
import { L2_LAYOUT, L3_LAYOUT } from '../../src/schema/table-layout.ts';
import { KINDS, L2, L3, makeEntry, makeL3, tempDir, withDatabase } from '../support.ts';

const L2_COLUMNS =
  'key proxy_url username_encrypted password_encrypted source fetch_time last_accessed access_count ttl_seconds expires_at health_status failure_count evicted_from_l1';
const L3_COLUMNS =
  'key proxy_url username_encrypted password_encrypted source fetch_time last_accessed access_count ttl_seconds expires_at health_status failure_count created_at updated_at last_health_check consecutive_health_failures consecutive_health_successes recovery_attempt next_check_time last_health_error total_health_checks total_health_check_failures evicted_from_l1';

describe('the schema', () => {
  it.each([
    { kind: L2, columns: L2_COLUMNS, indexes: ['idx_l2_expires_at', 'idx_l2_source'] },
    {
      kind: L3,
      columns: L3_COLUMNS,
      indexes: ['idx_expires_at', 'idx_health_status', 'idx_last_accessed', 'idx_source'],
    },
  ])('of $kind.name is the one that ProxyWhirl reads by position', ({ kind, columns, indexes }) => {
    const directory = tempDir();
    const tier = kind.make(directory);
    tier.put('a', makeEntry('a'));
    tier.close();
    withDatabase(kind.file(directory), (db) => {
      expect(
        db
          .prepare(`SELECT * FROM ${kind.table}`)
          .columns()
          .map(({ name }) => name),
      ).toEqual(columns.split(' '));
      const sql = `SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL AND name NOT LIKE 'pw\\_%' ESCAPE '\\' ORDER BY name`;
      expect(db.prepare(sql).pluck().all(kind.table)).toEqual(indexes);
      expect(db.pragma('user_version', { simple: true })).toBe(0);
      expect(db.pragma('journal_mode', { simple: true })).toBe('wal');
      expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
    });
  });

  it('stores numbers as ProxyWhirl does: whole numbers as integers, times as reals', () => {
    const directory = tempDir();
    const tier = L3.make(directory);
    tier.put('a', makeEntry('a', { accessCount: Number.MAX_SAFE_INTEGER, ttlSeconds: 5 }));
    tier.close();
    const sql =
      'SELECT typeof(access_count), typeof(ttl_seconds), typeof(expires_at), typeof(evicted_from_l1), access_count FROM cache_entries';
    const row = withDatabase(L3.file(directory), (db) => db.prepare(sql).raw().get());
    expect(row).toEqual(['integer', 'integer', 'real', 'integer', Number.MAX_SAFE_INTEGER]);
  });

  it.each(KINDS)('of a newer version is refused by $name with a clear error, and left unchanged', (kind) => {
    const directory = tempDir();
    kind.make(directory).close();
    const tier = kind.make(directory);
    tier.put('a', makeEntry('a'));
    tier.close();
    const path = kind.file(directory);
    withDatabase(path, (db) => db.exec('UPDATE pw_schema SET version = 99; PRAGMA journal_mode = DELETE'));
    const before = readFileSync(path);
    expect(() => tier.open()).toThrow(expect.objectContaining({ code: CacheErrorCode.RUNTIME_UNSUPPORTED }));
    expect(() => tier.open()).toThrow(/version 99.*update the package/);
    expect(tier.get('a')).toBeUndefined();
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it.each(KINDS)('of another program is refused by $name, and left unchanged', (kind) => {
    const directory = tempDir();
    const path = kind.file(directory);
    withDatabase(path, (db) =>
      db.exec(
        `CREATE TABLE ${kind.table} (id INTEGER PRIMARY KEY, precious TEXT); INSERT INTO ${kind.table} VALUES (1, 'x')`,
      ),
    );
    const tier = kind.make(directory);
    expect(() => tier.open()).toThrow(/no column key/);
    expect(withDatabase(path, (db) => db.prepare(`SELECT * FROM ${kind.table}`).all())).toEqual([
      { id: 1, precious: 'x' },
    ]);
  });

  it('lets both tiers share a file', () => {
    const directory = tempDir();
    const l2 = L2.make(directory);
    const l3 = makeL3(directory, { path: L2.file(directory) });
    l2.put('a', makeEntry('a', { source: 'two' }));
    l3.put('a', makeEntry('a', { source: 'three' }));
    expect(l2.get('a')?.source).toBe('two');
    expect(l3.get('a')?.source).toBe('three');
  });

  it.each(['normal', 'full'] as const)(
    'is opened with all pragmas, by the first and later connections, durability %s',
    (durability) => {
      const settings = {
        path: L3.file(tempDir()),
        tier: 'l3',
        durability,
        busyTimeoutMs: 1500,
        guard: new FileGuard(),
        clock: systemClock,
        logger: silentLogger,
      };
      const names =
        'journal_mode synchronous foreign_keys trusted_schema cell_size_check busy_timeout journal_size_limit';
      for (let i = 0; i < 2; i++) {
        const { db } = openDatabase(settings, L3_LAYOUT);
        const values = names.split(' ').map((name) => db.pragma(name, { simple: true }));
        expect(values).toEqual(['wal', durability === 'full' ? 2 : 1, 1, 0, 1, 0, 64 * 1024 * 1024]);
        closeDatabase(db);
      }
    },
  );
});

describe('the plans of frequent statements', () => {
  const cases = [L2_LAYOUT, L3_LAYOUT].flatMap((layout) => {
    const { table, side } = layout;
    return [
      [
        `${table}: get`,
        `SELECT * FROM ${table} c LEFT JOIN ${side} s ON s.key = c.key WHERE c.key = 'a'`,
        /sqlite_autoindex_.*\n.*PRIMARY KEY/,
      ],
      [
        `${table}: cleanup`,
        `DELETE FROM ${table} WHERE expires_at <= 1`,
        /USING (COVERING )?INDEX idx_(l2_)?expires_at/,
      ],
      [`${table}: size`, `SELECT count(*) FROM ${table} WHERE expires_at > 1`, /COVERING INDEX idx_(l2_)?expires_at/],
      [`${table}: lru`, new Eviction(layout, 'lru').victimsSql(false), /last_accessed/],
      [`${table}: lfu`, new Eviction(layout, 'lfu').victimsSql(false), /access_count/],
      [`${table}: fifo`, new Eviction(layout, 'fifo').victimsSql(false), /SCAN/],
    ] as const;
  });

  it.each(cases)('%s', (_name, sql, expected) => {
    const directory = tempDir();
    for (const kind of KINDS) {
      for (const evictionPolicy of ['lru', 'lfu'] as const)
        kind.make(directory, { maxEntries: 5, evictionPolicy }, kind === L3 ? { path: L2.file(directory) } : {}).open();
    }
    const plan = withDatabase(L2.file(directory), (db) =>
      (db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(sql.includes('@n') ? { now: 1, n: 1 } : {}) as { detail: string }[])
        .map(({ detail }) => detail)
        .join('\n'),
    );
    expect(plan).toMatch(expected);
    expect(plan).not.toContain('TEMP B-TREE');
  });
});
