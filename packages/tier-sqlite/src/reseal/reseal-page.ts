import { CacheCorruptionError, type CacheEntry, type CredentialCipher } from '@pw/cache-models';
import { fateOfTokens, isTooLongKey, type ResealCounts, sealState } from '@pw/cache-models/tier';
import { type EntryRow, selectRows } from '../rows/entry-row.ts';
import { At } from '../rows/entry-values.ts';
import { lastKey } from '../rows/key-order.ts';
import type { DamagedRow } from '../rows/keyless-rows.ts';
import type { RowStore } from '../rows/row-store.ts';

/** Which rows to re-encrypt, and how. */
export interface PageToReseal {
  readonly cipher: CredentialCipher;
  /** The last key of the previous page. */
  readonly after: string | undefined;
  readonly limit: number;
  readonly now: number;
}

export interface ResealedPage {
  readonly counts: ResealCounts;
  /** The last key of the page; `undefined` if there are no more rows. */
  readonly last: string | undefined;
  /** Rows that cannot be decoded: they are to be set aside, which needs a transaction of its own. */
  readonly damaged: readonly DamagedRow[];
}

/**
 * Re-encrypts those of the next rows whose credentials were not sealed with the cipher's current key. Runs in the
 * caller's write transaction, so that no other connection writes between reading a row and storing it. A row keeps its
 * health history and its counts.
 */
export function resealPage(store: RowStore, { cipher, after, limit, now }: PageToReseal): ResealedPage {
  // The empty string is a key, too.
  const sql = `${selectRows(store.layout)} WHERE c.key ${after === undefined ? '>=' : '>'} ? AND c.key < x'' AND (c.username_encrypted IS NOT NULL OR c.password_encrypted IS NOT NULL)
    ORDER BY c.key LIMIT ?`;
  const rows = store.statements
    .of(sql)
    .raw()
    .all(after ?? '', limit) as EntryRow[];
  const counts = { reencrypted: 0, alreadyCurrent: 0, unreadable: 0, misplaced: 0 };
  const damaged: DamagedRow[] = [];
  for (const row of rows) {
    const entry = decode(store, row);
    if (entry instanceof CacheCorruptionError) damaged.push({ row, error: entry });
    if (entry === 'unreadable' || entry === 'misplaced') counts.unreadable++;
    if (entry === 'misplaced') counts.misplaced++;
    if (typeof entry !== 'object' || entry instanceof CacheCorruptionError) continue;
    const state = sealState(entry, cipher);
    if (state === 'current') counts.alreadyCurrent++;
    if (state !== 'stale') continue;
    store.putResealed(entry, now);
    counts.reencrypted++;
  }
  return { counts, last: rows.length < limit ? undefined : nextStart(rows, after), damaged };
}

/**
 * Keys that are too long may share a prefix, so the next page begins before them; they are set aside in the meantime.
 */
function nextStart(rows: readonly EntryRow[], after: string | undefined): string {
  const isEntryKey = (key: unknown) => typeof key === 'string' && !isTooLongKey(key);
  const last = rows.findLast((row) => isEntryKey(row[At.KEY]));
  return last === undefined ? (after ?? '') : lastKey([last], after);
}

function decode(store: RowStore, row: EntryRow): CacheEntry | CacheCorruptionError | 'unreadable' | 'misplaced' {
  try {
    return store.decode(row);
  } catch (error) {
    if (error instanceof CacheCorruptionError) return error;
    const fate = fateOfTokens(error);
    if (fate !== undefined) return fate;
    throw error;
  }
}
