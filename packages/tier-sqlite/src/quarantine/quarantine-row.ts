import type { SqliteDatabase } from '../database/load-binding.ts';
import { isDamage } from '../database/storage-error.ts';
import { isOversizedSql } from '../rows/entry-row.ts';
import { keptValue, MAX_ROW_BYTES } from '../rows/value-limits.ts';
import { sideColumns, type TableLayout } from '../schema/table-layout.ts';

/** A bigint if it is beyond 2^53. */
export type RowId = number | bigint;

/**
 * True for a row longer than any valid one, which also takes long to remove. If it is long because of a string, only
 * the row's header is read.
 */
export function isOversizedRow(db: SqliteDatabase, layout: TableLayout, rowId: RowId): boolean {
  const bytes = valuesOf(layout).map((value) => `ifnull(octet_length(${value}), 0)`);
  const sql = `SELECT iif(${isOversizedSql(layout)}, 1, ${bytes.join(' + ')} > ${MAX_ROW_BYTES}) ${fromRow(layout)}`;
  return db.prepare(sql).pluck().get(rowId) === 1;
}

/**
 * Copies a row to the quarantine table, without values that exceed all bounds. `now`: epoch seconds. Runs inside a
 * write transaction.
 */
export function copyToQuarantine(
  db: SqliteDatabase,
  layout: TableLayout,
  rowId: RowId,
  reason: string,
  now: number,
): void {
  const names = [...layout.columns, ...sideColumns(layout)].map(({ name }) => name).join(', ');
  const sql = `INSERT INTO ${layout.quarantine} (set_aside_at, reason, ${names})
    SELECT ?, ?, ${valuesOf(layout).map(keptValue).join(', ')} ${fromRow(layout)}`;
  db.prepare(sql).run(now, reason, rowId);
}

/** Deletes a row, and rebuilds the indexes if that reveals damage in them. Runs inside a write transaction. */
export function deleteRow(db: SqliteDatabase, { table }: TableLayout, rowId: RowId): void {
  const statement = db.prepare(`DELETE FROM ${table} WHERE rowid = ?`);
  try {
    statement.run(rowId);
  } catch (error) {
    if (!isDamage(error)) throw error;
    // The damaged value is not where its index points: rebuild the indexes from the table.
    db.exec(`REINDEX ${table}`);
    statement.run(rowId);
  }
}

function valuesOf(layout: TableLayout): string[] {
  return [...layout.columns.map(({ name }) => `c.${name}`), ...sideColumns(layout).map(({ name }) => `s.${name}`)];
}

/** SQL: one row with its side row, read without any index. */
function fromRow({ table, side }: TableLayout): string {
  return `FROM ${table} c NOT INDEXED LEFT JOIN ${side} s ON s.key = c.key WHERE c.rowid = ?`;
}
