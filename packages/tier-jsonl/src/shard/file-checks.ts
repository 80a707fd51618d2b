import type { CacheStorageError } from '@pw/cache-models';
import { unsafePath } from '@pw/cache-models/tier';
import type { FileState } from './shard-file.ts';

/**
 * Milliseconds after which any further change is certain to show in the modification time, which on most systems
 * advances every 4 to 10. A side index made earlier could not distinguish the state before such a change from the state
 * after it.
 */
export const SETTLED = 25;

export function tooLarge(path: string): CacheStorageError {
  const problem = 'is larger than 4 GiB, and is not read; move it away, or delete it if you do not need its entries';
  return unsafePath({ path, what: 'shard', problem, tier: 'JSONL tier' });
}

/**
 * True if the file has been unchanged for so long that any further change will show in its modification time. A time in
 * the future means that a clock was set back.
 */
export function hasSettled({ mtimeMs }: FileState): boolean {
  return Date.now() - mtimeMs > SETTLED;
}
