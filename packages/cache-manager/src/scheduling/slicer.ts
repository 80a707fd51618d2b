import { setImmediate } from 'node:timers/promises';
import { isPromise, type MaybePromise } from '@pw/cache-models';

/** How long one slice of work may take, in milliseconds: several chains of slices may meet in one turn of the event loop. */
const SLICE_MS = 3;
const LEAST = 32;
const MOST = 2048;
/** What one slice tells of an item's cost is forgotten so slowly: where one slice seals credentials, the next may find them sealed. */
const KEPT = 0.9;

/** True for so many items that they are worth a turn of the event loop. */
export function areMany(items: { readonly length: number }): boolean {
  return items.length > LEAST;
}

/**
 * Cuts long lists of work for a tier that answers at once into slices, with a turn of the event loop after each. How many items
 * a slice has is learnt from the time that the last ones took.
 */
export class Slicer {
  #size = LEAST;
  /** Milliseconds an item. */
  #cost = 0;

  /** The answers to all items. A list of few is one slice, and makes no promise of its own. */
  run<T, R>(
    items: readonly T[],
    work: (slice: readonly T[]) => MaybePromise<readonly R[]>,
  ): MaybePromise<readonly R[]> {
    return items.length <= this.#size ? this.#timed(items, work) : this.#inTurns(items, work);
  }

  async #inTurns<T, R>(items: readonly T[], work: (slice: readonly T[]) => MaybePromise<readonly R[]>): Promise<R[]> {
    const answers: R[] = [];
    for (let at = 0; at < items.length; ) {
      if (at > 0) await setImmediate();
      const slice = items.slice(at, at + this.#size);
      at += slice.length;
      for (const answer of await this.#timed(slice, work)) answers.push(answer);
    }
    return answers;
  }

  #timed<T, R>(
    slice: readonly T[],
    work: (slice: readonly T[]) => MaybePromise<readonly R[]>,
  ): MaybePromise<readonly R[]> {
    const started = performance.now();
    const answers = work(slice);
    // Few items tell little of what each of them takes.
    if (slice.length >= LEAST) this.#learn(slice.length, performance.now() - started);
    return answers;
  }

  /** At most half or twice as many as before: a slice that was held up by something else says little. */
  #learn(count: number, took: number): void {
    this.#cost = Math.max(took / count, this.#cost * KEPT, Number.EPSILON);
    const fitting = Math.floor(SLICE_MS / this.#cost);
    this.#size = Math.min(Math.max(fitting, this.#size >> 1, LEAST), this.#size * 2, MOST);
    this.#cost = Math.min(this.#cost, SLICE_MS / this.#size);
  }
}

/** All results: a promise only if one of them is. */
export function allOf<T>(results: MaybePromise<T>[]): MaybePromise<T[]> {
  return results.some(isPromise) ? Promise.all(results) : (results as T[]);
}
