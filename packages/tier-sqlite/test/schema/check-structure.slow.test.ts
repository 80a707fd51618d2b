import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CacheErrorCode, silentLogger, systemClock } from '@pw/cache-models';
import { FileGuard } from '@pw/cache-models/tier';
import { RecordingLogger } from '@pw/test-support';
import { describe, expect, it } from 'vitest';
import { closeDatabase } from '../../src/database/close-database.ts';
import { openDatabase } from '../../src/database/open-database.ts';
import { L3_LAYOUT } from '../../src/schema/table-layout.ts';
import { KINDS, type Kind, L3, makeEntry, makeL3, NOW, tempDir, withDatabase } from '../support.ts';

/** A database with a table, on which another program ran `sql`. */
function prepared(kind: Kind, sql: string): { readonly directory: string; readonly path: string } {
  const directory = tempDir();
  const tier = kind.make(directory);
  tier.put('a', makeEntry('a', { password: 'hunter2' }));
  tier.close();
  const path = kind.file(directory);
  withDatabase(path, (db) => {
    db.unsafeMode(true);
    db.function('theirs', { deterministic: true }, (x) => x);
    db.exec(sql.replaceAll('TABLE_', kind.table).replaceAll('SIDE_', kind.side));
  });
  return { directory, path };
}

const ENDLESS = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)';
const RENAME = 'ALTER TABLE TABLE_ RENAME TO real;';
const FORGE = 'PRAGMA writable_schema = ON; UPDATE sqlite_schema SET';

/** Description, SQL, and what the message must contain. */
const REFUSED: readonly (readonly [string, string, RegExp])[] = [
  [
    'a trigger that never ends',
    `CREATE TRIGGER x AFTER INSERT ON TABLE_ BEGIN INSERT INTO SIDE__quarantine (set_aside_at, reason) ${ENDLESS} SELECT i, 'x' FROM n; END`,
    /DROP TRIGGER "x";/,
  ],
  [
    'a trigger that replaces the proxy',
    `CREATE TRIGGER x AFTER INSERT ON SIDE_ BEGIN UPDATE TABLE_ SET proxy_url = 'http://192.0.2.66:1'; END`,
    /DROP TRIGGER "x";/,
  ],
  [
    'a trigger that copies deleted rows',
    `CREATE TABLE shadow(k, p); CREATE TRIGGER x AFTER DELETE ON TABLE_ BEGIN INSERT INTO shadow VALUES (old.key, hex(old.password_encrypted)); END`,
    /DROP TRIGGER "x";/,
  ],
  [
    'a trigger that blocks deletes',
    `CREATE TRIGGER x BEFORE DELETE ON "TABLE_" BEGIN SELECT RAISE(IGNORE); END`,
    /DROP TRIGGER "x";/,
  ],
  [
    'a trigger on another table that writes to ours',
    `CREATE TABLE t(a); CREATE TRIGGER x AFTER INSERT ON t BEGIN DELETE FROM TABLE_; END`,
    /DROP TRIGGER "x";/,
  ],
  [
    'a trigger with a forged table name',
    `CREATE TABLE t(a); CREATE TRIGGER x AFTER INSERT ON TABLE_ BEGIN SELECT 1; END; ${FORGE} tbl_name = 't' WHERE name = 'x'`,
    /trigger "x"/,
  ],
  [
    'a view in place of the table',
    `${RENAME} CREATE VIEW TABLE_ AS SELECT rowid AS rowid, * FROM real`,
    /DROP VIEW "(l2_cache|cache_entries)";/,
  ],
  ['a view that never ends', `${RENAME} CREATE VIEW TABLE_ AS ${ENDLESS} SELECT real.* FROM real, n`, /DROP VIEW/],
  [
    'a view in place of the table of versions',
    'DROP TABLE pw_schema; CREATE VIEW pw_schema AS SELECT 1 AS version',
    /DROP VIEW "pw_schema";/,
  ],
  [
    'a virtual table in place of the table',
    `DROP TABLE TABLE_; CREATE VIRTUAL TABLE TABLE_ USING fts5(key)`,
    /virtual table .*DROP TABLE/,
  ],
  ['an index over an expression', 'CREATE INDEX x ON TABLE_(length(hex(zeroblob(400000))))', /DROP INDEX "x";/],
  ['an index over a function of another program', 'CREATE INDEX x ON TABLE_(theirs(source))', /DROP INDEX "x";/],
  ['a unique index', 'CREATE UNIQUE INDEX "my ""own""" ON TABLE_(proxy_url)', /UNIQUE.*DROP INDEX "my ""own""";/],
  ['a unique index over a constant', 'CREATE UNIQUE INDEX x ON TABLE_((1))', /DROP INDEX "x";/],
  ['a partial index', `CREATE INDEX x ON TABLE_(source) WHERE source > 'a'`, /partial.*DROP INDEX "x";/],
  ['an index with another collation', 'CREATE INDEX x ON TABLE_(key COLLATE NOCASE)', /DROP INDEX "x";/],
  ['a generated column', 'ALTER TABLE TABLE_ ADD COLUMN zz AS (hex(zeroblob(100000000)))', /a generated column/],
  [
    'a CHECK',
    'ALTER TABLE TABLE_ ADD COLUMN zz TEXT CHECK (zz IS NULL OR length(hex(zeroblob(1000000))) < 0)',
    /CHECK/,
  ],
  [
    'a computed default',
    `${FORGE} sql = replace(sql, 'access_count INTEGER DEFAULT 0', 'access_count INTEGER DEFAULT (abs(-1))') WHERE name = 'TABLE_'`,
    /a computed default/,
  ],
  [
    'a column that refuses entries',
    `ALTER TABLE TABLE_ ADD COLUMN zz TEXT REFERENCES SIDE_(key)`,
    /an additional column/,
  ],
  ...['rowid', '_ROWID_', '[oid]'].map((name): [string, string, RegExp] => [
    `a column ${name}`,
    `ALTER TABLE TABLE_ ADD COLUMN zz INTEGER; ${FORGE} sql = replace(sql, 'zz INTEGER', '${name} INTEGER') WHERE name = 'TABLE_'`,
    /a column (rowid|_rowid_|oid), which hides/,
  ]),
  [
    'a key that ignores case',
    `${FORGE} sql = replace(sql, 'key TEXT PRIMARY KEY', 'key TEXT COLLATE NOCASE PRIMARY KEY') WHERE name = 'TABLE_'`,
    /COLLATE/,
  ],
  [
    'another table that references entries',
    'CREATE TABLE t(a REFERENCES TABLE_(key) ON DELETE RESTRICT)',
    /"t".*refers to/,
  ],
  [
    'side rows without a cascade',
    `${FORGE} sql = replace(sql, ' ON DELETE CASCADE', '') WHERE name = 'SIDE_'`,
    /column key/,
  ],
  ['a table under the name of an index', 'CREATE TABLE pw_TABLE__access_count(a)', /name of one of our indexes/],
];

