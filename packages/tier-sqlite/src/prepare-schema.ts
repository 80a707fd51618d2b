import { CacheError, CacheErrorCode } from '@pw/cache-models';
import type { SqliteDatabase } from './load-binding.ts';
import { HEALTH_COLUMNS, NEXT_CHECK_INDEX, type TableLayout } from './table-layout.ts';

/** Holds the version of our side tables, one row a table of entries. ProxyWhirl keeps `user_version` at 0, and so do we. */
const VERSIONS = 'pw_schema';

type Migration = (db: SqliteDatabase, layout: TableLayout) => void;

/** What each version adds to the one before; only ever appended to. */
const MIGRATIONS: readonly Migration[] = [createSideTables, changeNothing, indexNextChecks];

/** Throws a CacheError for a database that a newer version of this package made. Writes nothing. */
export function checkVersion(db: SqliteDatabase, layout: TableLayout): void {
  const version = versionOf(db, layout);
  if (version <= MIGRATIONS.length) return;
  throw new CacheError(
    `${layout.table}: the database has schema version ${version} and this @pw/tier-sqlite knows ${MIGRATIONS.length}: update the package`,
    { code: CacheErrorCode.RUNTIME_UNSUPPORTED },
  );
}

/**
 * Brings a database to the present schema: ProxyWhirl's table, the columns that an older ProxyWhirl lacked (added at the
 * end, as it adds them), its indexes, then our side tables. One transaction; none at all if nothing is missing.
 * Throws a CacheError if the table lacks a column that cannot be added.
 */
export function prepareSchema(db: SqliteDatabase, layout: TableLayout): void {
  if (isComplete(db, layout)) return;
  db.transaction(() => {
    checkVersion(db, layout);
    createReferenceTables(db, layout);
    db.exec(
      `CREATE TABLE IF NOT EXISTS ${VERSIONS} (table_name TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID`,
    );
    for (const migrate of MIGRATIONS.slice(versionOf(db, layout))) migrate(db, layout);
    db.prepare(
      `INSERT INTO ${VERSIONS} VALUES (?, ?) ON CONFLICT(table_name) DO UPDATE SET version = excluded.version`,
    ).run(layout.table, MIGRATIONS.length);
  }).immediate();
}

function isComplete(db: SqliteDatabase, layout: TableLayout): boolean {
  return (
    versionOf(db, layout) === MIGRATIONS.length &&
    missingColumns(db, layout).length === 0 &&
    Object.keys(layout.indexes).every((name) => exists(db, 'index', name)) &&
    (!layout.isFull || exists(db, 'table', 'health_history'))
  );
}

function versionOf(db: SqliteDatabase, layout: TableLayout): number {
  if (!exists(db, 'table', VERSIONS)) return 0;
  const version = db.prepare(`SELECT version FROM ${VERSIONS} WHERE table_name = ?`).pluck().get(layout.table);
  return typeof version === 'number' ? version : 0;
}

function exists(db: SqliteDatabase, type: 'table' | 'index', name: string): boolean {
  return db.prepare('SELECT 1 FROM sqlite_master WHERE type = ? AND name = ?').get(type, name) !== undefined;
}

function missingColumns(db: SqliteDatabase, layout: TableLayout) {
  const present = new Set(db.prepare('SELECT name FROM pragma_table_info(?)').pluck().all(layout.table));
  return layout.columns.filter(({ name }) => !present.has(name));
}

function createReferenceTables(db: SqliteDatabase, layout: TableLayout): void {
  const columns = layout.columns.map(({ name, declaration }) => `${name} ${declaration}`);
  db.exec(`CREATE TABLE IF NOT EXISTS ${layout.table} (${columns.join(', ')})`);
  for (const { name, declaration } of missingColumns(db, layout)) {
    if (/PRIMARY KEY|NOT NULL/.test(declaration)) {
      throw new CacheError(`${layout.table}: the database has no column ${name}: it is not a cache`, {
        code: CacheErrorCode.STORAGE_FAILED,
      });
    }
    db.exec(`ALTER TABLE ${layout.table} ADD COLUMN ${name} ${declaration}`);
  }
  if (layout.isFull) db.exec(HEALTH_HISTORY);
  for (const [name, rest] of Object.entries(layout.indexes)) {
    db.exec(`CREATE INDEX IF NOT EXISTS ${name} ON ${layout.table}${rest}`);
  }
}

const HEALTH_HISTORY = `
  CREATE TABLE IF NOT EXISTS health_history (id INTEGER PRIMARY KEY AUTOINCREMENT, proxy_key TEXT NOT NULL,
    check_time REAL NOT NULL, status TEXT NOT NULL, response_time_ms REAL, error_message TEXT, check_url TEXT NOT NULL,
    FOREIGN KEY (proxy_key) REFERENCES cache_entries(key) ON DELETE CASCADE);
  CREATE INDEX IF NOT EXISTS idx_health_history_proxy ON health_history(proxy_key);
  CREATE INDEX IF NOT EXISTS idx_health_history_time ON health_history(check_time);`;

/** Quarantine columns have no types: whatever a damaged row holds is kept exactly. */
function createSideTables(db: SqliteDatabase, layout: TableLayout): void {
  const health = layout.healthInSide ? HEALTH_COLUMNS.map(({ name, declaration }) => `, ${name} ${declaration}`) : [];
  const kept = [...layout.columns, ...(layout.healthInSide ? HEALTH_COLUMNS : [])].map(({ name }) => name);
  db.exec(`
    CREATE TABLE IF NOT EXISTS ${layout.side} (
      key TEXT PRIMARY KEY REFERENCES ${layout.table}(key) ON DELETE CASCADE,
      row_id INTEGER NOT NULL, checksum INTEGER NOT NULL, access_checksum INTEGER NOT NULL${health.join('')}) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS ${layout.quarantine} (id INTEGER PRIMARY KEY, set_aside_at REAL NOT NULL, reason TEXT NOT NULL,
      ${kept.join(', ')});`);
}

/** Version 2 added a column `sealed_by`, which nothing reads any more: what is stored cannot vouch for a token. */
function changeNothing(): void {}

/** For `checkDueBy`: asked often, and only entries that are checked at all have a place in it. */
function indexNextChecks(db: SqliteDatabase, { table, isFull }: TableLayout): void {
  if (!isFull) return;
  db.exec(
    `CREATE INDEX IF NOT EXISTS ${NEXT_CHECK_INDEX} ON ${table}(next_check_time) WHERE next_check_time IS NOT NULL`,
  );
}
