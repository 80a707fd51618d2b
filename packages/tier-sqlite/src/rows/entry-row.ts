import { ENTRY_COLUMNS, isInSide, type TableLayout, VERSION_COLUMN } from '../schema/table-layout.ts';
import type { StoredValue } from './entry-values.ts';
import { isOwnRowId } from './row-id-space.ts';
import { boundedNumber, boundedValue, MAX_ROW_BYTES } from './value-limits.ts';

/** The values of an entry, followed by the values that its checks need; {@link RowAt} has the indexes of those. */
export type EntryRow = StoredValue[];

export const RowAt = Object.freeze({
  CHECKSUM: ENTRY_COLUMNS.length,
  ACCESS_CHECKSUM: ENTRY_COLUMNS.length + 1,
  /** 1 if no other program has replaced the row since we wrote it. */
  OURS: ENTRY_COLUMNS.length + 2,
  ROWID: ENTRY_COLUMNS.length + 3,
  VERSION: ENTRY_COLUMNS.length + 4,
} as const);

/** SQL: whether no other program has replaced row `c` with side row `s` since we wrote it. */
export const OURS = `(c.rowid = s.row_id OR ${isOwnRowId('c.rowid')})`;

const VERSION = boundedNumber(`s.${VERSION_COLUMN.name}`);

/**
 * A parameter whose value the planner does not see. For a join, SQLite otherwise inspects the bound value and, in a
 * build with STAT4, prepares the statement again for each different value: some three times the cost of the rest of a
 * get.
 */
export const OPAQUE = '+?';

/**
 * SQL: the columns of an {@link EntryRow}, each bounded, and selected by name, as their order in the file may differ.
 * `c` is the table, `s` its side table.
 */
function rowColumns(layout: TableLayout): string {
  const values = ENTRY_COLUMNS.map((name) => boundedValue(isInSide(layout, name) ? 's' : 'c', name));
  return [...values, ...['s.checksum', 's.access_checksum'].map(boundedNumber), OURS, 'c.rowid', VERSION].join(', ');
}

/** SQL: rows with their side rows; conditions and order follow. */
export function selectRows(layout: TableLayout, hint = ''): string {
  return selectFrom(layout, `${layout.table} c ${hint}`);
}

/** Like `selectRows`, from the given source, which names the table `c`. */
export function selectFrom(layout: TableLayout, from: string): string {
  return `SELECT ${rowColumns(layout)} FROM ${from} LEFT JOIN ${layout.side} s ON s.key = c.key`;
}

/** Columns that hold strings and tokens. */
const LONG_COLUMNS = ['proxy_url', 'username_encrypted', 'password_encrypted', 'source', 'last_health_error', 'labels'];

/**
 * SQL: the row of a key; binds the key twice. For a row with longer strings than any valid one it returns only the key
 * and the rowid; otherwise SQLite would read all pages of such a string to reach the columns after it.
 */
export function selectRow(layout: TableLayout): string {
  const isLong = isOversizedSql(layout);
  const nothing = [...ENTRY_COLUMNS.slice(1), 'checksum', 'access_checksum', 'ours'].map(() => 'NULL');
  const from = `FROM ${layout.table} c LEFT JOIN ${layout.side} s ON s.key = c.key WHERE c.key = ${OPAQUE}`;
  return `${selectRows(layout)} WHERE c.key = ${OPAQUE} AND NOT (${isLong})
    UNION ALL SELECT c.key, ${nothing.join(', ')}, c.rowid, NULL ${from} AND ${isLong}`;
}

/**
 * SQL: true for a row `c` with side row `s` whose strings are longer than those of any valid row. The length of a
 * string, unlike that of a number, is in the row's header.
 */
export function isOversizedSql(layout: TableLayout): string {
  const bytes = LONG_COLUMNS.map((name) => `ifnull(octet_length(${isInSide(layout, name) ? 's' : 'c'}.${name}), 0)`);
  return `${bytes.join(' + ')} > ${MAX_ROW_BYTES}`;
}

/** The access metadata of one row, and its checksum. */
export interface AccessRow {
  readonly access_count: StoredValue;
  readonly last_accessed: StoredValue;
  readonly evicted_from_l1: StoredValue;
  readonly access_checksum: StoredValue;
  readonly ours: 0 | 1 | null;
  /** Its rowid. */
  readonly id: number;
}

/** SQL: the {@link AccessRow} of a key. */
export function accessSql({ table, side }: TableLayout): string {
  const values = ['c.access_count', 'c.last_accessed', 'c.evicted_from_l1', 's.access_checksum'];
  const columns = values.map((value) => `${boundedNumber(value)} AS ${value.slice(2)}`).join(', ');
  return `SELECT ${columns}, ${OURS} AS ours, c.rowid AS id
    FROM ${table} c LEFT JOIN ${side} s ON s.key = c.key WHERE c.key = ${OPAQUE} AND c.expires_at > ${OPAQUE}`;
}
