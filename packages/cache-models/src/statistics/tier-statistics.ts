import { type ArgumentKind, oneOf, optional, wholeNumber } from '../arguments/argument-kinds.ts';
import { checkArgument } from '../arguments/check-argument.ts';
import { checkOptionsObject } from '../arguments/check-options.ts';
import { CacheConfigError } from '../errors/cache-error.ts';

/** Why an entry left a tier. Every removal has exactly one reason. */
export const RemovalReason = Object.freeze({
  /** The tier was full. Counted as `evictionsLru`, whatever the policy, as the reference names it. */
  CAPACITY: 'capacity',
  /** It had expired, and a read, a write or a cleanup removed it. */
  TTL: 'ttl',
  /** Its proxy failed too often. */
  HEALTH: 'health',
  /** Its record was damaged and quarantined. */
  CORRUPTION: 'corruption',
  /** It was deleted or cleared on request: not an eviction. */
  EXPLICIT: 'explicit',
});
export type RemovalReason = (typeof RemovalReason)[keyof typeof RemovalReason];

const REASONS: ReadonlySet<unknown> = new Set(Object.values(RemovalReason));

/** True for exactly one of the reasons; case-sensitive. */
export function isRemovalReason(value: unknown): value is RemovalReason {
  return REASONS.has(value);
}

/** The counts of a tier, each a whole number of 0 or more. */
export interface TierCounts {
  hits: number;
  misses: number;
  currentSize: number;
  evictionsLru: number;
  evictionsTtl: number;
  evictionsHealth: number;
  evictionsCorruption: number;
  /** Reads of a record whose credentials no key opens: counted as misses, not as corruption. */
  undecryptable: number;
}

const NO_COUNTS: Partial<TierCounts> = Object.freeze({});
const REASON = oneOf(Object.values(RemovalReason));
const COUNT = wholeNumber(0);
const CHECKED = Object.freeze({ what: 'TierStatistics', name: 'counts', error: CacheConfigError });
const COUNTS: Readonly<Record<string, ArgumentKind>> = Object.freeze({
  hits: optional(COUNT),
  misses: optional(COUNT),
  currentSize: optional(COUNT),
  evictionsLru: optional(COUNT),
  evictionsTtl: optional(COUNT),
  evictionsHealth: optional(COUNT),
  evictionsCorruption: optional(COUNT),
  undecryptable: optional(COUNT),
});

/** The counts of one tier, and the values derived from them. */
export class TierStatistics implements TierCounts {
  hits: number;
  misses: number;
  currentSize: number;
  evictionsLru: number;
  evictionsTtl: number;
  evictionsHealth: number;
  evictionsCorruption: number;
  undecryptable: number;

  /** Missing counts are 0. Throws a CacheConfigError for a value that is not a whole number of 0 or more. */
  constructor(counts: Partial<TierCounts> = NO_COUNTS) {
    if (counts !== NO_COUNTS) checkOptionsObject(counts, COUNTS, CHECKED);
    this.hits = counts.hits ?? 0;
    this.misses = counts.misses ?? 0;
    this.currentSize = counts.currentSize ?? 0;
    this.evictionsLru = counts.evictionsLru ?? 0;
    this.evictionsTtl = counts.evictionsTtl ?? 0;
    this.evictionsHealth = counts.evictionsHealth ?? 0;
    this.evictionsCorruption = counts.evictionsCorruption ?? 0;
    this.undecryptable = counts.undecryptable ?? 0;
  }

  /** hits / (hits + misses); 0 if there were no requests. */
  get hitRate(): number {
    const requests = this.hits + this.misses;
    return requests === 0 ? 0 : this.hits / requests;
  }

  /** Evictions for all reasons. */
  get totalEvictions(): number {
    return this.evictionsLru + this.evictionsTtl + this.evictionsHealth + this.evictionsCorruption;
  }

  /** Adds `count` removals for a reason; explicit removals are not evictions and are not counted. */
  countRemoval(reason: RemovalReason, count = 1): void {
    if (!Number.isSafeInteger(count) || count < 0) checkArgument('count', count, COUNT);
    if (reason === RemovalReason.CAPACITY) this.evictionsLru += count;
    else if (reason === RemovalReason.TTL) this.evictionsTtl += count;
    else if (reason === RemovalReason.HEALTH) this.evictionsHealth += count;
    else if (reason === RemovalReason.CORRUPTION) this.evictionsCorruption += count;
    else if (reason !== RemovalReason.EXPLICIT) checkArgument('reason', reason, REASON);
  }

  /** The counts and the computed values. */
  toJSON(): TierCounts & { hitRate: number; totalEvictions: number } {
    return { ...this, hitRate: this.hitRate, totalEvictions: this.totalEvictions };
  }
}
