import { CacheEntry, type CacheEntryInput } from '@pw/cache-models';
import { toLabels } from '@pw/cache-models/tier';
import { START } from '@pw/test-support/doubles';

/** One hour, in milliseconds: the default lifetime of a test's entry. */
export const HOUR = 3_600_000;

/** An entry that expires an hour after `at`. Its URL depends on the key's length only, so it is valid for any key. */
export function makeEntry(key: string, patch: Partial<CacheEntryInput> = {}, at = START): CacheEntry {
  const entry = CacheEntry.create({
    proxyUrl: `http://192.0.2.${(key.length % 254) + 1}:8080`,
    key,
    fetchTime: at,
    lastAccessed: at,
    expiresAt: at + HOUR,
    ...patch,
  });
  // A tier must keep strings as they are: also those that `create` would cut or mask.
  const { source = entry.source, lastHealthError = entry.lastHealthError } = patch;
  const labels = patch.labels === undefined ? entry.labels : toLabels(patch.labels);
  return CacheEntry.restore({ ...entry.toFields(), source, lastHealthError, labels });
}

/** Entries with the keys `entry-0000`, `entry-0001` and so on, numbered from `first`. */
export function makeEntries(count: number, at = START, first = 0): CacheEntry[] {
  return Array.from({ length: count }, (_, index) =>
    makeEntry(`entry-${String(first + index).padStart(4, '0')}`, {}, at),
  );
}
