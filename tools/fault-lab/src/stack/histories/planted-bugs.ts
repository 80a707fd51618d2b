import type { CacheTier } from '@pw/cache-models';
import type { TierMarks } from '@pw/cache-models/tier';
import { breakBase, breakMiddle, replacePart } from '../operations/planted-bugs.ts';

/**
 * Bugs that the histories must find. `feed`: nothing is heard of what other processes write. `marks`: what is written
 * to the middle tier alone is not marked. `removals`: the middle tier says that it has removed an entry, and keeps it.
 */
export const HISTORY_BUGS = ['feed', 'marks', 'removals'] as const;
export type HistoryBug = (typeof HISTORY_BUGS)[number];

/** Plants a bug in the tier between memory and the base. */
export function plantInMiddle(tier: CacheTier, bug: HistoryBug | undefined): CacheTier {
  if (bug === 'marks') return replacePart(tier, 'marks', { writeAlone: writeUnmarked(tier.marks!) });
  if (bug === 'removals')
    return replacePart(tier, 'marks', { deleteIf: (keys: readonly string[]) => keys.map(() => true) });
  return breakMiddle(tier, bug);
}

function writeUnmarked(marks: TierMarks): TierMarks['writeAlone'] {
  return async (writes, options) => {
    const versions = await marks.writeAlone(writes, options);
    for (const { key } of writes) await marks.change(key, () => ({ unmark: true }));
    return versions;
  };
}

/** Plants a bug in the base. */
export function plantInBase(tier: CacheTier, bug: HistoryBug | undefined): CacheTier {
  return bug === 'feed' ? breakBase(tier, bug) : tier;
}
