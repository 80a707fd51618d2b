import { type CacheEntry, CacheStatistics, RemovalReason, TierStatistics } from '@pw/cache-models';
import { CacheEvents } from './cache-events.ts';
import type { TierSlot } from './tier-slot.ts';
import type { TierStack } from './tier-stack.ts';

/** What goes on in a stack, counted and told to listeners. It is there before the stack: tiers may evict while they open. */
export class CacheActivity {
  readonly events = new CacheEvents();
  requestMisses = 0;
  #promotions = 0;
  #demotions = 0;
  #stack: TierStack | undefined;

  /** From now on what happens is told of this stack. */
  attach(stack: TierStack): void {
    this.#stack = stack;
  }

  /** An entry was copied up into a tier. */
  promoted(slot: TierSlot, key: string): void {
    this.#promotions++;
    this.events.emit('promotion', { key, tier: slot.name });
  }

  /** An entry had to make room in a tier, or was removed from it for another reason. */
  evicted(level: number, key: string, entry: CacheEntry, reason: RemovalReason): void {
    const stack = this.#stack;
    if (stack === undefined) return;
    if (reason === RemovalReason.CAPACITY && stack.slots.slice(level + 1).some((slot) => slot.answersFor(key))) {
      this.#demotions++;
      if (level === 0) stack.noteEviction(entry);
    }
    this.events.emit('eviction', { key, tier: stack.slots[level]!.name, reason });
  }

  /** A tier was switched off, or is back. */
  switched(name: 'degraded' | 'recovered', slot: TierSlot): void {
    if (this.#stack !== undefined) this.events.emit(name, { tier: slot.name });
  }

  /** A snapshot of all counts; without `counting`, of the tiers' sizes and states alone. */
  statistics(counting: boolean): CacheStatistics {
    const tiers = this.#stack!.slots.map((slot) => {
      const { statistics } = slot.tier;
      const stats = counting ? statistics : new TierStatistics({ currentSize: statistics.currentSize });
      return { name: slot.name, stats, degraded: slot.degraded };
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
      promotions: counting ? this.#promotions : 0,
      demotions: counting ? this.#demotions : 0,
      requestMisses: counting ? this.requestMisses : 0,
    });
  }
}