describe.each(KINDS)('a database of $name that another program prepared', (kind) => {
  it.each(REFUSED)(
    'with %s is refused, the error names the object, and not a byte of the file changes',
    (_what, sql, message) => {
      const { directory, path } = prepared(kind, sql);
      const before = readFileSync(path);
      const tier = kind.make(directory, {}, { failureThreshold: 100 });
      const refusal = expect.objectContaining({ code: CacheErrorCode.SCHEMA_REFUSED, retryable: false });
      expect(() => tier.open()).toThrow(refusal);
      expect(() => tier.open()).toThrow(message);
      expect(tier.put('b', makeEntry('b'))).toBe(false);
      expect(tier.get('a')).toBeUndefined();
      expect(tier.delete('a')).toBe(false);
      expect(tier.size()).toBe(0);
      expect(tier.keys()).toEqual([]);
      tier.close();
      expect(readFileSync(path).equals(before)).toBe(true);
      expect(existsSync(`${path}-wal`)).toBe(false);
      expect(existsSync(`${path}-shm`)).toBe(false);
    },
  );

  it('with a log is refused without changing the log', () => {
    const { directory, path } = prepared(kind, 'SELECT 1');
    const copies = withDatabase(path, (db) => {
      db.exec(`CREATE TRIGGER x AFTER INSERT ON ${kind.table} BEGIN SELECT 1; END`);
      return [path, `${path}-wal`].map((name) => [name, readFileSync(name)] as const);
    });
    for (const [name, bytes] of copies) writeFileSync(name, bytes);
    expect(() => kind.make(directory).open()).toThrow(/DROP TRIGGER "x"/);
    for (const [name, bytes] of copies) expect(readFileSync(name).equals(bytes)).toBe(true);
  });

  it.each([
    ['a plain index', 'CREATE INDEX mine ON TABLE_(proxy_url, source DESC)'],
    ['statistics', 'ANALYZE'],
    ['an additional column', `ALTER TABLE TABLE_ ADD COLUMN zz TEXT NOT NULL DEFAULT 'x'`],
    [
      'an additional column in the table of versions, and a missing index',
      'ALTER TABLE pw_schema ADD COLUMN zz; DROP INDEX IF EXISTS idx_source; DROP INDEX IF EXISTS idx_l2_source',
    ],
    ['a view of another program', 'CREATE VIEW report AS SELECT source, count(*) FROM TABLE_ GROUP BY source'],
    [
      'tables, triggers and indexes of another program',
      `CREATE TABLE t(a, b CHECK (b > 0), c AS (a + 1)); CREATE UNIQUE INDEX i ON t(abs(a)) WHERE b > 1;
      CREATE TRIGGER x AFTER INSERT ON t BEGIN DELETE FROM t WHERE a < 0; END; CREATE VIRTUAL TABLE f USING fts5(a)`,
    ],
  ])('with %s is accepted', (_what, sql) => {
    const { directory } = prepared(kind, sql);
    const tier = kind.make(directory);
    tier.open();
    expect(tier.put('b', makeEntry('b'))).toBe(true);
    expect(tier.get('a')?.password?.reveal()).toBe('hunter2');
    expect(tier.delete('a')).toBe(true);
    expect(tier.size()).toBe(1);
    expect(tier.keys()).toEqual(['b']);
  });

  it('works again, with every entry, after the remedy', () => {
    const { directory, path } = prepared(kind, 'CREATE UNIQUE INDEX x ON TABLE_(source)');
    const tier = kind.make(directory);
    const { message } = captured(() => tier.open());
    withDatabase(path, (db) => db.exec(/DROP INDEX .*;/.exec(message)![0]));
    expect(tier.get('a')?.password?.reveal()).toBe('hunter2');
  });

  it('takes no more writes from an open tier until the remedy is applied', () => {
    const { directory, path } = prepared(kind, 'SELECT 1');
    const tier = kind.make(directory, {}, { failureThreshold: 100 });
    expect(tier.put('b', makeEntry('b'))).toBe(true);
    const trigger = `CREATE TRIGGER x BEFORE DELETE ON ${kind.table} BEGIN SELECT RAISE(IGNORE); END`;
    withDatabase(path, (db) => db.exec(`${trigger}; CREATE TABLE shadow(k)`));
    expect(tier.put('c', makeEntry('c'))).toBe(false);
    expect(tier.delete('a')).toBe(false);
    expect(tier.totalFailures).toBe(2);
    withDatabase(path, (db) => db.exec('DROP TRIGGER x'));
    expect(tier.delete('a')).toBe(true);
    expect(tier.put('c', makeEntry('c'))).toBe(true);
    expect(tier.size()).toBe(2);
  });
});

