import { isDeepStrictEqual } from 'node:util';
import type { CacheEntry } from '@pw/cache-models';
import { labelTexts } from '@pw/cache-models/tier';

/** The fields of an entry with secrets revealed and labels as strings, for comparison and display. */
export type PlainEntry = Readonly<Record<string, unknown>>;

/** All 22 fields, secrets revealed, labels as strings in the entry's order; `undefined` for `undefined`. */
export function plainEntry(entry: CacheEntry | undefined): PlainEntry | undefined {
  if (entry === undefined) return undefined;
  const { username, password, labels } = entry;
  return {
    ...entry.toFields(),
    username: username?.reveal() ?? null,
    password: password?.reveal() ?? null,
    // A tier built with models from before labels returns entries without them.
    labels: (labels as typeof labels | undefined) && labelTexts(labels),
  };
}

/** Without the two fields that a tier that claims `countsAccesses` changes by a get. */
export function withoutCounts(entry: PlainEntry): PlainEntry {
  const { accessCount: _count, lastAccessed: _time, ...fields } = entry;
  return fields;
}

/** The fields of `one` that differ from those of `other`; empty when they are equal. */
export function differences(one: PlainEntry, other: PlainEntry): Record<string, unknown> {
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return Object.fromEntries(
    [...names].filter((name) => !isDeepStrictEqual(one[name], other[name])).map((name) => [name, one[name]]),
  );
}
