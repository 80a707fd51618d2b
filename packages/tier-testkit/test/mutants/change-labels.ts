import { CacheEntry, type EntryLabels, toLabels } from '@pw/cache-models';

/** What becomes of the labels of an entry. */
export type Change = (labels: EntryLabels) => EntryLabels;

/** The same entry with other labels, in whatever order and state they are. */
export function withLabels(entry: CacheEntry, labels: EntryLabels): CacheEntry {
  return CacheEntry.restore({ ...entry, labels });
}

/** Each label as another name and value. */
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
