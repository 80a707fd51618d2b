import { type EntryLabels, MAX_LABELS, NO_LABELS, toLabels } from '@pw/cache-models';

/** True unless the labels of a row would make more than 32 with those that are there. */
export function haveRoom(existing: EntryLabels, incoming: EntryLabels): boolean {
  if (existing === NO_LABELS || incoming === NO_LABELS) return true;
  let count = Object.keys(existing).length;
  for (const name in incoming) if (!Object.hasOwn(existing, name)) count++;
  return count <= MAX_LABELS;
}

/**
 * Those of the row over those that are there, which stay where the row names no other value. Without room for all of them the row changes
 * those that are there and adds none.
 */
export function mergeLabels(existing: EntryLabels, incoming: EntryLabels): EntryLabels {
  if (incoming === NO_LABELS || areSameLabels(existing, incoming)) return existing;
  if (existing === NO_LABELS) return incoming;
  // Name by name: laying one object over another that has the same names takes several times as long.
  const labels: Record<string, string> = {};
  for (const name in existing) labels[name] = (Object.hasOwn(incoming, name) ? incoming : existing)[name]!;
  if (haveRoom(existing, incoming))
    for (const name in incoming) if (!Object.hasOwn(labels, name)) labels[name] = incoming[name]!;
  return toLabels(labels);
}

export function areSameLabels(one: EntryLabels, other: EntryLabels): boolean {
  if (one === other) return true;
  const names = Object.keys(one);
  return (
    names.length === Object.keys(other).length &&
    names.every((name) => Object.hasOwn(other, name) && one[name] === other[name])
  );
}
