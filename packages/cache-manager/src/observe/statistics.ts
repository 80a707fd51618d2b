import { type CacheEntry, CacheStatistics, RemovalReason, TierStatistics } from '@pw/cache-models';
import type { CacheManagerOptions } from '../manager-options.ts';
import { ignoreRejection } from '../scheduling/ignore-rejection.ts';
import type { TierStack } from '../stack/tier-stack.ts';
import type { TierSlot } from '../tier/managed-tier.ts';
import { CacheEvents } from './cache-events.ts';
import { StatisticsTimer } from './statistics-timer.ts';

type CountingOptions = Pick<CacheManagerOptions, 'enableStatistics' | 'statisticsInterval'>;

/** What goes on in a stack, counted and told to listeners. It is there before the stack: tiers may evict while they open. */
export class CacheActivity {
  readonly events: CacheEvents;
  requestMisses = 0;
  /** By level. */
  readonly #promotions: number[] = [];
  readonly #demotions: number[] = [];
  #stack: TierStack | undefined;

  readonly #isCounting: boolean;

  constructor({ enableStatistics = true, statisticsInterval = 5 }: CountingOptions) {
    this.#isCounting = enableStatistics;
    const timer = new StatisticsTimer(statisticsInterval, () => this.events.emit('statistics', this.statistics()));
    this.events = new CacheEvents((name, some) => {
      if (name === 'statistics') timer.wanted = some;
    });
  }

  /** From now on what happens is told of this stack. */
  attach(stack: TierStack): void {
    this.#stack = stack;
  }

  /** An entry was copied up into a tier. */
  promoted(slot: TierSlot, key: string): void {
    countAt(this.#promotions, slot.level);
    this.events.emit('promotion', { key, tier: slot.name });
  }

  /** An entry had to make room in a tier, or was removed from it for another reason. */
  evicted(level: number, key: string, entry: CacheEntry, reason: RemovalReason): void {
    const stack = this.#stack;
    if (stack === undefined) return;
    if (
      reason === RemovalReason.CAPACITY &&
      stack.slots.slice(level + 1).some((slot) => keeps(slot, key, stack.isComing(key)))
    ) {
      countAt(this.#demotions, level);
      if (level === 0) stack.noteEviction(entry);
    }
    this.events.emit('eviction', { key, tier: stack.slots[level]!.name, reason });
  }

  /** A tier was switched off, or is back. */
  switched(name: 'degraded' | 'recovered', slot: TierSlot): void {
    if (this.#stack !== undefined) this.events.emit(name, { tier: slot.name });
  }

  /** A snapshot of all counts; with `enableStatistics` off, of the tiers' sizes and states alone. */
  statistics(): CacheStatistics {
    const counting = this.#isCounting;
    const at = (counts: readonly number[], level: number): number => (counting ? (counts[level] ?? 0) : 0);
    const tiers = this.#stack!.slots.map((slot) => {
      const { statistics } = slot;
      const stats = counting ? statistics : new TierStatistics({ currentSize: statistics.currentSize });
      const { name, level, degraded } = slot;
      return { name, stats, degraded, promotions: at(this.#promotions, level), demotions: at(this.#demotions, level) };
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
      requestMisses: counting ? this.requestMisses : 0,
    });
  }
}

/**
 * True if a tier holds an entry that was written to all, or is about to. One that makes room itself may have let it go; where the
 * answer takes a while, it has not.
 */
function keeps(slot: TierSlot, key: string, isComing: boolean): boolean {
  if (!slot.answersFor(key)) return false;
  if (isComing || !slot.isSynchronous || slot.tell((tier) => tier.config.maxEntries) === null) return true;
  const has: unknown = slot.tell((tier) => tier.has(key));
  ignoreRejection(has);
  return has === true;
}

function countAt(counts: number[], level: number): void {
  counts[level] = (counts[level] ?? 0) + 1;
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
