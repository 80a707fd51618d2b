import { readFileSync } from 'node:fs';
import { CacheErrorCode } from '@pw/cache-models';
import { fixturePath } from '@pw/test-support';
import { describe, expect, it } from 'vitest';
import { SqliteCacheTier } from '../../src/index.ts';
import { prepareSchema } from '../../src/schema/prepare-schema.ts';
import { KINDS, type Kind, L2, L3, makeEntry, NOW, reveal, tempDir, withDatabase } from '../support.ts';

const HEALTH = `last_health_check REAL, consecutive_health_failures INTEGER DEFAULT 0, consecutive_health_successes INTEGER DEFAULT 0,
  recovery_attempt INTEGER DEFAULT 0, next_check_time REAL, last_health_error TEXT, total_health_checks INTEGER DEFAULT 0,
  total_health_check_failures INTEGER DEFAULT 0`;

/** The changes of each version as they shipped: never edit these, however the code changes. */
function shipped(kind: Kind): readonly string[] {
  const { table, side } = kind;
  const [columns, values] = kind === L2 ? [`, ${HEALTH}`, ''] : ['', ''];
  return [
    `CREATE TABLE pw_schema (table_name TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID;
     CREATE TABLE ${side} (key TEXT PRIMARY KEY REFERENCES ${table}(key) ON DELETE CASCADE,
       row_id INTEGER NOT NULL, checksum INTEGER NOT NULL, access_checksum INTEGER NOT NULL${columns}) WITHOUT ROWID;
     CREATE TABLE ${side}_quarantine (id INTEGER PRIMARY KEY, set_aside_at REAL NOT NULL, reason TEXT NOT NULL, key, proxy_url,
       username_encrypted, password_encrypted, source, fetch_time, last_accessed, access_count, ttl_seconds, expires_at,
       health_status, failure_count, evicted_from_l1${kind === L2 ? '' : ', created_at, updated_at'}, last_health_check, consecutive_health_failures,
       consecutive_health_successes, recovery_attempt, next_check_time, last_health_error, total_health_checks, total_health_check_failures);${values}`,
    `ALTER TABLE ${side} ADD COLUMN sealed_by TEXT;`,
    kind === L3
      ? 'CREATE INDEX pw_cache_entries_next_check_time ON cache_entries(next_check_time) WHERE next_check_time IS NOT NULL;'
      : '',
    kind === L3
      ? 'CREATE TABLE pw_forgotten_checks (proxy_key TEXT PRIMARY KEY, up_to INTEGER NOT NULL) WITHOUT ROWID;'
      : '',
    `ALTER TABLE ${side} ADD COLUMN labels TEXT; ALTER TABLE ${side}_quarantine ADD COLUMN labels;
     ${
       kind === L3
         ? `CREATE TABLE ${side}_labels (name TEXT, value TEXT, key TEXT, PRIMARY KEY (name, value, key)) WITHOUT ROWID;
            CREATE INDEX ${side}_labels_key ON ${side}_labels(key, name, value);`
         : ''
     }`,
    'CREATE TABLE pw_side_values (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;',
    `ALTER TABLE ${side} ADD COLUMN version INTEGER;
     CREATE TABLE ${side}_changes (position INTEGER PRIMARY KEY, key TEXT, version INTEGER);
     CREATE TABLE ${side}_cursors (tier_id TEXT PRIMARY KEY, position INTEGER NOT NULL) WITHOUT ROWID;
     CREATE TABLE ${side}_marks (key TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID;
     CREATE TABLE pw_leases (key TEXT PRIMARY KEY, token TEXT NOT NULL, until REAL NOT NULL) WITHOUT ROWID;`,
  ];
}

const FIXTURES = [
  { kind: L2, set: 'l2_sqlite', count: 200 },
  { kind: L3, set: 'l3', count: 200 },
  { kind: L3, set: 'l3_old', count: 50 },
  { kind: L3, set: 'l3_reordered', count: 20 },
];

/** Everything in a database: definitions and rows. */
function contents(path: string): unknown {
  return withDatabase(path, (db) => {
    const schema = db.prepare('SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY name').all() as {
      type: string;
      name: string;
    }[];
    const tables = schema.filter(({ type, name }) => type === 'table' && !name.startsWith('sqlite_'));
    return [schema, tables.map(({ name }) => db.prepare(`SELECT * FROM ${name} ORDER BY 1`).all())];
  });
}

const versionOf = (kind: Kind, path: string) =>
  withDatabase(path, (db) => db.prepare('SELECT version FROM pw_schema WHERE table_name = ?').pluck().get(kind.table));

/** Every column of every row, independent of the order of columns. */
const rowsOf = (kind: Kind, path: string) =>
  withDatabase(path, (db) => db.prepare(`SELECT * FROM ${kind.table} ORDER BY key`).all()) as Record<string, unknown>[];

