import type { CacheEntry } from '@pw/cache-models';
import { makeEntry } from './make-entry.ts';

const COUNTRIES = ['DE', 'US', 'é漢🔑', 'it\'s 5% = "b"\\'] as const;

/** An entry that a key and a number determine in every field, so that two processes mean the same one. */
export function numberedEntry(key: string, count: number): CacheEntry {
  return makeEntry(key, {
    source: `source ${count}`,
    failureCount: count,
    username: `user-${count}`,
    password: `secret of ${key}, ${count}`,
    lastHealthError: count % 3 === 0 ? null : 'e'.repeat((count * 37) % 700),
    // Every fourth has none: what a killed process left must not have those of the entry before it.
    labels:
      count % 4 === 3 ? {} : { country: COUNTRIES[count % COUNTRIES.length]!, [`n.${count % 5}`]: `value ${count}` },
  });
}
