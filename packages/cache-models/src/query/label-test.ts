import { Kinds } from '../arguments/argument-kinds.ts';
import { checkArgument } from '../arguments/check-argument.ts';
import type { EntryLabels, WantedLabels } from '../entry/entry-labels.ts';
import { checkFilter } from './check-filter.ts';

/**
 * What the member `labels` of a filter means: a test that the labels of an entry pass if they have one of the values of each name. Throws a
 * CacheValidationError that names each wrong label.
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
