import { isPromise } from '@pw/cache-models/tier';
import type { KeyedMutex } from '../scheduling/keyed-mutex.ts';
import type { ManagedTier } from '../tier/managed-tier.ts';

/**
 * State that is derived from values but kept outside the tiers, such as accesses of the old value, which must not be
 * counted for a new one.
 */
export interface DerivedState {
  forget(key: string): void;
  clear(): void;
}

/**
 * If other processes also write to a tier, the copies in the tiers above it become outdated. Changed keys are dropped
 * from the tiers above, and everything is dropped from them if changes may have been missed.
 *
 * A key is dropped under its lock. A copy of the old value that was being made is finished first, and then dropped; a
 * copy made later has the new value, because a tier reports a change only after making it.
 */
export class Invalidation {
  readonly #mutex: KeyedMutex;
  readonly #derived: DerivedState;
  readonly #unsubscribe: (() => void)[] = [];

  constructor(tiers: readonly ManagedTier[], mutex: KeyedMutex, derived: DerivedState) {
    this.#mutex = mutex;
    this.#derived = derived;
    for (const [level, tier] of tiers.entries()) {
      const above = tiers.slice(0, level);
      if (above.length === 0) continue;
      this.#unsubscribe.push(tier.subscribe((key) => this.#changed(above, key)));
    }
  }

  /** Stops listening to changes. */
  stop(): void {
    for (const unsubscribe of this.#unsubscribe.splice(0)) unsubscribe();
  }

  /** If the key is not a string, the change is unknown. */
  #changed(above: readonly ManagedTier[], key: unknown): void {
    if (typeof key === 'string') this.#drop(above, key);
    else this.#dropAll(above);
  }

  #drop(above: readonly ManagedTier[], key: string): void {
    void this.#mutex.run(key, () => {
      this.#derived.forget(key);
      return forEachTier(above, (tier) => tier.delete(key));
    });
  }

  #dropAll(above: readonly ManagedTier[]): void {
    void this.#mutex.runExclusive(() => {
      this.#derived.clear();
      return forEachTier(above, (tier) => tier.clear());
    });
  }
}

/** Needs no error handling, because a managed tier never rejects. */
function forEachTier(
  tiers: readonly ManagedTier[],
  work: (tier: ManagedTier) => unknown,
): Promise<unknown> | undefined {
  const promises = tiers.map(work).filter((result) => isPromise(result));
  return promises.length === 0 ? undefined : Promise.all(promises);
}
