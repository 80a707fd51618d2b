import { CacheError, CacheErrorCode } from '@pw/cache-models';
import type { SqliteDatabase } from '../database/load-binding.ts';
import {
  changesTable,
  cursorsTable,
  entryTable,
  HISTORY_INDEXES,
  HISTORY_TABLE,
  LEASES_TABLE,
  LOG_ID,
  labelsIndex,
  labelsTable,
  marksTable,
  nextCheckIndex,
  quarantineTable,
  ROWS_BEFORE_LOG,
  SEEN_ROWS,
  SIDE_VALUES_TABLE,
  sideTable,
  TOMBSTONES_TABLE,
  VERSIONS,
  VERSIONS_TABLE,
} from './schema-definitions.ts';
import { LABELS_COLUMN, type TableLayout, VERSION_COLUMN } from './table-layout.ts';

type Migration = (db: SqliteDatabase, layout: TableLayout) => void;

/** The changes of each version, in order; only ever appended to. */
const MIGRATIONS: readonly Migration[] = [
  createSideTables,
  changeNothing,
  createNextCheckIndex,
  createTombstones,
  createLabels,
  createSideValues,
  createLog,
];

/** Throws a CacheError for a database of a newer version of this package. Writes nothing. */
export function checkVersion(db: SqliteDatabase, layout: TableLayout): void {
  const version = versionOf(db, layout);
  if (version <= MIGRATIONS.length) return;
  throw new CacheError(
    `${layout.table}: the database has schema version ${version} but this @pw/tier-sqlite supports versions up to ${MIGRATIONS.length}: update the package`,
    { code: CacheErrorCode.RUNTIME_UNSUPPORTED },
  );
}

/**
 * Brings a database to the current schema: ProxyWhirl's table, the columns that an older ProxyWhirl lacked (added at
 * the end, as ProxyWhirl does), its indexes, then our side tables. One transaction, or none if nothing is missing.
 * `check` verifies the structure again inside it, where no other connection can change it. Throws a CacheError if the
 * table lacks a column that cannot be added.
 */
export function prepareSchema(db: SqliteDatabase, layout: TableLayout, check: () => void): void {
  if (isComplete(db, layout)) return;
  db.transaction(() => {
    check();
    checkVersion(db, layout);
    createReferenceTables(db, layout);
    db.exec(VERSIONS_TABLE);
    for (const migrate of MIGRATIONS.slice(versionOf(db, layout))) migrate(db, layout);
    db.prepare(
      `INSERT INTO ${VERSIONS} (table_name, version) VALUES (?, ?) ON CONFLICT(table_name) DO UPDATE SET version = excluded.version`,
    ).run(layout.table, MIGRATIONS.length);
  }).immediate();
}

/** The history and its indexes, without which every query would scan all of it. */
const HISTORY_NAMES = [
  ['table', 'health_history'],
  ['index', 'idx_health_history_proxy'],
  ['index', 'idx_health_history_time'],
] as const;

function isComplete(db: SqliteDatabase, layout: TableLayout): boolean {
  return (
    versionOf(db, layout) === MIGRATIONS.length &&
    missingColumns(db, layout).length === 0 &&
    Object.keys(layout.indexes).every((name) => exists(db, 'index', name)) &&
    (!layout.isFull || HISTORY_NAMES.every(([type, name]) => exists(db, type, name)))
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
  const present = columnsOf(db, layout.table);
  return layout.columns.filter(({ name }) => !present.has(name));
}

function columnsOf(db: SqliteDatabase, table: string): ReadonlySet<unknown> {
  return new Set(db.prepare('SELECT name FROM pragma_table_info(?)').pluck().all(table));
}

function createReferenceTables(db: SqliteDatabase, layout: TableLayout): void {
  db.exec(entryTable(layout));
  for (const { name, declaration } of missingColumns(db, layout)) {
    if (/PRIMARY KEY|NOT NULL/.test(declaration)) {
      throw new CacheError(
        `${layout.table}: the database has no column ${name}, so it is not a cache; move the file away, or use another path`,
        {
          code: CacheErrorCode.STORAGE_FAILED,
        },
      );
    }
    db.exec(`ALTER TABLE ${layout.table} ADD COLUMN ${name} ${declaration}`);
  }
  if (layout.isFull) db.exec([HISTORY_TABLE, ...HISTORY_INDEXES].join(';'));
  for (const [name, rest] of Object.entries(layout.indexes)) {
    db.exec(`CREATE INDEX IF NOT EXISTS ${name} ON ${layout.table}${rest}`);
  }
}

function createSideTables(db: SqliteDatabase, layout: TableLayout): void {
  db.exec(sideTable(layout));
  db.exec(quarantineTable(layout));
}

/**
 * Version 2 added a column `sealed_by`, which is no longer used: stored data is no proof of the key that sealed a
 * token.
 */
function changeNothing(): void {}

/** For `checkDueBy`, which is queried often; the index contains only entries with a next check. */
function createNextCheckIndex(db: SqliteDatabase, layout: TableLayout): void {
  if (layout.isFull) db.exec(nextCheckIndex(layout));
}

function createTombstones(db: SqliteDatabase, layout: TableLayout): void {
  if (layout.isFull) db.exec(TOMBSTONES_TABLE);
}

/** A side table that was just created already has the column. */
function createLabels(db: SqliteDatabase, { side, quarantine, labels }: TableLayout): void {
  const { name, declaration } = LABELS_COLUMN;
  if (!columnsOf(db, side).has(name)) db.exec(`ALTER TABLE ${side} ADD COLUMN ${name} ${declaration}`);
  if (!columnsOf(db, quarantine).has(name)) db.exec(`ALTER TABLE ${quarantine} ADD COLUMN ${name}`);
  if (labels !== null) db.exec([labelsTable(labels), labelsIndex(labels)].join(';'));
}

/** One table for the whole file, whichever tiers share it. */
function createSideValues(db: SqliteDatabase): void {
  db.exec(SIDE_VALUES_TABLE);
}

/** Rows that are there already keep version 0: a row of another program counts as new only if its rowid is higher. */
function createLog(db: SqliteDatabase, layout: TableLayout): void {
  const { table, side, cursors } = layout;
  const { name, declaration } = VERSION_COLUMN;
  if (!columnsOf(db, side).has(name)) db.exec(`ALTER TABLE ${side} ADD COLUMN ${name} ${declaration}`);
  db.exec([changesTable(layout), cursorsTable(layout), marksTable(layout), LEASES_TABLE].join(';'));
  db.exec(`INSERT OR IGNORE INTO ${cursors} VALUES (${LOG_ID}, 1 + abs(random() % ${2 ** 52}))`);
  for (const name of [SEEN_ROWS, ROWS_BEFORE_LOG])
    db.exec(`INSERT OR IGNORE INTO ${cursors} SELECT ${name}, ifnull(max(rowid), 0) FROM ${table}`);
}
