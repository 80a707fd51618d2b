import { NEXT_CHECK_INDEX, sideColumns, type TableLayout, VERSION_COLUMN } from './table-layout.ts';

/**
 * The table with the version of our side tables, one row per table of entries. ProxyWhirl keeps `user_version` at 0, so
 * we do not use it.
 */
export const VERSIONS = 'pw_schema';

export const VERSIONS_TABLE = `CREATE TABLE IF NOT EXISTS ${VERSIONS} (table_name TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID`;

export const HISTORY_TABLE = `CREATE TABLE IF NOT EXISTS health_history (id INTEGER PRIMARY KEY AUTOINCREMENT, proxy_key TEXT NOT NULL,
    check_time REAL NOT NULL, status TEXT NOT NULL, response_time_ms REAL, error_message TEXT, check_url TEXT NOT NULL,
    FOREIGN KEY (proxy_key) REFERENCES cache_entries(key) ON DELETE CASCADE)`;

export const HISTORY_INDEXES: readonly string[] = [
  'CREATE INDEX IF NOT EXISTS idx_health_history_proxy ON health_history(proxy_key)',
  'CREATE INDEX IF NOT EXISTS idx_health_history_time ON health_history(check_time)',
];

/** Tombstones of health checks: see `check-tombstones.ts`. Its name in the file is fixed. */
export const TOMBSTONES = 'pw_forgotten_checks';

export const TOMBSTONES_TABLE = `CREATE TABLE IF NOT EXISTS ${TOMBSTONES} (proxy_key TEXT PRIMARY KEY, up_to INTEGER NOT NULL) WITHOUT ROWID`;

/** Small values that belong to the database as a whole: see `SideValues` in the tier contract. */
export const SIDE_VALUES = 'pw_side_values';

export const SIDE_VALUES_TABLE = `CREATE TABLE IF NOT EXISTS ${SIDE_VALUES} (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID`;

/**
 * Leases of keys, which belong to the database as a whole: see `TierLeases` in the tier contract. `until`: epoch ms.
 */
export const LEASES = 'pw_leases';

export const LEASES_TABLE = `CREATE TABLE IF NOT EXISTS ${LEASES} (key TEXT PRIMARY KEY, token TEXT NOT NULL, until REAL NOT NULL) WITHOUT ROWID`;

/** The log of writes: no key means all keys, no version that it is the position. */
export function changesTable({ changes }: TableLayout): string {
  return `CREATE TABLE IF NOT EXISTS ${changes} (position INTEGER PRIMARY KEY, key TEXT, version INTEGER)`;
}

/**
 * Positions in the log by tier above. What the log itself notes ({@link PRUNED} and others) is under blobs, which no
 * tier's id is.
 */
export function cursorsTable({ cursors }: TableLayout): string {
  return `CREATE TABLE IF NOT EXISTS ${cursors} (tier_id TEXT PRIMARY KEY, position INTEGER NOT NULL) WITHOUT ROWID`;
}

/** SQL: the name of the highest position that was pruned. */
export const PRUNED = "x'00'";
/** SQL: the name of the rowid up to which rows of other programs have been adopted, or were there before the log. */
export const SEEN_ROWS = "x'01'";
/** SQL: the name of a note that there may be others below {@link SEEN_ROWS}. */
export const UNSEEN_BELOW = "x'02'";
/** SQL: the name of the highest rowid that was there before the log. */
export const ROWS_BEFORE_LOG = "x'03'";
/** SQL: the name of the random number by which the log is known. */
export const LOG_ID = "x'04'";

/** Marks by key; that of everything is under {@link ALL_MARK}. */
export function marksTable({ marks }: TableLayout): string {
  return `CREATE TABLE IF NOT EXISTS ${marks} (key TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID`;
}

/** SQL: the key of the mark of everything: no key is a blob. */
export const ALL_MARK = "x''";

/** ProxyWhirl's table of entries. */
export function entryTable({ table, columns }: TableLayout): string {
  const list = columns.map(({ name, declaration }) => `${name} ${declaration}`);
  return `CREATE TABLE IF NOT EXISTS ${table} (${list.join(', ')})`;
}

export function sideTable(layout: TableLayout): string {
  const { table, side } = layout;
  const values = [...sideColumns(layout), VERSION_COLUMN].map(({ name, declaration }) => `, ${name} ${declaration}`);
  return `CREATE TABLE IF NOT EXISTS ${side} (
      key TEXT PRIMARY KEY REFERENCES ${table}(key) ON DELETE CASCADE,
      row_id INTEGER NOT NULL, checksum INTEGER NOT NULL, access_checksum INTEGER NOT NULL${values.join('')}) WITHOUT ROWID`;
}

/** Columns have no types, so that the values of a damaged row are kept exactly, within the bounds of values. */
export function quarantineTable(layout: TableLayout): string {
  const kept = [...layout.columns, ...sideColumns(layout)].map(({ name }) => name);
  return `CREATE TABLE IF NOT EXISTS ${layout.quarantine} (id INTEGER PRIMARY KEY, set_aside_at REAL NOT NULL, reason TEXT NOT NULL,
      ${kept.join(', ')})`;
}

/**
 * Where queries by labels find keys, in order for each name and value. No foreign key: nothing relies on these rows
 * being right, as the side row decides which labels an entry has, and another program may have put any number of rows
 * there, which must not be deleted in one statement.
 */
export function labelsTable(labels: string): string {
  return `CREATE TABLE IF NOT EXISTS ${labels} (name TEXT, value TEXT, key TEXT, PRIMARY KEY (name, value, key)) WITHOUT ROWID`;
}

/** The index for the labels of a key. */
export function labelsIndex(labels: string): string {
  return `CREATE INDEX IF NOT EXISTS ${labels}_key ON ${labels}(key, name, value)`;
}

export function nextCheckIndex({ table }: TableLayout): string {
  return `CREATE INDEX IF NOT EXISTS ${NEXT_CHECK_INDEX} ON ${table}(next_check_time) WHERE next_check_time IS NOT NULL`;
}

/** The index that an eviction policy needs and ProxyWhirl's schema lacks: `pw_<table>_<column>`. */
export function evictionIndex({ table }: TableLayout, column: string): string {
  return `CREATE INDEX IF NOT EXISTS pw_${table}_${column} ON ${table}(${column})`;
}

/** Definitions of all tables that a tier uses. */
export function tableDefinitions(layout: TableLayout): string[] {
  const history = layout.isFull ? [HISTORY_TABLE, TOMBSTONES_TABLE] : [];
  const labels = layout.labels === null ? [] : [labelsTable(layout.labels)];
  const own = [VERSIONS_TABLE, entryTable(layout), sideTable(layout), quarantineTable(layout), SIDE_VALUES_TABLE];
  const log = [changesTable(layout), cursorsTable(layout), marksTable(layout), LEASES_TABLE];
  return [...own, ...labels, ...history, ...log];
}

/** Definitions of all indexes that a tier may create. */
export function indexDefinitions(layout: TableLayout): string[] {
  const reference = Object.entries(layout.indexes).map(
    ([name, rest]) => `CREATE INDEX IF NOT EXISTS ${name} ON ${layout.table}${rest}`,
  );
  const eviction = ['access_count', 'last_accessed'].map((column) => evictionIndex(layout, column));
  const labels = layout.labels === null ? [] : [labelsIndex(layout.labels)];
  const full = layout.isFull ? [...HISTORY_INDEXES, nextCheckIndex(layout)] : [];
  return [...reference, ...eviction, ...labels, ...full];
}
