import {
  CacheCorruptionError,
  type CacheEntry,
  CacheError,
  CacheErrorCode,
  type CredentialCipher,
  type ResealCounts,
  sealState,
} from '@pw/cache-models';
import { type EntryRow, selectRows } from './entry-row.ts';
import type { EntryStore } from './entry-store.ts';
import { At } from './entry-values.ts';

export interface ResealedPage {
  readonly counts: ResealCounts;
  /** The last key that was looked at; `undefined` when there are no more. */
  readonly last: string | undefined;
}

/**
 * Seals again what the cipher's current key did not seal, in the next rows with credentials after a key. Runs in the caller's write
 * transaction: nothing is written between reading a row and storing it. A row keeps its health history and its counts.
 */
export function resealPage(
  store: EntryStore,
  cipher: CredentialCipher,
  after: string,
  limit: number,
  now: number,
): ResealedPage {
  const sql = `${selectRows(store.layout)} WHERE c.key > ? AND (c.username_encrypted IS NOT NULL OR c.password_encrypted IS NOT NULL)
    ORDER BY c.key LIMIT ?`;
  const rows = store.statements.of(sql).raw().all(after, limit) as EntryRow[];
  const counts = { reencrypted: 0, alreadyCurrent: 0, unreadable: 0 };
  for (const row of rows) {
    const entry = decode(store, row);
    if (entry === 'unreadable') counts.unreadable++;
    if (typeof entry !== 'object') continue;
    const state = sealState(entry, cipher);
    if (state === 'current') counts.alreadyCurrent++;
    if (state !== 'stale') continue;
    store.put(entry, now);
    counts.reencrypted++;
  }
  return { counts, last: rows.length < limit ? undefined : lastKey(rows, after) };
}

function lastKey(rows: readonly EntryRow[], after: string): string {
  const last = String(rows.at(-1)![At.KEY]);
  // Only a damaged index goes backwards, and it would do so for ever.
  if (Buffer.compare(Buffer.from(last), Buffer.from(after)) > 0) return last;
  throw new CacheCorruptionError('stored rows: the index of keys is out of order');
}

/** A damaged row is left for the read that sets it aside. */
function decode(store: EntryStore, row: EntryRow): CacheEntry | 'unreadable' | undefined {
  try {
    return store.decode(row);
  } catch (error) {
    if (error instanceof CacheCorruptionError) return undefined;
    if (error instanceof CacheError && error.code === CacheErrorCode.CREDENTIAL_UNREADABLE) return 'unreadable';
    throw error;
  }
}
