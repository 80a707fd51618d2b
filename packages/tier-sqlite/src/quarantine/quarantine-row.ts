import type { SqliteDatabase } from '../database/load-binding.ts';
import { isDamage } from '../database/storage-error.ts';
import { isLongRow } from '../rows/entry-row.ts';
import { HEAVY_BYTES, keptValue } from '../rows/value-limits.ts';
import { sideColumns, type TableLayout } from '../schema/table-layout.ts';

/** A number beyond 2^53 is a bigint. */
export type RowId = number | bigint;

/** True for a row that is longer than any sound one, so that removing it takes long, too. Where a text is that long, this reads the head of the row alone. */
export function isHeavyRow(db: SqliteDatabase, layout: TableLayout, rowId: RowId): boolean {
  const bytes = valuesOf(layout).map((value) => `ifnull(octet_length(${value}), 0)`);
  const sql = `SELECT iif(${isLongRow(layout)}, 1, ${bytes.join(' + ')} > ${HEAVY_BYTES}) ${fromRow(layout)}`;
  return db.prepare(sql).pluck().get(rowId) === 1;
}

/** Copies a row to the quarantine table, but for values beyond all bounds. `now`: epoch seconds. Runs inside a write transaction. */
export function keepRow(db: SqliteDatabase, layout: TableLayout, rowId: RowId, reason: string, now: number): void {
  const names = [...layout.columns, ...sideColumns(layout)].map(({ name }) => name).join(', ');
  const sql = `INSERT INTO ${layout.quarantine} (set_aside_at, reason, ${names})
    SELECT ?, ?, ${valuesOf(layout).map(keptValue).join(', ')} ${fromRow(layout)}`;
  db.prepare(sql).run(now, reason, rowId);
}

/** Removes a row. Runs inside a write transaction. */
export function removeRow(db: SqliteDatabase, { table }: TableLayout, rowId: RowId): void {
  const statement = db.prepare(`DELETE FROM ${table} WHERE rowid = ?`);
  try {
    statement.run(rowId);
  } catch (error) {
    if (!isDamage(error)) throw error;
    // The damaged value is not where its index says: the index is made again from what the table holds.
    db.exec(`REINDEX ${table}`);
    statement.run(rowId);
  }
}

function valuesOf(layout: TableLayout): string[] {
  return [...layout.columns.map(({ name }) => `c.${name}`), ...sideColumns(layout).map(({ name }) => `s.${name}`)];
}

/** SQL: one row without any index, with its side row. */
function fromRow({ table, side }: TableLayout): string {
  return `FROM ${table} c NOT INDEXED LEFT JOIN ${side} s ON s.key = c.key WHERE c.rowid = ?`;
}
