import type { CacheEntry } from '@pw/cache-models';

/** The fields of an entry with its secrets revealed, to be compared and shown. */
export type PlainEntry = Readonly<Record<string, unknown>>;

/** All 21 fields, secrets revealed; `undefined` stays what it is. */
export function plainEntry(entry: CacheEntry | undefined): PlainEntry | undefined {
  if (entry === undefined) return undefined;
  const { username, password } = entry;
  return { ...entry, username: username?.reveal() ?? null, password: password?.reveal() ?? null };
}

/** The fields in which two entries differ, of the first one; empty when they are equal. */
export function differences(one: PlainEntry, other: PlainEntry): Record<string, unknown> {
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return Object.fromEntries(
    [...names].filter((name) => !Object.is(one[name], other[name])).map((name) => [name, one[name]]),
  );
}
