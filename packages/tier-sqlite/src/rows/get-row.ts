import { CacheCorruptionError } from '@pw/cache-models';
import { codeOf, isDamage } from '../database/storage-error.ts';
import type { EntryRow } from './entry-row.ts';
import type { EntryStore } from './row-store.ts';

/**
 * The row of a key, unchecked. A page that cannot be read is the damage of the keys on it, not of the tier: it gives a
 * CacheCorruptionError, so that reading it again and again does not switch the tier off and hide the others.
 */
export function readRow(store: EntryStore, key: string): EntryRow | undefined {
  try {
    return store.row(key);
  } catch (error) {
    if (!isDamage(error) || codeOf(error) === 'SQLITE_NOTADB') throw error;
    throw new CacheCorruptionError('stored row: its page cannot be read');
  }
}
