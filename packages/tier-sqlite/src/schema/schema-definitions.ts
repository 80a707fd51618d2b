import { NEXT_CHECK_INDEX, sideColumns, type TableLayout } from './table-layout.ts';

/** Holds the version of our side tables, one row a table of entries. ProxyWhirl keeps `user_version` at 0, and so do we. */
export const VERSIONS = 'pw_schema';

export const VERSIONS_TABLE = `CREATE TABLE IF NOT EXISTS ${VERSIONS} (table_name TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID`;

export const HISTORY_TABLE = `CREATE TABLE IF NOT EXISTS health_history (id INTEGER PRIMARY KEY AUTOINCREMENT, proxy_key TEXT NOT NULL,
    check_time REAL NOT NULL, status TEXT NOT NULL, response_time_ms REAL, error_message TEXT, check_url TEXT NOT NULL,
    FOREIGN KEY (proxy_key) REFERENCES cache_entries(key) ON DELETE CASCADE)`;

export const HISTORY_INDEXES: readonly string[] = [
  'CREATE INDEX IF NOT EXISTS idx_health_history_proxy ON health_history(proxy_key)',
  'CREATE INDEX IF NOT EXISTS idx_health_history_time ON health_history(check_time)',
];

/** Whose checks nobody reads any more, up to which id: see `check-tombstones.ts`. */
export const FORGOTTEN = 'pw_forgotten_checks';

export const FORGOTTEN_TABLE = `CREATE TABLE IF NOT EXISTS ${FORGOTTEN} (proxy_key TEXT PRIMARY KEY, up_to INTEGER NOT NULL) WITHOUT ROWID`;

/** Small values that belong to the database as a whole: see `SideValues` of the contract. ProxyWhirl reads its own tables by name. */
export const SIDE_VALUES = 'pw_side_values';

export const SIDE_VALUES_TABLE = `CREATE TABLE IF NOT EXISTS ${SIDE_VALUES} (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID`;

/** ProxyWhirl's table of entries. */
export function entryTable({ table, columns }: TableLayout): string {
  const list = columns.map(({ name, declaration }) => `${name} ${declaration}`);
  return `CREATE TABLE IF NOT EXISTS ${table} (${list.join(', ')})`;
}

export function sideTable(layout: TableLayout): string {
  const { table, side } = layout;
  const values = sideColumns(layout).map(({ name, declaration }) => `, ${name} ${declaration}`);
  return `CREATE TABLE IF NOT EXISTS ${side} (
      key TEXT PRIMARY KEY REFERENCES ${table}(key) ON DELETE CASCADE,
      row_id INTEGER NOT NULL, checksum INTEGER NOT NULL, access_checksum INTEGER NOT NULL${values.join('')}) WITHOUT ROWID`;
}

/** Quarantine columns have no types: whatever a damaged row holds is kept exactly, within the bounds of values. */
export function quarantineTable(layout: TableLayout): string {
  const kept = [...layout.columns, ...sideColumns(layout)].map(({ name }) => name);
  return `CREATE TABLE IF NOT EXISTS ${layout.quarantine} (id INTEGER PRIMARY KEY, set_aside_at REAL NOT NULL, reason TEXT NOT NULL,
      ${kept.join(', ')})`;
}

/**
 * Where a query by labels finds keys: of one name and value in their order. No foreign key: nothing of it need be true, as the side row
 * decides what an entry has, and whoever prepared a file may have put any number of rows there, which must not go in one statement.
 */
export function labelsTable(labels: string): string {
  return `CREATE TABLE IF NOT EXISTS ${labels} (name TEXT, value TEXT, key TEXT, PRIMARY KEY (name, value, key)) WITHOUT ROWID`;
}

/** The labels of a key. */
export function labelsIndex(labels: string): string {
  return `CREATE INDEX IF NOT EXISTS ${labels}_key ON ${labels}(key, name, value)`;
}

export function nextCheckIndex({ table }: TableLayout): string {
  return `CREATE INDEX IF NOT EXISTS ${NEXT_CHECK_INDEX} ON ${table}(next_check_time) WHERE next_check_time IS NOT NULL`;
}

/** What an eviction policy needs and the reference lacks: `pw_<table>_<column>`. */
export function evictionIndex({ table }: TableLayout, column: string): string {
  return `CREATE INDEX IF NOT EXISTS pw_${table}_${column} ON ${table}(${column})`;
}

/** All tables that a tier uses, as they are made. */
export function tableDefinitions(layout: TableLayout): string[] {
  const history = layout.isFull ? [HISTORY_TABLE, FORGOTTEN_TABLE] : [];
  const labels = layout.labels === null ? [] : [labelsTable(layout.labels)];
  const own = [VERSIONS_TABLE, entryTable(layout), sideTable(layout), quarantineTable(layout), SIDE_VALUES_TABLE];
  return [...own, ...labels, ...history];
}

/** All indexes that a tier may make, as they are made. */
export function indexDefinitions(layout: TableLayout): string[] {
  const reference = Object.entries(layout.indexes).map(
    ([name, rest]) => `CREATE INDEX IF NOT EXISTS ${name} ON ${layout.table}${rest}`,
  );
  const eviction = ['access_count', 'last_accessed'].map((column) => evictionIndex(layout, column));
  const labels = layout.labels === null ? [] : [labelsIndex(layout.labels)];
  const full = layout.isFull ? [...HISTORY_INDEXES, nextCheckIndex(layout)] : [];
  return [...reference, ...eviction, ...labels, ...full];
}
