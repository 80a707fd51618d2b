import { type AccessUpdate, isPromise, type MaybePromise, type TouchedEntries } from '@pw/cache-models';
import type { TierSlot } from '../tier/managed-tier.ts';

/** What the first tier has counted by itself and nobody has taken yet; nothing if it does not remember that. */
export class FirstTouches implements TouchedEntries {
  readonly #slot: TierSlot | undefined;
  #view: TouchedEntries | undefined;

  constructor(slot: TierSlot | undefined) {
    this.#slot = slot;
    if (slot?.isSynchronous !== true || slot.tell((tier) => tier.touch) === undefined) return;
    const view = slot.ask<TouchedEntries | undefined>((tier) => tier.touched?.(), undefined);
    this.#view = isPromise(view) ? undefined : view;
    // A view that cannot do this would lose the hits until that shows.
    void [this.count, this.of(''), this.take(0)];
  }

  /** True if a touch of the first tier need not be noted anywhere else. */
  get areKept(): boolean {
    return this.#view !== undefined;
  }

  get count(): number {
    // A tier that is off tells later.
    return this.#slot?.usable === true ? this.#ask((view) => view.count, isCount, 0) : 0;
  }

  of(key: string): AccessUpdate | undefined {
    return this.#ask(
      (view) => view.of(key),
      (update) => update === undefined || (isFit(update) && update.key === key),
      undefined,
    );
  }

  take(limit: number): AccessUpdate[] {
    return this.#ask((view) => view.take(limit), Array.isArray, []).filter(isFit);
  }

  /** Also where the tier is off: what is void must not come back with it. */
  forget(key?: string): void {
    this.#ask<unknown>((view) => view.forget(key), isNoPromise, undefined);
  }

  /** A plugin that throws here, or answers nonsense, is asked no more: from then on each of its touches is noted. */
  #ask<T>(question: (view: TouchedEntries) => T, isRight: (answer: unknown) => boolean, fallback: T): T {
    if (this.#view === undefined) return fallback;
    try {
      const answer = question(this.#view);
      if (isRight(answer)) return answer;
      // Its rejection must end here.
      if (isPromise<unknown>(answer)) answer.then(undefined, () => {});
    } catch {
      // As good as nonsense.
    }
    this.#view = undefined;
    return fallback;
  }
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isNoPromise(value: unknown): boolean {
  return !isPromise(value as MaybePromise<unknown>);
}

function isFit(value: unknown): value is AccessUpdate {
  if (typeof value !== 'object' || value === null) return false;
  const { key, accessCount, lastAccessed, evictedFromL1 } = value as Partial<AccessUpdate>;
  const isMarked = evictedFromL1 === undefined || typeof evictedFromL1 === 'boolean';
  return isMarked && typeof key === 'string' && isCount(accessCount) && Number.isFinite(lastAccessed);
}
