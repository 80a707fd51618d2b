import type { CacheEntry, MaybePromise } from '@pw/cache-models';

/** Merges new entries into existing ones. */
export interface Merge {
  /**
   * Called first, under the locks of the keys, with the existing entries by key. Long work belongs here. Until `mergeInto`
   * is called, only the accesses of these entries may change.
   */
  prepare(existing: ReadonlyMap<string, CacheEntry>): MaybePromise<void>;
  /** Returns the entries to store. They are stored in the same step. */
  mergeInto(existing: ReadonlyMap<string, CacheEntry>): readonly CacheEntry[];
}
