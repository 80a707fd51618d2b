import { CacheEntry, type CacheEntryInput, toLabels } from '@pw/cache-models';
import { START } from '../doubles/manual-clock.ts';

/** One hour: the life of a test's entry unless it says otherwise. */
export const HOUR = 3_600_000;

/** An entry that lives for an hour from `at` on, its URL made from the key's length so that it is an ordinary one. */
export function makeEntry(key: string, patch: Partial<CacheEntryInput> = {}, at = START): CacheEntry {
  const entry = CacheEntry.create({
    proxyUrl: `http://192.0.2.${(key.length % 254) + 1}:8080`,
    key,
    fetchTime: at,
    lastAccessed: at,
    expiresAt: at + HOUR,
    ...patch,
  });
  // A tier keeps texts as they are: longer ones too, and whatever is masked in what comes in.
  const { source = entry.source, lastHealthError = entry.lastHealthError } = patch;
  const labels = patch.labels === undefined ? entry.labels : toLabels(patch.labels);
  return CacheEntry.restore({ ...entry, source, lastHealthError, labels });
}

/** Entries `first`, `first`+1, … with keys `entry-0001` and so on. */
export function makeEntries(count: number, at = START, first = 0): CacheEntry[] {
  return Array.from({ length: count }, (_, index) =>
    makeEntry(`entry-${String(first + index).padStart(4, '0')}`, {}, at),
  );
}
