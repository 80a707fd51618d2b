import type { CacheTier } from '@pw/cache-models';
import type { TierMarks } from '@pw/cache-models/tier';
import { breakBase, breakMiddle, replacePart } from '../operations/planted-bugs.ts';

/**
 * Bugs that the histories must find. `guard`: the middle tier stores what is not wanted any more. `feed`: nothing is
 * heard of what other processes write. `marks`: what is written to the middle tier alone is not marked.
 */
export const HISTORY_BUGS = ['guard', 'feed', 'marks'] as const;
export type HistoryBug = (typeof HISTORY_BUGS)[number];

/** Plants a bug in the tier between memory and the base. */
export function plantInMiddle(tier: CacheTier, bug: HistoryBug | undefined): CacheTier {
  if (bug !== 'marks') return breakMiddle(tier, bug);
  const marks = tier.marks!;
  const writeAlone: TierMarks['writeAlone'] = async (writes, options) => {
    const versions = await marks.writeAlone(writes, options);
    for (const { key } of writes) await marks.change(key, () => ({ unmark: true }));
    return versions;
  };
  return replacePart(tier, 'marks', { writeAlone });
}

/** Plants a bug in the base. */
export function plantInBase(tier: CacheTier, bug: HistoryBug | undefined): CacheTier {
  return bug === 'feed' ? breakBase(tier, bug) : tier;
}
