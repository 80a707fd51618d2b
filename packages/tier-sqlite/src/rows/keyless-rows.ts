import { CacheCorruptionError } from '@pw/cache-models';
import { type EntryRow, selectRows } from './entry-row.ts';
import type { EntryStatements } from './entry-statements.ts';

/** A row, and the error that describes its damage. */
export interface DamagedRow {
  readonly row: EntryRow;
  readonly error: CacheCorruptionError;
}

/**
 * Rows whose key is not a string, which a walk in the order of keys never reaches: only damage, or another program,
 * makes one.
 */
export function keylessRows(statements: EntryStatements, limit: number): DamagedRow[] {
  const rows = [];
  for (const condition of ['c.key IS NULL', "c.key >= x''"]) {
    const sql = `${selectRows(statements.layout)} WHERE ${condition} LIMIT ?`;
    rows.push(...(statements.of(sql).raw().all(limit) as EntryRow[]));
  }
  const error = new CacheCorruptionError('stored row: key is not a string');
  return rows.map((row) => ({ row, error }));
}
