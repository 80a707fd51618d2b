import { CacheCorruptionError } from '@pw/cache-models';
import { errorCode } from '@pw/cache-models/tier';
import { isDamage } from '../database/storage-error.ts';
import type { EntryRow } from './entry-row.ts';
import type { RowStore } from './row-store.ts';

/**
 * The row of a key, unchecked. Throws a CacheCorruptionError for a page that cannot be read: that is damage of the keys
 * on the page, not a fault of the tier. It must not count as a failure, as repeated failures switch the tier off and
 * hide all other keys.
 */
export function getRow(store: RowStore, key: string): EntryRow | undefined {
  try {
    return store.selectRow(key);
  } catch (error) {
    if (!isDamage(error) || errorCode(error) === 'SQLITE_NOTADB') throw error;
    throw new CacheCorruptionError('stored row: its page cannot be read');
  }
}
