import { type EntryLabels, MAX_LABELS, NO_LABELS } from '@pw/cache-models';
import { toLabels } from '@pw/cache-models/tier';

/** True if the labels of both together do not exceed the limit. */
export function haveRoom(existing: EntryLabels, incoming: EntryLabels): boolean {
  if (existing === NO_LABELS || incoming === NO_LABELS) return true;
  let count = Object.keys(existing).length;
  for (const name in incoming) if (!Object.hasOwn(existing, name)) count++;
  return count <= MAX_LABELS;
}

/**
 * The existing labels with those of the row on top. If both together exceed the limit, the row changes existing labels
 * but adds none.
 */
export function mergeLabels(existing: EntryLabels, incoming: EntryLabels): EntryLabels {
  if (incoming === NO_LABELS || areSameLabels(existing, incoming)) return existing;
  if (existing === NO_LABELS) return incoming;
  // Name by name: spreading one object over another with the same names takes several times as long.
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
