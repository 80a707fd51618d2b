import { isPromise, type MaybePromise } from '../maybe-promise.ts';

/** Maps items one after the other: synchronously in sync mode, awaiting each in async mode. */
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

/** Runs `work` and passes its result to `then` or its error to `failed`, whether it is synchronous or not. */
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
