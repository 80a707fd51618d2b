import type { Random } from '../random.ts';
import type { Kind } from './survey.ts';

const ENDLESS = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)';
const EXPRESSIONS = [
  'length(hex(zeroblob(300000)))',
  'abs(random())',
  '1',
  'lower(a)',
  'a',
  'key',
  'coalesce(NULL, 2)',
];
const NAMES = ['x', 'Mine', 'my "own"', 'sqlitely', 'pw_other', 'CHECK', 'ünïcode', 'a b', "it's"];

/**
 * SQL for one random object or change that another program may have left in a tier's database. SQLite may refuse it.
 */
export function randomChange(random: Random, kind: Kind): string {
  const maker = new ChangeMaker(random, kind);
  return random.pick([
    () => maker.trigger(),
    () => maker.view(),
    () => maker.index(),
    () => maker.index(),
    () => maker.column(),
    () => maker.foreignTable(),
    () => maker.virtualTable(),
    () => maker.forgery(),
    () => maker.upkeep(),
  ])();
}

class ChangeMaker {
  readonly #random: Random;
  readonly #ours: readonly string[];

  constructor(random: Random, kind: Kind) {
    this.#random = random;
    const table = kind === 'DiskCacheTier' ? 'l2_cache' : 'cache_entries';
    this.#ours = [table, `pw_${table}`, `pw_${table}_quarantine`, 'pw_schema', table];
  }

  trigger(): string {
    const random = this.#random;
    const event = random.pick(['INSERT', 'DELETE', 'UPDATE', 'UPDATE OF key']);
    const body = random.pick([
      'SELECT RAISE(IGNORE)',
      `SELECT RAISE(ABORT, 'no')`,
      `DELETE FROM ${this.#table()}`,
      `INSERT INTO t SELECT i, i FROM (${ENDLESS} SELECT i FROM n)`,
      'SELECT 1',
      `UPDATE ${this.#table()} SET rowid = rowid + 1`,
    ]);
    return `CREATE TRIGGER ${this.#name()} ${random.pick(['BEFORE', 'AFTER'])} ${event} ON ${this.#table()} BEGIN ${body}; END`;
  }

  view(): string {
    const table = this.#our();
    const select = this.#random.pick(['SELECT rowid AS rowid, * FROM real', `${ENDLESS} SELECT real.* FROM real, n`]);
    return this.#random.percent(50)
      ? `ALTER TABLE ${table} RENAME TO real; CREATE VIEW ${table} AS ${select}`
      : `CREATE VIEW ${this.#name()} AS SELECT * FROM ${this.#table()}`;
  }

  index(): string {
    const table = this.#table();
    const columns = this.#random.pick([
      'key',
      'source DESC',
      'source, key',
      'a',
      'key COLLATE NOCASE',
      ...EXPRESSIONS.map((text) => `(${text})`),
    ]);
    const unique = this.#random.percent(30) ? 'UNIQUE ' : '';
    const where = this.#random.percent(20)
      ? ` WHERE ${this.#random.pick(['key IS NOT NULL', 'a > 1', 'rowid > 5'])}`
      : '';
    const known = this.#random.pick([
      'idx_source',
      'idx_l2_source',
      'pw_l2_cache_access_count',
      'pw_cache_entries_access_count',
    ]);
    return this.#random.percent(20)
      ? `DROP INDEX IF EXISTS ${known}; CREATE ${unique}INDEX ${known} ON ${table}(${columns})${where}`
      : `CREATE ${unique}INDEX ${this.#name()} ON ${table}(${columns})${where}`;
  }

  column(): string {
    const rest = this.#random.pick([
      'TEXT',
      `TEXT NOT NULL DEFAULT 'x'`,
      'AS (length(key)) VIRTUAL',
      `AS (hex(zeroblob(1000)))`,
      'INTEGER CHECK (zz IS NULL OR zz > 5)',
      'TEXT COLLATE NOCASE',
      `REFERENCES ${this.#our()}(key)`,
      'DECIMAL(10, 2) DEFAULT -1.5',
      'REAL DEFAULT CURRENT_TIMESTAMP',
    ]);
    return `ALTER TABLE ${this.#table()} ADD COLUMN zz ${rest}`;
  }

  foreignTable(): string {
    const action = this.#random.pick(['', ' ON DELETE RESTRICT', ' ON DELETE CASCADE', ' ON DELETE SET NULL']);
    const refers = this.#random.percent(40) ? ` REFERENCES ${this.#our()}(key)${action}` : '';
    const filled = refers === '' ? '' : `; INSERT INTO ${this.#name()} (a) SELECT key FROM ${this.#ours[0]} LIMIT 3`;
    return `CREATE TABLE ${this.#name()} (a TEXT${refers}, b UNIQUE CHECK (b <> 3), c AS (a || 'x'))${filled}`;
  }

  virtualTable(): string {
    const name = this.#random.percent(50) ? this.#our() : this.#name();
    const drop = this.#random.percent(50) ? `ALTER TABLE ${this.#our()} RENAME TO real; ` : '';
    return `${drop}CREATE VIRTUAL TABLE ${name} USING ${this.#random.pick(['fts5(key, source)', 'rtree(id, a, b)', 'fts4(a)'])}`;
  }

  /** A direct edit of a stored definition, which never happens by accident. */
  forgery(): string {
    const [from, to] = this.#random.pick([
      ['key TEXT PRIMARY KEY', 'key TEXT COLLATE NOCASE PRIMARY KEY'],
      ['INTEGER DEFAULT 0', 'INTEGER DEFAULT (abs(-3))'],
      ['INTEGER NOT NULL', 'INTEGER NOT NULL CHECK (1)'],
      [' ON DELETE CASCADE', ' ON DELETE SET NULL'],
      [' ON DELETE CASCADE', ''],
      ['source TEXT NOT NULL', 'source TEXT'],
      ['source TEXT', '/* , */ [source] TEXT'],
      ['username_encrypted BLOB', 'username_encrypted BLOB UNIQUE'],
    ] as const);
    const set = this.#random.percent(80)
      ? `sql = replace(sql, '${from}', '${to}') WHERE name = '${this.#our()}'`
      : `tbl_name = 't' WHERE type IN ('trigger', 'index') AND name = 'x'`;
    return `PRAGMA writable_schema = ON; UPDATE sqlite_schema SET ${set}; PRAGMA writable_schema = OFF`;
  }

  upkeep(): string {
    return this.#random.pick([
      'ANALYZE',
      'VACUUM',
      'REINDEX',
      'PRAGMA journal_mode = DELETE',
      'DROP INDEX IF EXISTS idx_source',
    ]);
  }

  #our(): string {
    return this.#random.pick(this.#ours);
  }

  #table(): string {
    return this.#random.percent(70) ? this.#our() : 't';
  }

  #name(): string {
    return `"${this.#random.pick(NAMES).replaceAll('"', '""')}"`;
  }
}
