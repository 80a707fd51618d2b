import { isTooLongKey } from '@pw/cache-models';
import { behind } from '../rows/keyless-rows.ts';
import { removeLabels } from '../rows/label-rows.ts';
import type { EntryStore } from '../rows/row-store.ts';

/** Rows that go in one call: some milliseconds. */
const MOST_ROWS = 1000;

/**
 * Removes labels of keys that have no entry, which ProxyWhirl left when it deleted one, or of which somebody put more into the file than go along
 * with an entry. Each call looks at some keys, however many rows each has.
 */
export class LabelSweep {
  #after = '';

  /** Looks at the next keys, `limit` of them at most. Runs inside a write transaction. True once all keys were looked at. */
  next({ statements, layout: { table, labels } }: EntryStore, limit: number): boolean {
    if (labels === null) return true;
    // Each key is one step down the index.
    const next = (after: string) => `(SELECT min(l.key) FROM ${labels} l WHERE l.key > ${after} AND l.key < x'')`;
    const keys = `WITH RECURSIVE k(key) AS (SELECT ${next('?')} UNION ALL SELECT ${next('k.key')} FROM k WHERE k.key IS NOT NULL LIMIT ?)
      SELECT key FROM k WHERE key IS NOT NULL`;
    const last = statements.of(`SELECT max(key) AS key, count(*) AS n FROM (${keys})`).get(this.#after, limit) as {
      key: string | null;
      n: number;
    };
    const orphans = `(${keys}) o CROSS JOIN ${labels} l ON l.key = o.key
      WHERE NOT EXISTS (SELECT 1 FROM ${table} c WHERE c.key = o.key) LIMIT ${MOST_ROWS}`;
    const removed =
      last.key === null ? 0 : statements.of(removeLabels(labels, orphans)).run(this.#after, limit).changes;
    // More may be left of what was just looked at.
    if (removed === MOST_ROWS) return false;
    const isDone = last.n < limit;
    this.#after = isDone ? '' : afterKey(last.key!);
    return isDone;
  }
}

function afterKey(key: string): string {
  return isTooLongKey(key) ? behind(key) : key;
}
