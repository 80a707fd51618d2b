import { ENTRY_COLUMNS, isInSide, type TableLayout } from '../schema/table-layout.ts';
import type { StoredValue } from './entry-values.ts';
import { isOurRowId } from './row-id-space.ts';
import { boundedNumber, boundedValue, HEAVY_BYTES } from './value-limits.ts';

/** An entry's values, then what the checks need: the places in {@link RowAt}. */
export type EntryRow = StoredValue[];

export const RowAt = Object.freeze({
  CHECKSUM: ENTRY_COLUMNS.length,
  ACCESS_CHECKSUM: ENTRY_COLUMNS.length + 1,
  /** 1 if the row is as we wrote it last: nobody replaced it since. */
  OURS: ENTRY_COLUMNS.length + 2,
  ROWID: ENTRY_COLUMNS.length + 3,
} as const);

const OURS = `(c.rowid = s.row_id OR ${isOurRowId('c.rowid')})`;

/**
 * SQL: a bound value whose plan does not depend on it. For a join SQLite otherwise looks at the value itself and, in a build
 * with STAT4, prepares the statement anew each time another is bound: some three times the cost of the rest of a get.
 */
export const PLAIN = '+?';

/** SQL: the columns of an {@link EntryRow}, each with a bound, by name, whatever their order in the file. `c` is the table, `s` its side table. */
function rowColumns(layout: TableLayout): string {
  const values = ENTRY_COLUMNS.map((name) => boundedValue(isInSide(layout, name) ? 's' : 'c', name));
  return [...values, ...['s.checksum', 's.access_checksum'].map(boundedNumber), OURS, 'c.rowid'].join(', ');
}

/** SQL: rows with their side rows; conditions and order follow. */
export function selectRows(layout: TableLayout, hint = ''): string {
  return selectFrom(layout, `${layout.table} c ${hint}`);
}

/** As `selectRows`, of what `from` names `c`. */
export function selectFrom(layout: TableLayout, from: string): string {
  return `SELECT ${rowColumns(layout)} FROM ${from} LEFT JOIN ${layout.side} s ON s.key = c.key`;
}

/** The columns of texts and tokens. */
const LONG_COLUMNS = ['proxy_url', 'username_encrypted', 'password_encrypted', 'source', 'last_health_error', 'labels'];

/**
 * SQL: the row of a key, binds it twice. Of one with longer texts than any sound row the key and the rowid alone: SQLite would read all pages of
 * such a text to get to what follows it.
 */
export function selectRow(layout: TableLayout): string {
  const isLong = isLongRow(layout);
  const nothing = [...ENTRY_COLUMNS.slice(1), 'checksum', 'access_checksum', 'ours'].map(() => 'NULL');
  const from = `FROM ${layout.table} c LEFT JOIN ${layout.side} s ON s.key = c.key WHERE c.key = ${PLAIN}`;
  return `${selectRows(layout)} WHERE c.key = ${PLAIN} AND NOT (${isLong})
    UNION ALL SELECT c.key, ${nothing.join(', ')}, c.rowid ${from} AND ${isLong}`;
}

/** SQL: true for a row `c` with a side row `s` whose texts are longer than those of any sound row. Unlike a number's, a text's length is in the row's head. */
export function isLongRow(layout: TableLayout): string {
  const bytes = LONG_COLUMNS.map((name) => `ifnull(octet_length(${isInSide(layout, name) ? 's' : 'c'}.${name}), 0)`);
  return `${bytes.join(' + ')} > ${HEAVY_BYTES}`;
}

/** The access metadata of one row, with what vouches for it. */
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
    FROM ${table} c LEFT JOIN ${side} s ON s.key = c.key WHERE c.key = ${PLAIN} AND c.expires_at > ${PLAIN}`;
}
