import { type ArgumentKind, Kinds, nullable, optional, wholeNumber } from '../arguments/argument-kinds.ts';
import { checkOptionsObject } from '../arguments/check-options.ts';
import { CacheConfigError } from '../errors/cache-error.ts';
import { prometheusText } from './prometheus-text.ts';
import type { StalenessReport } from './staleness-report.ts';
import type { TierReport } from './tier-report.ts';
import { TierStatistics } from './tier-statistics.ts';

/**
 * The input of {@link CacheStatistics}; every member is optional. The statistics and states of `l1` to `l3` default to
 * those of the first three `tiers`.
 */
export interface CacheStatisticsInput {
  /**
   * All tiers of the stack, in order.
   *
   * @default []
   */
  readonly tiers?: readonly TierReport[] | undefined;
  /**
   * Statistics of the first tier.
   *
   * @default those of the first of `tiers`, or zeros
   */
  readonly l1Stats?: TierStatistics | undefined;
  /**
   * Statistics of the second tier.
   *
   * @default those of the second of `tiers`, or zeros
   */
  readonly l2Stats?: TierStatistics | undefined;
  /**
   * Statistics of the third tier.
   *
   * @default those of the third of `tiers`, or zeros
   */
  readonly l3Stats?: TierStatistics | undefined;
  /**
   * Copies of entries into a higher tier: a whole number of 0 or more.
   *
   * @default 0
   */
  readonly promotions?: number | undefined;
  /**
   * Evictions while a lower tier kept the entry: a whole number of 0 or more.
   *
   * @default 0
   */
  readonly demotions?: number | undefined;
  /**
   * Whether the first tier is out of use.
   *
   * @default that of the first of `tiers`, or false
   */
  readonly l1Degraded?: boolean | undefined;
  /**
   * Whether the second tier is out of use.
   *
   * @default that of the second of `tiers`, or false
   */
  readonly l2Degraded?: boolean | undefined;
  /**
   * Whether the third tier is out of use.
   *
   * @default that of the third of `tiers`, or false
   */
  readonly l3Degraded?: boolean | undefined;
  /**
   * Requests that no tier answered: a whole number of 0 or more; `null` if they were not counted.
   *
   * @default null
   */
  readonly requestMisses?: number | null | undefined;
  /**
   * How far answers from memory may lag behind; `null` if nobody but this process changes the entries.
   *
   * @default null
   */
  readonly staleness?: StalenessReport | null | undefined;
}

const COUNT = optional(wholeNumber(0));
const STATS: ArgumentKind = Object.freeze({
  wanted: 'must be TierStatistics',
  // Duck-typed, to accept the statistics of another copy of the package.
  isRight: (value: unknown) =>
    Kinds.object.isRight(value) && typeof (value as Partial<TierStatistics>).toJSON === 'function',
});
const TIERS: ArgumentKind = Object.freeze({
  wanted: 'must be a list of { name, stats, degraded }',
  isRight: (list: unknown) => Array.isArray(list) && list.findIndex((tier: unknown) => !isReport(tier)) === -1,
});
const INPUT: Readonly<Record<keyof CacheStatisticsInput, ArgumentKind>> = Object.freeze({
  tiers: optional(TIERS),
  l1Stats: optional(STATS),
  l2Stats: optional(STATS),
  l3Stats: optional(STATS),
  promotions: COUNT,
  demotions: COUNT,
  l1Degraded: optional(Kinds.boolean),
  l2Degraded: optional(Kinds.boolean),
  l3Degraded: optional(Kinds.boolean),
  requestMisses: nullable(wholeNumber(0)),
  staleness: nullable({
    wanted: 'must be { maxMs, polls, failedPolls, dropped, doubtful }, each a number of 0 or more',
    isRight: (value) => Kinds.object.isRight(value) && STALENESS.every((name) => isCount(value, name)),
  }),
});
const STALENESS = [
  'maxMs',
  'polls',
  'failedPolls',
  'dropped',
  'doubtful',
] as const satisfies readonly (keyof StalenessReport)[];

function isCount(value: unknown, name: keyof StalenessReport): boolean {
  const count = (value as StalenessReport)[name] as unknown;
  return typeof count === 'number' && count >= 0;
}

function isReport(value: unknown): boolean {
  if (!Kinds.object.isRight(value)) return false;
  const { name, stats, degraded, promotions, demotions } = value as TierReport;
  if (typeof name !== 'string' || typeof degraded !== 'boolean') return false;
  return STATS.isRight(stats) && COUNT.isRight(promotions) && COUNT.isRight(demotions);
}

/** A snapshot of the statistics of a whole cache: later operations do not change it. */
export class CacheStatistics {
  readonly l1Stats: TierStatistics;
  readonly l2Stats: TierStatistics;
  readonly l3Stats: TierStatistics;
  /** All tiers of the stack, in order. */
  readonly tiers: readonly TierReport[];
  /** Copies of entries into a higher tier after a hit in a lower one, counted per tier copied into. */
  promotions: number;
  /** Evictions from a tier while a lower tier kept the entry. */
  demotions: number;
  l1Degraded: boolean;
  l2Degraded: boolean;
  l3Degraded: boolean;
  /** Requests that no tier answered; `null` if they were not counted. */
  requestMisses: number | null;
  /** How far answers from memory may lag behind; `null` if nobody but this process changes the entries. */
  readonly staleness: StalenessReport | null;

