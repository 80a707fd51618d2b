import type { CacheEntry } from '@pw/cache-models';

/** The store of a middle tier, in memory, for any number of {@link MarkTier}s. */
export class MarkStore {
  readonly records = new Map<string, CacheEntry>();
  readonly marks = new Map<string | null, number>();
  readonly sideValues = new Map<string, string>();
  /** Keys in the order in which they were changed, with the tier that did it. */
  readonly changes: { readonly key: string | null; readonly by: object }[] = [];
  /** The lock between processes: a promise that resolves when the holder is done. */
  lock: Promise<void> = Promise.resolve();

  markOf(key: string): number | undefined {
    const own = this.marks.get(key);
    const all = this.marks.get(null);
    return own === undefined || all === undefined ? (own ?? all) : Math.max(own, all);
  }
}