describe.each(FIXTURES)('$set of ProxyWhirl', ({ kind, set, count }) => {
  const steps = shipped(kind);

  it.each([0, 1, 2, 3, 4, 5, 6, 7])(
    'as version %i of this package left it, is migrated to the current version with every row',
    (version) => {
      const directory = fixturePath(set, tempDir());
      const path = kind.file(directory);
      const before = rowsOf(kind, path);
      withDatabase(path, (db) => {
        // Every version first added the columns that an older ProxyWhirl lacked.
        const present = new Set(db.prepare('SELECT name FROM pragma_table_info(?)').pluck().all(kind.table));
        const lacking = kind === L3 ? [...HEALTH.split(/,\s*/), 'evicted_from_l1 INTEGER DEFAULT 0'] : [];
        for (const column of version === 0 ? [] : lacking)
          if (!present.has(column.split(' ')[0])) db.exec(`ALTER TABLE ${kind.table} ADD COLUMN ${column}`);
        db.exec(steps.slice(0, version).join('\n'));
        if (version > 0) db.prepare('INSERT INTO pw_schema VALUES (?, ?)').run(kind.table, version);
      });
      const tier = kind.make(directory, {}, { clock: { now: () => -1e15 } });
      expect(tier.size()).toBe(count);
      const labels = { country: 'DE' };
      expect(tier.put('new', makeEntry('new', { totalHealthChecks: 3, nextCheckTime: NOW, labels }))).toBe(true);
      expect(tier.get('new')).toMatchObject({ totalHealthChecks: 3, nextCheckTime: NOW, labels });
      if (tier instanceof SqliteCacheTier)
        expect(tier.query({ labels, includeExpired: true }).entries.map(({ key }) => key)).toEqual(['new']);
      tier.delete('new');
      tier.close();
      expect(versionOf(kind, path)).toBe(steps.length);
      expect(rowsOf(kind, path)).toMatchObject(before);
      // The result is the same from every version.
      const untouched = fixturePath(set, tempDir());
      kind.make(untouched, {}, { clock: { now: () => -1e15 } }).open();
      const names = (file: string) =>
        withDatabase(file, (db) => db.prepare('SELECT name FROM sqlite_master ORDER BY name').pluck().all());
      expect(names(path)).toEqual(names(kind.file(untouched)));
      tier.open();
      tier.close();
      expect(versionOf(kind, path)).toBe(steps.length);
    },
  );
});

describe.each(KINDS)('a migration of $name', (kind) => {
  it('from an empty database matches the list of shipped versions', () => {
    const directory = tempDir();
    kind.make(directory).open();
    expect(versionOf(kind, kind.file(directory))).toBe(shipped(kind).length);
  });

  it('that fails halfway leaves the database unchanged', () => {
    const directory = tempDir();
    const path = kind.file(directory);
    const tier = kind.make(directory);
    tier.put('a', makeEntry('a', { password: 'hunter2' }));
    tier.close();
    // As ProxyWhirl left it, except that the name of the second table of the first step is taken.
    withDatabase(path, (db) => {
      db.exec(`DROP TABLE ${kind.side}; DROP TABLE ${kind.side}_quarantine; DROP TABLE IF EXISTS ${kind.side}_labels; DROP TABLE pw_schema;
        DROP INDEX IF EXISTS pw_cache_entries_next_check_time; UPDATE ${kind.table} SET rowid = 1;
        CREATE INDEX ${kind.side}_quarantine ON ${kind.table}(source)`);
    });
    const before = contents(path);
    expect(() => tier.open()).toThrow(expect.objectContaining({ code: CacheErrorCode.SCHEMA_REFUSED }));
    // Without the structure check, as if the name had been taken after it, so that the migration meets the name.
    withDatabase(path, (db) => expect(() => prepareSchema(db, kind.layout, () => {})).toThrow(/already an index/));
    expect(contents(path)).toEqual(before);
    withDatabase(path, (db) => db.exec(`DROP INDEX ${kind.side}_quarantine`));
    expect(reveal(tier.get('a'))).toMatchObject({ key: 'a', password: 'hunter2' });
  });

  it('never downgrades: a database of a newer version is refused, and not a byte of it changes', () => {
    const directory = tempDir();
    const path = kind.file(directory);
    const maker = kind.make(directory);
    maker.open();
    maker.close();
    withDatabase(path, (db) =>
      db.exec(`UPDATE pw_schema SET version = ${shipped(kind).length + 1}; PRAGMA journal_mode = DELETE`),
    );
    const before = readFileSync(path);
    const tier = kind.make(directory);
    expect(() => tier.open()).toThrow(/update the package/);
    expect(tier.put('a', makeEntry('a'))).toBe(false);
    expect(readFileSync(path).equals(before)).toBe(true);
  });
});
