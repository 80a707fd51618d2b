import { CacheCorruptionError, isTooLongKey } from '@pw/cache-models';
import { type EntryRow, RowAt, selectRows } from '../rows/entry-row.ts';
import { At, seconds } from '../rows/entry-values.ts';
import type { EntryStore } from '../rows/row-store.ts';
import { isKey } from '../rows/value-limits.ts';
import { isHeavyRow, keepRow, type RowId, removeRow } from './quarantine-row.ts';

/**
 * Moves a damaged row to the quarantine table, exactly as it is, but for values beyond all bounds. Looks at it first without any index: if it is sound
 * there, it was an index that lied; the indexes are rebuilt, and the answer is `"repaired"`: read again.
 * Runs in a write transaction of its own. One that takes long to move stays where it is unless `isAnyWeight`; the answer is its rowid.
 */
export function setRowAside(
  store: EntryStore,
  row: EntryRow,
  { reason, now, isAnyWeight }: { readonly reason: string; readonly now: number; readonly isAnyWeight: boolean },
): 'set aside' | 'repaired' | { readonly rowId: RowId } {
  const { db, layout } = store;
  return store.write(() => {
    store.recount();
    const rowId = exactRowId(store, row);
    // No sound row is so long: it need not be read.
    if (!isAnyWeight && isHeavyRow(db, layout, rowId)) return { rowId };
    const sql = `${selectRows(store.layout, 'NOT INDEXED')} WHERE c.rowid = ?`;
    const again = store.statements.of(sql).raw().get(rowId) as EntryRow | undefined;
    if (again === undefined || isSound(store, again)) {
      store.db.exec(`REINDEX ${store.layout.table}`);
      return 'repaired';
    }
    keepRow(db, layout, rowId, reason, seconds(now));
    store.letGo(`SELECT key FROM ${layout.table} NOT INDEXED WHERE rowid = ?`, [rowId]);
    removeRow(db, layout, rowId);
    return 'set aside';
  });
}

/** Numbers beyond 2^53 that JavaScript cannot tell apart. */
const NEIGHBOURS = 2048n;
const LAST = 2n ** 63n - 1n;

/** A row may have any rowid of 64 bits, of which a read gives the nearest number. */
function exactRowId(store: EntryStore, row: EntryRow): RowId {
  const rowId = row[RowAt.ROWID] as number;
  if (Number.isSafeInteger(rowId)) return rowId;
  const near = BigInt(rowId);
  const [from, to] = [near - NEIGHBOURS, near + NEIGHBOURS];
  const key = row[At.KEY]!;
  // What a bound, or the type, left of a key finds nothing; any neighbour without one is as damaged.
  const isOdd = typeof key !== 'string' || isTooLongKey(key);
  const wanted = isOdd ? `NOT (${isKey('key')})` : 'key IS ?';
  const sql = `SELECT rowid FROM ${store.layout.table} NOT INDEXED WHERE rowid BETWEEN ? AND ? AND ${wanted}`;
  const bounds = [from < -LAST ? -LAST - 1n : from, to > LAST ? LAST : to];
  const found = store.db
    .prepare(sql)
    .pluck()
    .safeIntegers()
    .get(bounds, isOdd ? [] : [key]);
  return (found as bigint | undefined) ?? rowId;
}

function isSound(store: EntryStore, row: EntryRow): boolean {
  try {
    store.decode(row);
    return true;
  } catch (error) {
    return !(error instanceof CacheCorruptionError);
  }
}