  /** Every member is optional. Throws a CacheConfigError for a wrong member. */
  constructor(input: CacheStatisticsInput = {}) {
    checkOptionsObject(input, INPUT, { what: 'CacheStatistics', name: 'input', error: CacheConfigError });
    const [first, second, third] = input.tiers ?? [];
    this.l1Stats = input.l1Stats ?? first?.stats ?? new TierStatistics();
    this.l2Stats = input.l2Stats ?? second?.stats ?? new TierStatistics();
    this.l3Stats = input.l3Stats ?? third?.stats ?? new TierStatistics();
    this.l1Degraded = input.l1Degraded ?? first?.degraded ?? false;
    this.l2Degraded = input.l2Degraded ?? second?.degraded ?? false;
    this.l3Degraded = input.l3Degraded ?? third?.degraded ?? false;
    this.tiers = input.tiers ?? [
      { name: 'l1', stats: this.l1Stats, degraded: this.l1Degraded },
      { name: 'l2', stats: this.l2Stats, degraded: this.l2Degraded },
      { name: 'l3', stats: this.l3Stats, degraded: this.l3Degraded },
    ];
    this.promotions = input.promotions ?? 0;
    this.demotions = input.demotions ?? 0;
    this.requestMisses = input.requestMisses ?? null;
    this.staleness = input.staleness ?? null;
  }

  /**
   * Hits of all tiers / requests; 0 if there were no requests. If request misses were not counted, ProxyWhirl's
   * formula: hits / (hits + the largest number of misses of a tier).
   */
  get overallHitRate(): number {
    const hits = this.#sum((stats) => stats.hits);
    const misses = this.requestMisses ?? Math.max(0, ...this.tiers.map(({ stats }) => stats.misses));
    return hits + misses === 0 ? 0 : hits / (hits + misses);
  }

  /** Entries of all tiers; an entry in three tiers counts three times, as in ProxyWhirl. */
  get totalSize(): number {
    return this.#sum((stats) => stats.currentSize);
  }

  #sum(part: (stats: TierStatistics) => number): number {
    return this.tiers.reduce((sum, { stats }) => sum + part(stats), 0);
  }

  /** Flat numbers for a monitoring system: ProxyWhirl's ten names, then further ones. */
  toMetricsDict(): Record<string, number> {
    const metrics: Record<string, number> = {
      'cache.l1.hit_rate': this.l1Stats.hitRate,
      'cache.l2.hit_rate': this.l2Stats.hitRate,
      'cache.l3.hit_rate': this.l3Stats.hitRate,
      'cache.overall.hit_rate': this.overallHitRate,
      'cache.total_size': this.totalSize,
      'cache.promotions': this.promotions,
      'cache.demotions': this.demotions,
      'cache.l1.size': this.l1Stats.currentSize,
      'cache.l2.size': this.l2Stats.currentSize,
      'cache.l3.size': this.l3Stats.currentSize,
    };
    if (this.requestMisses !== null) metrics['cache.request_misses'] = this.requestMisses;
    for (const tier of this.tiers) addTierMetrics(metrics, tier);
    if (this.staleness !== null) {
      metrics['cache.staleness.max_ms'] = this.staleness.maxMs;
      metrics['cache.staleness.polls'] = this.staleness.polls;
      metrics['cache.staleness.failed_polls'] = this.staleness.failedPolls;
      metrics['cache.staleness.dropped'] = this.staleness.dropped;
      metrics['cache.staleness.doubtful'] = this.staleness.doubtful;
    }
    return metrics;
  }

  /** The statistics for a Prometheus scrape, in text format 0.0.4 (`text/plain; version=0.0.4`). */
  toPrometheus(): string {
    return prometheusText(this);
  }

  /** All fields and computed values. */
  toJSON(): Record<string, unknown> {
    return {
      l1Stats: this.l1Stats.toJSON(),
      l2Stats: this.l2Stats.toJSON(),
      l3Stats: this.l3Stats.toJSON(),
      tiers: this.tiers.map((tier) => ({ ...tier, stats: tier.stats.toJSON() })),
      promotions: this.promotions,
      demotions: this.demotions,
      l1Degraded: this.l1Degraded,
      l2Degraded: this.l2Degraded,
      l3Degraded: this.l3Degraded,
      requestMisses: this.requestMisses,
      staleness: this.staleness,
      overallHitRate: this.overallHitRate,
      totalSize: this.totalSize,
    };
  }
}

function addTierMetrics(metrics: Record<string, number>, tier: TierReport): void {
  const { name, stats, degraded, promotions, demotions } = tier;
  metrics[`cache.${name}.hits`] = stats.hits;
  metrics[`cache.${name}.misses`] = stats.misses;
  metrics[`cache.${name}.evictions.capacity`] = stats.evictionsLru;
  metrics[`cache.${name}.evictions.ttl`] = stats.evictionsTtl;
  metrics[`cache.${name}.evictions.health`] = stats.evictionsHealth;
  metrics[`cache.${name}.evictions.corruption`] = stats.evictionsCorruption;
  metrics[`cache.${name}.undecryptable`] = stats.undecryptable;
  metrics[`cache.${name}.degraded`] = degraded ? 1 : 0;
  if (promotions !== undefined) metrics[`cache.${name}.promotions`] = promotions;
  if (demotions !== undefined) metrics[`cache.${name}.demotions`] = demotions;
}
