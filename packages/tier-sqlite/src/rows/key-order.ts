import { CacheCorruptionError } from '@pw/cache-models';
import type { EntryRow } from './entry-row.ts';
import { At } from './entry-values.ts';

/** A position after all keys that begin with a key that is too long: none of those belongs to an entry. */
export function afterPrefix(tooLong: string): string {
  return `${tooLong}\u{10ffff}`;
}

/** The key after which the next page begins. Throws a CacheCorruptionError for an index that does not advance. */
export function lastKey(rows: readonly EntryRow[], after: string | undefined): string {
  const last = String(rows.at(-1)![At.KEY]);
  // A damaged index may go backwards, and a walk along it would never end.
  if (after === undefined || Buffer.compare(Buffer.from(last), Buffer.from(after)) > 0) return last;
  throw new CacheCorruptionError('stored rows: the index of keys is out of order');
}
