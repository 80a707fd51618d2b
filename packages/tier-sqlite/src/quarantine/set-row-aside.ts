import { CacheCorruptionError } from '@pw/cache-models';
import { isTooLongKey } from '@pw/cache-models/tier';
import { type EntryRow, RowAt, selectRows } from '../rows/entry-row.ts';
import { At, seconds } from '../rows/entry-values.ts';
import type { RowStore } from '../rows/row-store.ts';
import { isKey } from '../rows/value-limits.ts';
import { copyToQuarantine, deleteRow, isOversizedRow, type RowId } from './quarantine-row.ts';

/**
 * Moves a damaged row to the quarantine table, unchanged except for values that exceed all bounds. First it is read
 * again without any index: if it is valid there, the index was wrong; the indexes are rebuilt and the result is
 * `"repaired"`, after which the caller must read the row again. A row that takes long to move stays where it is unless
 * `isAnySize`; the result is then its rowid. Runs in a write transaction of its own.
 */
export function setRowAside(
  store: RowStore,
  row: EntryRow,
  { reason, now, isAnySize }: { readonly reason: string; readonly now: number; readonly isAnySize: boolean },
): 'set aside' | 'repaired' | { readonly rowId: RowId } {
  const { db, layout } = store;
  return store.transact(() => {
    store.recount();
    const rowId = exactRowId(store, row);
    // No valid row is this long, so it need not be read.
    if (!isAnySize && isOversizedRow(db, layout, rowId)) return { rowId };
    const sql = `${selectRows(store.layout, 'NOT INDEXED')} WHERE c.rowid = ?`;
    const again = store.statements.of(sql).raw().get(rowId) as EntryRow | undefined;
    if (again === undefined || isValid(store, again)) {
      store.db.exec(`REINDEX ${store.layout.table}`);
      return 'repaired';
    }
    copyToQuarantine(db, layout, rowId, reason, seconds(now));
    store.prepareRemoval(`SELECT key FROM ${layout.table} NOT INDEXED WHERE rowid = ?`, [rowId]);
    deleteRow(db, layout, rowId);
    const key = row[At.KEY];
    if (typeof key === 'string' && !isTooLongKey(key)) store.log.add(key, now);
    return 'set aside';
  });
}

/** Beyond 2^53, integers this close may be the same JavaScript number. */
const NEIGHBOURS = 2048n;
const LAST = 2n ** 63n - 1n;

/** The exact rowid of a row. It may have 64 bits, but a read returns only the nearest JavaScript number. */
function exactRowId(store: RowStore, row: EntryRow): RowId {
  const rowId = row[RowAt.ROWID] as number;
  if (Number.isSafeInteger(rowId)) return rowId;
  const near = BigInt(rowId);
  const [from, to] = [near - NEIGHBOURS, near + NEIGHBOURS];
  const key = row[At.KEY]!;
  // A key that was cut, or is not a string, cannot be searched for; any neighbour without a valid key is damaged as
  // well, and can therefore be moved instead.
  const isInvalid = typeof key !== 'string' || isTooLongKey(key);
  const wanted = isInvalid ? `NOT (${isKey('key')})` : 'key IS ?';
  const sql = `SELECT rowid FROM ${store.layout.table} NOT INDEXED WHERE rowid BETWEEN ? AND ? AND ${wanted}`;
  const bounds = [from < -LAST ? -LAST - 1n : from, to > LAST ? LAST : to];
  const found = store.db
    .prepare(sql)
    .pluck()
    .safeIntegers()
    .get(bounds, isInvalid ? [] : [key]);
  return (found as bigint | undefined) ?? rowId;
}

function isValid(store: RowStore, row: EntryRow): boolean {
  try {
    store.decode(row);
    return true;
  } catch (error) {
    return !(error instanceof CacheCorruptionError);
  }
}
