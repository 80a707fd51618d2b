import {
  type AccessUpdate,
  ignoreRejection,
  isPromise,
  type MaybePromise,
  type TouchedEntries,
} from '@pw/cache-models';
import type { ManagedTier } from '../tier/managed-tier.ts';

/** The accesses that the first tier counts and buffers itself; empty if that tier has no such buffer. */
export class FirstTierAccesses implements TouchedEntries {
  readonly #tier: ManagedTier | undefined;
  #view: TouchedEntries | undefined;

  constructor(tier: ManagedTier | undefined) {
    this.#tier = tier;
    if (tier?.isSynchronous !== true || tier.inspect((inner) => inner.touch) === undefined) return;
    const view = tier.call<TouchedEntries | undefined>((inner) => inner.touched?.(), undefined);
    this.#view = isPromise(view) ? undefined : view;
    // Try the view now: hits would be lost if it turned out to be broken only later.
    void [this.count, this.of(''), this.take(0)];
  }

  /** True if the first tier buffers its touches, so that they need not be recorded elsewhere. */
  get isBuffering(): boolean {
    return this.#view !== undefined;
  }

  get count(): number {
    return this.#tier?.isUsable === true ? this.#read((view) => view.count, isCount, 0) : 0;
  }

  of(key: string): AccessUpdate | undefined {
    return this.#read(
      (view) => view.of(key),
      (update) => update === undefined || (isAccessUpdate(update) && update.key === key),
      undefined,
    );
  }

  take(limit: number): AccessUpdate[] {
    return this.#read((view) => view.take(limit), Array.isArray, []).filter(isAccessUpdate);
  }

  /** Works even while the tier is out of use: obsolete accesses must not come back when it recovers. */
  forget(key?: string): void {
    this.#read<unknown>((view) => view.forget(key), isNotPromise, undefined);
  }

  /**
   * After a throw or a malformed result the view is no longer used, and each touch of the tier is recorded in the
   * buffer of the manager.
   */
  #read<T>(read: (view: TouchedEntries) => T, isValid: (result: unknown) => boolean, fallback: T): T {
    if (this.#view === undefined) return fallback;
    try {
      const result = read(this.#view);
      if (isValid(result)) return result;
      ignoreRejection(result);
    } catch {
      // Handled like a malformed result.
    }
    this.#view = undefined;
    return fallback;
  }
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isNotPromise(value: unknown): boolean {
  return !isPromise(value as MaybePromise<unknown>);
}

function isAccessUpdate(value: unknown): value is AccessUpdate {
  if (typeof value !== 'object' || value === null) return false;
  const { key, accessCount, lastAccessed, evictedFromL1 } = value as Partial<AccessUpdate>;
  const isMarkValid = evictedFromL1 === undefined || typeof evictedFromL1 === 'boolean';
  return isMarkValid && typeof key === 'string' && isCount(accessCount) && Number.isFinite(lastAccessed);
}
