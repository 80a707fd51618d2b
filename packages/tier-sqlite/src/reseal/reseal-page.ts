import {
  CacheCorruptionError,
  type CacheEntry,
  type CredentialCipher,
  fateOfTokens,
  isTooLongKey,
  type ResealCounts,
  sealState,
} from '@pw/cache-models';
import { type EntryRow, selectRows } from '../rows/entry-row.ts';
import { At } from '../rows/entry-values.ts';
import { type DamagedRow, lastKey } from '../rows/keyless-rows.ts';
import type { EntryStore } from '../rows/row-store.ts';

export interface ResealedPage {
  readonly counts: ResealCounts;
  /** The last key that was looked at; `undefined` when there are no more. */
  readonly last: string | undefined;
  /** Rows that cannot be read as entries: they are to be set aside, which takes a transaction of its own. */
  readonly damaged: readonly DamagedRow[];
}

/**
 * Seals again what the cipher's current key did not seal, in the next rows with credentials after a key. Runs in the caller's write
 * transaction: nothing is written between reading a row and storing it. A row keeps its health history and its counts.
 */
export function resealPage(
  store: EntryStore,
  cipher: CredentialCipher,
  after: string | undefined,
  limit: number,
  now: number,
): ResealedPage {
  // The empty text is a key, too.
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
    store.put(entry, now);
    counts.reencrypted++;
  }
  return { counts, last: rows.length < limit ? undefined : nextStart(rows, after), damaged };
}

/** Keys that are too long may begin alike: the next page begins before them, as they are set aside meanwhile. */
function nextStart(rows: readonly EntryRow[], after: string | undefined): string {
  const isEntryKey = (key: unknown) => typeof key === 'string' && !isTooLongKey(key);
  const last = rows.findLast((row) => isEntryKey(row[At.KEY]));
  return last === undefined ? (after ?? '') : lastKey([last], after);
}

function decode(store: EntryStore, row: EntryRow): CacheEntry | CacheCorruptionError | 'unreadable' | 'misplaced' {
  try {
    return store.decode(row);
  } catch (error) {
    if (error instanceof CacheCorruptionError) return error;
    const fate = fateOfTokens(error);
    if (fate !== undefined) return fate;
    throw error;
  }
}
