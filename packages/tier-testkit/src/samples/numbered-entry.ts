import type { CacheEntry } from '@pw/cache-models';
import { makeEntry } from './make-entry.ts';

const COUNTRIES = ['DE', 'US', 'é漢🔑', 'it\'s 5% = "b"\\'] as const;

/** An entry whose every field follows from a key and a number, so that two processes can build the same one. */
export function numberedEntry(key: string, count: number): CacheEntry {
  return makeEntry(key, {
    source: `source ${count}`,
    failureCount: count,
    username: `user-${count}`,
    password: `secret of ${key}, ${count}`,
    lastHealthError: count % 3 === 0 ? null : 'e'.repeat((count * 37) % 700),
    // Every fourth has none: an entry written before a kill must not keep the labels of its predecessor.
    labels:
      count % 4 === 3 ? {} : { country: COUNTRIES[count % COUNTRIES.length]!, [`n.${count % 5}`]: `value ${count}` },
  });
}
