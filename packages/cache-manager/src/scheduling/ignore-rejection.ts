import { isPromise } from '@pw/cache-models';

/** Swallows the rejection of a result that is not awaited. */
export function ignoreRejection(result: unknown): void {
  if (isPromise(result)) result.then(undefined, () => {});
}
