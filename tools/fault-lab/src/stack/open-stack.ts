import { join } from 'node:path';
import { type CacheManager, openCache } from '@pw/cache-manager';

/** A cache of memory, JSONL files and SQLite, as a program would open it. */
export function openStack(directory: string): Promise<CacheManager> {
  return openCache({
    l2CacheDir: join(directory, 'files'),
    l3DatabasePath: join(directory, 'cache.db'),
    encryptionKey: 'MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=',
  });
}
