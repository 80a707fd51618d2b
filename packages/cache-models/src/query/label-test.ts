import { Kinds } from '../arguments/argument-kinds.ts';
import { checkArgument } from '../arguments/check-argument.ts';
import type { EntryLabels, WantedLabels } from '../entry/entry-labels.ts';
import { checkFilter } from './check-filter.ts';

/**
 * Compiles the `labels` of a filter to a predicate that is true for labels with one of the wanted values for each name.
 * Throws a CacheValidationError that names each wrong label.
 *
 * @example
 * ```ts
 * const isWanted = labelTest({ country: ['US', 'CA'], kind: 'residential' });
 * isWanted(entry.labels);
 * ```
 */
export function labelTest(labels: WantedLabels): (labels: EntryLabels) => boolean {
  checkArgument('labels', labels, Kinds.object);
  checkFilter({ labels });
  const wanted = Object.entries(labels).map(
    ([name, values]) => [name, new Set(typeof values === 'string' ? [values] : values)] as const,
  );
  return (own) => wanted.every(([name, values]) => Object.hasOwn(own, name) && values.has(own[name]!));
}
