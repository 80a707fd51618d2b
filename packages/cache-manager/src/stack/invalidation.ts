import { isPromise } from '@pw/cache-models';
import { ignoreRejection } from '../scheduling/ignore-rejection.ts';
import type { TierSlot } from '../tier/managed-tier.ts';
import type { KeyLock } from './keyed-mutex.ts';

/** What is kept of values beside the tiers, such as accesses of the old one that are not to be counted in the new one. */
export interface KeptBeside {
  forget(key: string): void;
  clear(): void;
}

/**
 * Where other processes write to a tier too, the tiers above it hold copies that go out of date: what has changed is dropped
 * from them, and everything when changes may have been missed.
 *
 * Under the key's lock: a copy that is being made of the old value is made before, and then dropped; one that is made after
 * is of the new value, for a tier tells of a change when it has made it.
 */
export class Coherence {
  readonly #lock: KeyLock;
  readonly #kept: KeptBeside;
  readonly #ends: (() => void)[] = [];

  constructor(slots: readonly TierSlot[], lock: KeyLock, kept: KeptBeside) {
    this.#lock = lock;
    this.#kept = kept;
    for (const [level, slot] of slots.entries()) {
      const above = slots.slice(0, level);
      if (above.length === 0) continue;
      const end: unknown = slot.tell((tier) => tier.onChange?.((key) => this.#changed(above, key)));
      if (typeof end === 'function') this.#ends.push(() => ignoreRejection(slot.tell(() => end() as unknown)));
      else ignoreRejection(end);
    }
  }

  /** Listens no more. */
  stop(): void {
    for (const end of this.#ends.splice(0)) end();
  }

  /** A key that is none tells of a change all the same, of whatever it may be. */
  #changed(above: readonly TierSlot[], key: unknown): void {
    if (typeof key === 'string') this.#drop(above, key);
    else this.#dropAll(above);
  }

  #drop(above: readonly TierSlot[], key: string): void {
    void this.#lock.run(key, () => {
      this.#kept.forget(key);
      return eachOf(above, (slot) => slot.erase(key));
    });
  }

  #dropAll(above: readonly TierSlot[]): void {
    void this.#lock.runAlone(() => {
      this.#kept.clear();
      return eachOf(above, (slot) => slot.eraseAll());
    });
  }
}

/** A slot never rejects. */
function eachOf(slots: readonly TierSlot[], work: (slot: TierSlot) => unknown): Promise<unknown> | undefined {
  const later = slots.map(work).filter((answer) => isPromise(answer));
  return later.length === 0 ? undefined : Promise.all(later);
}
