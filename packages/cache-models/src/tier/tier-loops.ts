import { isPromise, type MaybePromise } from '../maybe-promise.ts';

/** Does the same to each item in turn: at once in sync mode, one after the other in async mode. */
export function mapInTurn<T, U>(
  sync: boolean,
  items: readonly T[],
  work: (item: T) => MaybePromise<U>,
): MaybePromise<U[]> {
  if (sync) return items.map((item) => work(item) as U);
  return (async () => {
    const results: U[] = [];
    for (const item of items) results.push(await work(item));
    return results;
  })();
}

/** Runs `work`, hands its result to `then` or its error to `failed`, whether it answers now or later. */
export function settle<T>(
  work: () => MaybePromise<T>,
  then: (value: T) => void,
  failed: (error: unknown) => void,
): MaybePromise<void> {
  let result: MaybePromise<T>;
  try {
    result = work();
  } catch (error) {
    failed(error);
    return;
  }
  if (isPromise(result)) return result.then(then, failed);
  then(result);
}
