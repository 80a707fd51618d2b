import { CacheEntry, type EntryLabels } from '@pw/cache-models';
import { toLabels } from '@pw/cache-models/tier';

/** A change to the labels of an entry. */
export type Change = (labels: EntryLabels) => EntryLabels;

/** The same entry with other labels, stored unchecked. */
export function withLabels(entry: CacheEntry, labels: EntryLabels): CacheEntry {
  return CacheEntry.restore({ ...entry.toFields(), labels });
}

/** Maps each label to another name and value, or drops it. */
export function each(change: (name: string, value: string) => readonly [string, string] | undefined): Change {
  return (labels) =>
    toLabels(
      Object.fromEntries(
        Object.entries(labels).flatMap(([name, value]) =>
          [change(name, value) ?? []].filter((pair) => pair.length > 0),
        ),
      ),
    );
}
