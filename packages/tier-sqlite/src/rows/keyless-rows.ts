import { CacheCorruptionError } from '@pw/cache-models';
import { type EntryRow, selectRows } from './entry-row.ts';
import { At } from './entry-values.ts';
import type { EntryStore } from './row-store.ts';

/** A row, and what is wrong with it. */
export interface DamagedRow {
  readonly row: EntryRow;
  readonly error: CacheCorruptionError;
}

/** Rows with a key that is no text, which no order of keys leads to: only damage, or another program, makes one. */
export function keylessRows(store: EntryStore, limit: number): DamagedRow[] {
  const rows = [];
  for (const condition of ['c.key IS NULL', "c.key >= x''"]) {
    const sql = `${selectRows(store.layout)} WHERE ${condition} LIMIT ?`;
    rows.push(...(store.statements.of(sql).raw().all(limit) as EntryRow[]));
  }
  const error = new CacheCorruptionError('stored row: key is not a string');
  return rows.map((row) => ({ row, error }));
}

/** A place in the order of keys behind all that begin like one that is too long: none of those is an entry's. */
export function behind(tooLong: string): string {
  return `${tooLong}\u{10ffff}`;
}

/** The key after which the next page begins. Throws a CacheCorruptionError for an index that does not go on. */
export function lastKey(rows: readonly EntryRow[], after: string | undefined): string {
  const last = String(rows.at(-1)![At.KEY]);
  // Only a damaged index goes backwards, and it would do so for ever.
  if (after === undefined || Buffer.compare(Buffer.from(last), Buffer.from(after)) > 0) return last;
  throw new CacheCorruptionError('stored rows: the index of keys is out of order');
}
