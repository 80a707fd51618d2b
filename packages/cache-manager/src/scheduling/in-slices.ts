import { setImmediate as rest } from 'node:timers/promises';
import type { MaybePromise } from '@pw/cache-models';

/** Most items that a tier is given at once: a batch of any size must not take it longer than its deadline. */
const SLICE = 10_000;

/** Works through a list part by part, with a turn of the event loop for others in between. */
export function inSlices<T, U>(
  items: readonly T[],
  work: (slice: readonly T[]) => MaybePromise<readonly U[]>,
): MaybePromise<readonly U[]> {
  return items.length <= SLICE ? work(items) : allSlices(items, work);
}

async function allSlices<T, U>(
  items: readonly T[],
  work: (slice: readonly T[]) => MaybePromise<readonly U[]>,
): Promise<U[]> {
  const done: (readonly U[])[] = [];
  for (let start = 0; start < items.length; start += SLICE) {
    done.push(await work(items.slice(start, start + SLICE)));
    await rest();
  }
  return done.flat();
}
