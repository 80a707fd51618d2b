import { setImmediate } from 'node:timers/promises';
import type { MaybePromise } from '@pw/cache-models';

/** How long one slice may take, in milliseconds. Slices of several lists may run in the same turn of the event loop. */
const SLICE_MS = 3;
const MIN_SLICE = 32;
const MAX_SLICE = 2048;
/**
 * The most items passed to an asynchronous tier in one call, so that no batch takes longer than the tier's deadline.
 */
const MAX_ASYNC_SLICE = 10_000;
/**
 * The estimated cost of an item decays slowly, because items differ: one slice may have to seal its credentials, and
 * the next may find them sealed.
 */
const COST_DECAY = 0.9;

type SliceWork<T, R> = (slice: readonly T[]) => MaybePromise<readonly R[]>;

/** True if a list is long enough to justify yielding to the event loop. */
export function areMany(items: { readonly length: number }): boolean {
  return items.length > MIN_SLICE;
}

/**
 * Processes long lists for a synchronous tier in slices and yields to the event loop after each slice. The slice size
 * adapts to the measured cost of an item.
 */
export class Slicer {
  #size = MIN_SLICE;
  /** Milliseconds per item. */
  #cost = 0;

  /** The results for all items, in order. A short list is a single slice and creates no extra promise. */
  run<T, R>(items: readonly T[], work: SliceWork<T, R>): MaybePromise<readonly R[]> {
    return items.length <= this.#size ? this.#timed(items, work) : this.#inTurns(items, work);
  }

  async #inTurns<T, R>(items: readonly T[], work: SliceWork<T, R>): Promise<R[]> {
    const results: R[] = [];
    for (let at = 0; at < items.length; ) {
      if (at > 0) await setImmediate();
      const slice = items.slice(at, at + this.#size);
      at += slice.length;
      for (const result of await this.#timed(slice, work)) results.push(result);
    }
    return results;
  }

  #timed<T, R>(slice: readonly T[], work: SliceWork<T, R>): MaybePromise<readonly R[]> {
    const started = performance.now();
    const results = work(slice);
    // The time of a short slice is a poor measure of the cost of an item.
    if (slice.length >= MIN_SLICE) this.#learn(slice.length, performance.now() - started);
    return results;
  }

  /** Changes the size by at most a factor of two: a slice may have been slow for an unrelated reason. */
  #learn(count: number, took: number): void {
    this.#cost = Math.max(took / count, this.#cost * COST_DECAY, Number.EPSILON);
    const fitting = Math.floor(SLICE_MS / this.#cost);
    this.#size = Math.min(Math.max(fitting, this.#size >> 1, MIN_SLICE), this.#size * 2, MAX_SLICE);
    this.#cost = Math.min(this.#cost, SLICE_MS / this.#size);
  }
}

/**
 * Processes a list for an asynchronous tier in slices of a fixed size and yields to the event loop after each slice.
 */
export function inFixedSlices<T, R>(items: readonly T[], work: SliceWork<T, R>): MaybePromise<readonly R[]> {
  return items.length <= MAX_ASYNC_SLICE ? work(items) : allFixedSlices(items, work);
}

async function allFixedSlices<T, R>(items: readonly T[], work: SliceWork<T, R>): Promise<R[]> {
  const results: (readonly R[])[] = [];
  for (let start = 0; start < items.length; start += MAX_ASYNC_SLICE) {
    results.push(await work(items.slice(start, start + MAX_ASYNC_SLICE)));
    await setImmediate();
  }
  return results.flat();
}
