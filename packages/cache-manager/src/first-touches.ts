import { type AccessUpdate, isPromise, type TouchedEntries } from '@pw/cache-models';
import type { TierSlot } from './tier-slot.ts';

/** What the first tier has counted by itself and nobody has taken yet; nothing if it does not remember that. */
export class FirstTouches implements TouchedEntries {
  readonly #slot: TierSlot | undefined;
  #view: TouchedEntries | undefined;

  constructor(slot: TierSlot | undefined) {
    this.#slot = slot;
    if (slot?.isSynchronous !== true || slot.tell((tier) => tier.touch) === undefined) return;
    const view = slot.ask<TouchedEntries | undefined>((tier) => tier.touched?.(), undefined);
    this.#view = isPromise(view) ? undefined : view;
  }

  /** True if a touch of the first tier need not be noted anywhere else. */
  get areKept(): boolean {
    return this.#view !== undefined;
  }

  get count(): number {
    // A tier that is off tells later.
    return this.#slot?.usable === true ? this.#ask((view) => view.count, 0) : 0;
  }

  of(key: string): AccessUpdate | undefined {
    return this.#ask((view) => view.of(key), undefined);
  }

  take(limit: number): AccessUpdate[] {
    return this.#ask((view) => view.take(limit).filter(isFit), []);
  }

  /** Also where the tier is off: what is void must not come back with it. */
  forget(key?: string): void {
    this.#ask((view) => view.forget(key), undefined);
  }

  /** A plugin that throws here is asked no more: from then on each of its touches is noted. */
  #ask<T>(question: (view: TouchedEntries) => T, fallback: T): T {
    if (this.#view === undefined) return fallback;
    try {
      return question(this.#view);
    } catch {
      this.#view = undefined;
      return fallback;
    }
  }
}

function isFit({ key, accessCount, lastAccessed }: AccessUpdate): boolean {
  return (
    typeof key === 'string' && Number.isSafeInteger(accessCount) && accessCount >= 0 && Number.isFinite(lastAccessed)
  );
}
