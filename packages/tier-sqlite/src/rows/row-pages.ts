import { isTooLongKey } from '@pw/cache-models/tier';
import { type EntryRow, selectRows } from './entry-row.ts';
import type { EntryStatements } from './entry-statements.ts';
import { afterPrefix, lastKey } from './key-order.ts';
import { keylessRows } from './keyless-rows.ts';

const PAGE_SIZE = 256;

/**
 * All rows, page by page: first some whose key is not a string, then all others in the order of their keys. Nothing
 * stays open between two pages, so writes and checkpoints continue, and a row that is replaced meanwhile is returned
 * once. `statements` is called for each page, as the database may have been reopened.
 */
export function* rowPages(statements: () => EntryStatements): Generator<EntryRow[]> {
  const keyless = keylessRows(statements(), PAGE_SIZE);
  if (keyless.length > 0) yield keyless.map(({ row }) => row);
  let last: string | undefined;
  for (;;) {
    const rows = nextPage(statements(), last);
    if (rows.length > 0) yield rows;
    if (rows.length < PAGE_SIZE) return;
    last = lastKey(rows, last);
    // Many keys may share the prefix to which a key that is too long is cut: they are skipped together.
    if (isTooLongKey(last)) last = afterPrefix(last);
  }
}

function nextPage(statements: EntryStatements, after: string | undefined): EntryRow[] {
  // The empty string is a key, too, and blobs sort after all strings.
  const from = `c.key ${after === undefined ? '>=' : '>'} ? AND c.key < x''`;
  const sql = `${selectRows(statements.layout)} WHERE ${from} ORDER BY c.key LIMIT ${PAGE_SIZE}`;
  return statements
    .of(sql)
    .raw()
    .all(after ?? '') as EntryRow[];
}
