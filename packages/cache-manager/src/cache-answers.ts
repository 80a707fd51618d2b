import type { CacheEntry } from '@pw/cache-models';
import type { Hit } from './stack/stack-reads.ts';

/** The result of `lookup`. */
export interface CacheLookup {
  readonly entry: CacheEntry;
  /** The name of the tier that had the entry. */
  readonly tier: string;
  /** The tier's position in the stack: 1 is the first. */
  readonly level: number;
  /** Milliseconds since the proxy was fetched. */
  readonly ageMs: number;
  /** Milliseconds until the entry expires. */
  readonly remainingTtlMs: number;
}

/** The result of `putDetailed`. */
export interface PutResult {
  /** True if at least one tier stored the entry. */
  readonly stored: boolean;
  /** Whether each tier stored it, by name. */
  readonly tiers: Readonly<Record<string, boolean>>;
}

/** What a lookup answers for a hit; `now` is in epoch milliseconds. */
export function lookupOf({ entry, tier }: Hit, now: number): CacheLookup {
  return {
    entry,
    tier: tier.name,
    level: tier.position + 1,
    ageMs: now - entry.fetchTime,
    remainingTtlMs: entry.expiresAt - now,
  };
}
