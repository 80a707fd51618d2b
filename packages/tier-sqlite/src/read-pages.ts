import { CacheCorruptionError } from '@pw/cache-models';
import { type EntryRow, selectRows } from './entry-row.ts';
import type { EntryStore } from './entry-store.ts';
import { At } from './entry-values.ts';

const PAGE_SIZE = 256;

/**
 * All rows, page by page in the order of their keys: between two pages nothing stays open, so writes and checkpoints go
 * on, and a row that is replaced meanwhile is met once. `store` is asked anew for each page, as the database may have been reopened.
 */
export function* readPages(store: () => EntryStore): Generator<EntryRow[]> {
  let last: string | undefined;
  for (;;) {
    const rows = readPage(store(), last);
    if (rows.length > 0) yield rows;
    if (rows.length < PAGE_SIZE) return;
    const next = String(rows.at(-1)![At.KEY]);
    // Only a damaged index goes backwards, and it would do so for ever.
    if (last !== undefined && Buffer.compare(Buffer.from(next), Buffer.from(last)) <= 0) {
      throw new CacheCorruptionError('stored rows: the index of keys is out of order');
    }
    last = next;
  }
}

function readPage(store: EntryStore, after: string | undefined): EntryRow[] {
  const from = after === undefined ? '' : 'WHERE c.key > ?';
  const sql = `${selectRows(store.layout)} ${from} ORDER BY c.key LIMIT ${PAGE_SIZE}`;
  const statement = store.statements.of(sql).raw();
  return (after === undefined ? statement.all() : statement.all(after)) as EntryRow[];
}
