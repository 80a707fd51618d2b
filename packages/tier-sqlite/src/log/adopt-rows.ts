import type { RowStore } from '../rows/row-store.ts';
import type { TierWork } from '../tier-work.ts';

/**
 * Whether all rows of other programs are ours now; `'locked'` if another connection has the lock, and none was adopted.
 */
export type AdoptionState = 'done' | 'more' | 'locked';

/**
 * Adopts rows that another program has stored. If no other connection has written since, that costs one `PRAGMA
 * data_version`. With `isMarked`, each is marked as well: a tier below may miss it.
 */
export function adoptRows(work: TierWork, { isMarked = false }: { readonly isMarked?: boolean } = {}): AdoptionState {
  const isNeeded = work.withStore(({ foreign, statements }) => foreign.isDue(statements));
  if (!isNeeded) return 'done';
  const adoption = work.transactNow((store: RowStore) => store.foreign.adopt(store, work.now(), isMarked));
  if (adoption === 'locked') return 'locked';
  for (const { row, error } of adoption.damaged) work.setAside(error, row);
  return adoption.isMore ? 'more' : 'done';
}
