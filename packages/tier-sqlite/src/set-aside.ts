import { CacheCorruptionError, isTooLongKey } from '@pw/cache-models';
import { type EntryRow, RowAt, selectRows } from './entry-row.ts';
import type { EntryStore } from './entry-store.ts';
import { At, seconds } from './entry-values.ts';
import { isDamage } from './storage-error.ts';
import { HEALTH_COLUMNS } from './table-layout.ts';
import { isKey, keptValue } from './value-limits.ts';

/**
 * Moves a damaged row to the quarantine table, exactly as it is, but for values beyond all bounds. Looks at it first without any index: if it is sound
 * there, it was an index that lied; the indexes are rebuilt, and the answer is `"repaired"`: read again.
 * Runs in a write transaction of its own.
 */
export function setRowAside(store: EntryStore, row: EntryRow, reason: string, now: number): 'set aside' | 'repaired' {
  return store.write(() => {
    store.recount();
    const rowId = exactRowId(store, row);
    const sql = `${selectRows(store.layout, 'NOT INDEXED')} WHERE c.rowid = ?`;
    const again = store.statements.of(sql).raw().get(rowId) as EntryRow | undefined;
    if (again === undefined || isSound(store, again)) {
      store.db.exec(`REINDEX ${store.layout.table}`);
      return 'repaired';
    }
    keep(store, rowId, reason, now);
    remove(store, rowId);
    return 'set aside';
  });
}

type RowId = number | bigint;

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

function keep(store: EntryStore, rowId: RowId, reason: string, now: number): void {
  const { table, side, quarantine, columns, healthInSide } = store.layout;
  const health = healthInSide ? HEALTH_COLUMNS : [];
  const names = [...columns, ...health].map(({ name }) => name).join(', ');
  const values = [...columns.map(({ name }) => `c.${name}`), ...health.map(({ name }) => `s.${name}`)];
  const sql = `INSERT INTO ${quarantine} (set_aside_at, reason, ${names})
    SELECT ?, ?, ${values.map(keptValue).join(', ')} FROM ${table} c NOT INDEXED LEFT JOIN ${side} s ON s.key = c.key WHERE c.rowid = ?`;
  store.statements.of(sql).run(seconds(now), reason, rowId);
}

function remove(store: EntryStore, rowId: RowId): void {
  const { table } = store.layout;
  store.letGo(`SELECT key FROM ${table} NOT INDEXED WHERE rowid = ?`, [rowId]);
  const statement = store.statements.of(`DELETE FROM ${table} WHERE rowid = ?`);
  try {
    statement.run(rowId);
  } catch (error) {
    if (!isDamage(error)) throw error;
    // The damaged value is not where its index says: the index is made again from what the table holds.
    store.db.exec(`REINDEX ${table}`);
    statement.run(rowId);
  }
}
