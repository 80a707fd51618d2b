import type { CacheEntry } from '@pw/cache-models';
import { makeEntry } from './make-entry.ts';

/** An entry that a key and a number determine in every field, so that two processes mean the same one. */
export function numberedEntry(key: string, count: number): CacheEntry {
  return makeEntry(key, {
    source: `source ${count}`,
    failureCount: count,
    username: `user-${count}`,
    password: `secret of ${key}, ${count}`,
    lastHealthError: count % 3 === 0 ? null : 'e'.repeat((count * 37) % 700),
  });
}
