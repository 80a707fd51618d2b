import { CacheStatistics, type RemovalReason, type StalenessReport, TierStatistics } from '@pw/cache-models';
import type { CacheManagerOptions } from '../manager-options.ts';
import type { StackEvents } from '../stack/tier-stack.ts';
import type { ManagedTier } from '../tier/managed-tier.ts';
import type { TierListener } from '../tier/recoverable-tier.ts';
import { CacheEvents } from './cache-events.ts';
import { StatisticsTimer } from './statistics-timer.ts';

type StatisticsOptions = Pick<CacheManagerOptions, 'enableStatistics' | 'statisticsInterval'>;

/** Counts what happens in a stack and reports it to listeners. */
export class Statistics implements StackEvents, TierListener {
  readonly events: CacheEvents;
  requestMisses = 0;
  /** By level. */
  readonly #promotions: number[] = [];
  readonly #demotions: number[] = [];
  readonly #isEnabled: boolean;
  /** `undefined` until every tier is open; until then nothing is reported. */
  #tiers: readonly ManagedTier[] | undefined;
  #staleness: { readonly report: StalenessReport | null } | undefined;

  constructor({ enableStatistics = true, statisticsInterval = 5 }: StatisticsOptions) {
    this.#isEnabled = enableStatistics;
    const timer = new StatisticsTimer(statisticsInterval, () => this.events.emit('statistics', this.snapshot()));
    this.events = new CacheEvents((name, hasListeners) => {
      if (name === 'statistics') timer.setRunning(hasListeners);
    });
  }

  /** Starts reporting, with the tiers of the stack. */
  attach(tiers: readonly ManagedTier[], staleness: { readonly report: StalenessReport | null }): void {
    this.#tiers = tiers;
    this.#staleness = staleness;
  }

  /** An entry was copied up into a tier. */
  promoted(tier: ManagedTier, key: string): void {
    countAt(this.#promotions, tier.position);
    this.events.emit('promotion', { key, tier: tier.name });
  }

  /** An entry left a tier; `isDemotion` is true if a lower tier keeps it. */
  evicted(tier: ManagedTier, key: string, reason: RemovalReason, isDemotion: boolean): void {
    if (isDemotion) countAt(this.#demotions, tier.position);
    this.events.emit('eviction', { key, tier: tier.name, reason });
  }

  /** A tier was taken out of use. */
  degraded(tier: { readonly name: string }): void {
    if (this.#tiers !== undefined) this.events.emit('degraded', { tier: tier.name });
  }

  /** A tier is in use again. */
  recovered(tier: { readonly name: string }): void {
    if (this.#tiers !== undefined) this.events.emit('recovered', { tier: tier.name });
  }

  /** All counts; if statistics are disabled, only the sizes and states of the tiers. */
  snapshot(): CacheStatistics {
    const isEnabled = this.#isEnabled;
    const at = (counts: readonly number[], place: number): number => (isEnabled ? (counts[place] ?? 0) : 0);
    const tiers = (this.#tiers ?? []).map((tier) => {
      const { statistics, name, position, isDegraded: degraded } = tier;
      const stats = isEnabled ? statistics : new TierStatistics({ currentSize: statistics.currentSize });
      const [promotions, demotions] = [at(this.#promotions, position), at(this.#demotions, position)];
      return { name, stats, degraded, promotions, demotions };
    });
    const named = (name: string) => tiers.find((tier) => tier.name === name);
    return new CacheStatistics({
      tiers,
      l1Stats: named('l1')?.stats ?? new TierStatistics(),
      l2Stats: named('l2')?.stats ?? new TierStatistics(),
      l3Stats: named('l3')?.stats ?? new TierStatistics(),
      l1Degraded: named('l1')?.degraded ?? false,
      l2Degraded: named('l2')?.degraded ?? false,
      l3Degraded: named('l3')?.degraded ?? false,
      promotions: sum(tiers.map(({ promotions }) => promotions)),
      demotions: sum(tiers.map(({ demotions }) => demotions)),
      requestMisses: isEnabled ? this.requestMisses : 0,
      staleness: isEnabled ? (this.#staleness?.report ?? null) : null,
    });
  }
}

function countAt(counts: number[], place: number): void {
  counts[place] = (counts[place] ?? 0) + 1;
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