it.each(KINDS)('a large cleanup of $name removes nothing if the schema changed meanwhile', async (kind) => {
  const { directory, path } = prepared(kind, 'SELECT 1');
  const tier = kind.make(directory);
  tier.putMany(Array.from({ length: 2000 }, (_, i) => makeEntry(`old${i}`, { expiresAt: NOW - 1 })));
  const count = () => withDatabase(path, (db) => db.prepare(`SELECT count(*) FROM ${kind.table}`).pluck().get());
  withDatabase(path, (db) => db.exec(`CREATE TRIGGER x BEFORE DELETE ON ${kind.table} BEGIN SELECT 1; END`));
  expect(await tier.cleanupExpired()).toBe(0);
  expect(count()).toBe(2001);
  expect(tier.totalFailures).toBe(1);
  withDatabase(path, (db) => db.exec('DROP TRIGGER x'));
  expect(await tier.cleanupExpired()).toBe(2000);
  expect(count()).toBe(1);
});

it('a connection cannot write to the schema table', () => {
  const settings = {
    path: L3.file(tempDir()),
    tier: 'l3',
    durability: 'normal' as const,
    busyTimeoutMs: 0,
    guard: new FileGuard(),
    clock: systemClock,
    logger: silentLogger,
  };
  const { db } = openDatabase(settings, L3_LAYOUT);
  db.pragma('writable_schema = ON');
  expect(() => db.exec("UPDATE sqlite_schema SET sql = ''")).toThrow(/may not be modified/);
  closeDatabase(db);
});

