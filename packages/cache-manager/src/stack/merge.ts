import type { CacheEntry, MaybePromise } from '@pw/cache-models';

/** Makes the entries to store of those that are there already. */
export interface Merge {
  /**
   * Called first, under the locks of the keys, with the entries by key: the place for work that takes long. Until `over` is called only
   * the accesses of these entries change.
   */
  prepare(existing: ReadonlyMap<string, CacheEntry>): MaybePromise<void>;
  /** The entries to store, which are then stored in the same step. */
  over(existing: ReadonlyMap<string, CacheEntry>): readonly CacheEntry[];
}
