import { isDeepStrictEqual } from 'node:util';
import { type CacheEntry, labelTexts } from '@pw/cache-models';

/** The fields of an entry with its secrets revealed and its labels as texts, to be compared and shown. */
export type PlainEntry = Readonly<Record<string, unknown>>;

/** All 22 fields, secrets revealed, labels as texts in the order in which the entry has them; `undefined` stays what it is. */
export function plainEntry(entry: CacheEntry | undefined): PlainEntry | undefined {
  if (entry === undefined) return undefined;
  const { username, password, labels } = entry;
  return {
    ...entry,
    username: username?.reveal() ?? null,
    password: password?.reveal() ?? null,
    // A tier that was built with models of before labels gives entries without them.
    labels: (labels as typeof labels | undefined) && labelTexts(labels),
  };
}

/** The fields in which two entries differ, of the first one; empty when they are equal. */
export function differences(one: PlainEntry, other: PlainEntry): Record<string, unknown> {
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return Object.fromEntries(
    [...names].filter((name) => !isDeepStrictEqual(one[name], other[name])).map((name) => [name, one[name]]),
  );
}
