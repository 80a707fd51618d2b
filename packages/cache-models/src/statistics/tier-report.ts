import type { TierStatistics } from './tier-statistics.ts';

/** One tier's part of the statistics of a cache. */
export interface TierReport {
  /** `l1`, `l2`, … unless the tier was given another name. */
  readonly name: string;
  readonly stats: TierStatistics;
  /** True while the tier is switched off because of failures. */
  readonly degraded: boolean;
  /** Entries copied up into the tier. Default: not counted per tier. */
  readonly promotions?: number | undefined;
  /** Entries that the tier had no room for while a lower tier kept them. Default: not counted per tier. */
  readonly demotions?: number | undefined;
}
