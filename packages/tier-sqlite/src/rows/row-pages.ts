import { isTooLongKey } from '@pw/cache-models';
import { type EntryRow, selectRows } from './entry-row.ts';
import { behind, keylessRows, lastKey } from './keyless-rows.ts';
import type { EntryStore } from './row-store.ts';

const PAGE_SIZE = 256;

/**
 * All rows, page by page in the order of their keys: between two pages nothing stays open, so writes and checkpoints go
 * on, and a row that is replaced meanwhile is met once. Some with a key that is no text come first. `store` is asked anew for each page, as
 * the database may have been reopened.
 */
export function* readPages(store: () => EntryStore): Generator<EntryRow[]> {
  const keyless = keylessRows(store(), PAGE_SIZE);
  if (keyless.length > 0) yield keyless.map(({ row }) => row);
  let last: string | undefined;
  for (;;) {
    const rows = readPage(store(), last);
    if (rows.length > 0) yield rows;
    if (rows.length < PAGE_SIZE) return;
    last = lastKey(rows, last);
    // Many may begin alike with what the bound left of them: a walk need not meet each.
    if (isTooLongKey(last)) last = behind(last);
  }
}

function readPage(store: EntryStore, after: string | undefined): EntryRow[] {
  // The empty text is a key, too, and blobs follow all texts.
  const from = `c.key ${after === undefined ? '>=' : '>'} ? AND c.key < x''`;
  const sql = `${selectRows(store.layout)} WHERE ${from} ORDER BY c.key LIMIT ${PAGE_SIZE}`;
  return store.statements
    .of(sql)
    .raw()
    .all(after ?? '') as EntryRow[];
}
