import { isTooLongKey } from '@pw/cache-models/tier';
import type { EntryStatements } from '../rows/entry-statements.ts';
import { afterPrefix } from '../rows/key-order.ts';
import { removeLabels } from '../rows/label-rows.ts';

/** Rows removed per call: some milliseconds. */
const MAX_ROWS = 1000;

/**
 * Removes labels of keys without an entry: ProxyWhirl leaves them when it deletes an entry, and another program may
 * have added more to the file than are removed along with an entry. Each call processes some keys, however many rows
 * each has.
 */
export class OrphanedLabels {
  #after = '';

  /** Processes the next keys, at most `limit`, inside a write transaction. True at the end of all keys. */
  removeSome(statements: EntryStatements, limit: number): boolean {
    const { table, labels } = statements.layout;
    if (labels === null) return true;
    // One search in the index per key.
    const next = (after: string) => `(SELECT min(l.key) FROM ${labels} l WHERE l.key > ${after} AND l.key < x'')`;
    const keys = `WITH RECURSIVE k(key) AS (SELECT ${next('?')} UNION ALL SELECT ${next('k.key')} FROM k WHERE k.key IS NOT NULL LIMIT ?)
      SELECT key FROM k WHERE key IS NOT NULL`;
    const last = statements.of(`SELECT max(key) AS key, count(*) AS n FROM (${keys})`).get(this.#after, limit) as {
      key: string | null;
      n: number;
    };
    const orphans = `(${keys}) o CROSS JOIN ${labels} l ON l.key = o.key
      WHERE NOT EXISTS (SELECT 1 FROM ${table} c WHERE c.key = o.key) LIMIT ${MAX_ROWS}`;
    const removed =
      last.key === null ? 0 : statements.of(removeLabels(labels, orphans)).run(this.#after, limit).changes;
    // These keys may have more rows.
    if (removed === MAX_ROWS) return false;
    const isDone = last.n < limit;
    this.#after = isDone ? '' : positionAfter(last.key!);
    return isDone;
  }
}

function positionAfter(key: string): string {
  return isTooLongKey(key) ? afterPrefix(key) : key;
}
