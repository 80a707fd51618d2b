import type { CacheEntry } from '@pw/cache-models';

/** What `lookup` tells of a hit. */
export interface CacheLookup {
  readonly entry: CacheEntry;
  /** Name of the tier that answered. */
  readonly tier: string;
  /** Its place in the stack: 1 is the first. */
  readonly level: number;
  /** Milliseconds since the proxy was fetched. */
  readonly ageMs: number;
  /** Milliseconds until the entry expires. */
  readonly remainingTtlMs: number;
}

/** What `putDetailed` tells. */
export interface PutResult {
  /** True if at least one tier stored the entry. */
  readonly stored: boolean;
  /** Whether each tier stored it, by name. */
  readonly tiers: Readonly<Record<string, boolean>>;
}