it.each([
  ['a trigger on labels', 'CREATE TRIGGER x AFTER INSERT ON SIDE__labels BEGIN SELECT 1; END', /DROP TRIGGER "x";/],
  [
    'a view in place of the table of labels',
    'DROP TABLE SIDE__labels; CREATE VIEW SIDE__labels AS SELECT 1 AS name',
    /DROP VIEW "pw_cache_entries_labels";/,
  ],
  [
    'labels in another order',
    `DROP TABLE SIDE__labels;
     CREATE TABLE SIDE__labels (name TEXT, value TEXT, key TEXT, PRIMARY KEY (key, name, value)) WITHOUT ROWID`,
    /its PRIMARY KEY is different/,
  ],
  [
    'labels of one value each',
    'DROP TABLE SIDE__labels; CREATE TABLE SIDE__labels (name TEXT PRIMARY KEY, value TEXT, key TEXT) WITHOUT ROWID',
    /column (value|key) is declared differently/,
  ],
  [
    'labels of another type',
    `${FORGE} sql = replace(sql, 'labels TEXT', 'labels INTEGER') WHERE name = 'SIDE_'`,
    /labels/,
  ],
  [
    'labels that reference entries',
    `DROP TABLE SIDE__labels; CREATE TABLE SIDE__labels
     (name TEXT, value TEXT, key TEXT REFERENCES TABLE_(key), PRIMARY KEY (name, value, key)) WITHOUT ROWID`,
    /column key is declared differently/,
  ],
])('a database of SqliteCacheTier with %s is refused', (_what, sql, message) => {
  const { directory, path } = prepared(L3, sql);
  const before = readFileSync(path);
  expect(() => makeL3(directory).open()).toThrow(expect.objectContaining({ code: CacheErrorCode.SCHEMA_REFUSED }));
  expect(() => makeL3(directory).open()).toThrow(message);
  expect(readFileSync(path).equals(before)).toBe(true);
});

it('a database of a newer version is refused for its version, not for objects that the version added', () => {
  const { directory, path } = prepared(L3, 'CREATE UNIQUE INDEX pw_new ON TABLE_(source)');
  withDatabase(path, (db) => db.exec('UPDATE pw_schema SET version = 99'));
  expect(() => makeL3(directory).open()).toThrow(/update the package/);
});

describe.each(KINDS)('a database of $name', (kind) => {
  const opened = (change: (bytes: Buffer) => void, sql = 'SELECT 1') => {
    const { directory, path } = prepared(kind, sql);
    const bytes = readFileSync(path);
    change(bytes);
    writeFileSync(path, bytes);
    const logger = new RecordingLogger();
    const tier = kind.make(directory, {}, { logger });
    return {
      tier,
      path,
      bytes,
      logger,
      aside: () => readdirSync(directory).filter((name) => name.includes('.corrupt-')),
    };
  };
  const zero = 'CREATE TABLE t(a); PRAGMA writable_schema = ON; UPDATE sqlite_schema SET';

  it.each<readonly [what: string, change: (bytes: Buffer) => void, sql: string]>([
    ['whose header contains another page size', (bytes) => bytes.writeUInt8(bytes[16]! ^ 0x08, 16), 'SELECT 1'],
    ['whose header contains another encoding', (bytes) => bytes.writeUInt8(2, 59), 'SELECT 1'],
    ['whose header contains the third encoding', (bytes) => bytes.writeUInt8(3, 59), 'SELECT 1'],
    ['with an object without a type', () => {}, `${zero} type = NULL WHERE name = 't'`],
    ['with an object of an invalid type', () => {}, `${zero} type = 'tablf' WHERE name = 't'`],
    ['with an object without a name', () => {}, `${zero} name = NULL WHERE name = 't'`],
    ['with a name that is not a string', () => {}, `${zero} name = x'7400' WHERE name = 't'`],
    ['with a name in another encoding', () => {}, `${zero} name = CAST(x'e4f6fc' AS TEXT) WHERE name = 't'`],
    ['with a definition that is not a string', () => {}, `${zero} sql = x'00' WHERE name = 't'`],
  ])('%s counts as damaged: it is set aside with a warning, without a useless remedy', (_what, change, sql) => {
    const { tier, bytes, path, logger, aside } = opened(change, sql);
    expect(tier.put('b', makeEntry('b'))).toBe(true);
    expect(tier.get('b')).toBeDefined();
    expect(aside()).toHaveLength(1);
    expect(readFileSync(join(dirname(path), aside()[0]!)).equals(bytes)).toBe(true);
    expect(logger.lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
    expect(logger.text.includes('DROP')).toBe(false);
    expect(tier.totalFailures).toBe(0);
  });

  it('of a format unknown to SQLite is left unchanged, and the error names the file and the remedy', () => {
    const { tier, bytes, path, aside } = opened((header) => header.writeUInt8(9, 47));
    expect(() => tier.open()).toThrow(path);
    expect(() => tier.open()).toThrow(/SQLITE_ERROR.*move the file away/);
    expect(aside()).toEqual([]);
    expect(readFileSync(path).equals(bytes)).toBe(true);
  });
});

function captured(work: () => void): Error {
  try {
    work();
  } catch (error) {
    return error as Error;
  }
  throw new Error('no error was thrown');
}
