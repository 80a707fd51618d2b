import type { CacheEntry, MaybePromise } from '@pw/cache-models';

/** Merges new entries into existing ones. */
export interface Merge {
  /**
   * Called first, under the locks of the keys, with the existing entries by key. Long work belongs here. Until
   * `mergeInto` is called, only the accesses of these entries may change.
   */
  prepare(existing: ReadonlyMap<string, CacheEntry>): MaybePromise<void>;
  /** The entries that `mergeInto` returned last. */
  readonly entries: readonly CacheEntry[];
  /** Returns the entries to store; called again if others have changed existing entries meanwhile. */
  mergeInto(existing: ReadonlyMap<string, CacheEntry>): readonly CacheEntry[];
}
