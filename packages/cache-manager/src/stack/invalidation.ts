import { ignoreRejection, isPromise } from '@pw/cache-models';
import type { KeyedMutex } from '../scheduling/keyed-mutex.ts';
import type { ManagedTier } from '../tier/managed-tier.ts';

/** State derived from values and kept outside the tiers, such as accesses that must not be counted for a new value. */
export interface DerivedState {
  forget(key: string): void;
  clear(): void;
}

/**
 * If other processes write to a tier too, the tiers above it contain copies that become outdated. Changed keys are
 * dropped from these tiers, and everything is dropped if changes may have been missed.
 *
 * This happens under the key's lock: a copy of the old value is finished before, and then dropped; a copy made
 * afterwards has the new value, because a tier reports a change only after making it.
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
      const end: unknown = tier.inspect((inner) => inner.onChange?.((key) => this.#changed(above, key)));
      if (typeof end === 'function')
        this.#unsubscribe.push(() => ignoreRejection(tier.inspect(() => end() as unknown)));
      else ignoreRejection(end);
    }
  }

  /** Stops listening to changes. */
  stop(): void {
    for (const unsubscribe of this.#unsubscribe.splice(0)) unsubscribe();
  }

  /** A key that is not a string reports an unknown change. */
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
