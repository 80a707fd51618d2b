import { CacheStorageError } from '@pw/cache-models';

/**
 * Settles like the promise. If that takes too long, passes the promise to `onLate` and rejects with a
 * CacheStorageError; a later rejection of the promise is swallowed. The timer keeps the process alive, because a caller
 * is waiting for the result.
 */
export function withDeadline<T>(
  promise: Promise<T>,
  milliseconds: number,
  tier: string,
  onLate?: (promise: Promise<T>) => void,
): Promise<T> {
  // One promise: this runs for each call of a tier that waits, so further ones would be seen in the cost of a write.
  return new Promise<T>((resolve, reject) => {
    let immediate: NodeJS.Immediate | undefined;
    const giveUp = () => {
      onLate?.(promise);
      reject(new CacheStorageError(`${tier}: the tier did not answer within ${milliseconds} ms`, { tier }));
    };
    // If the event loop was blocked, the result may have arrived but not been processed: allow one more turn.
    const timer = setTimeout(() => {
      immediate = setImmediate(giveUp);
    }, milliseconds);
    const settled = () => {
      clearTimeout(timer);
      clearImmediate(immediate);
    };
    promise.then(
      (value) => {
        settled();
        resolve(value);
      },
      (error: unknown) => {
        settled();
        reject(error);
      },
    );
  });
}

/** Resolves to true once the promise has settled, or to false if that takes longer than `milliseconds`. */
export function settlesWithin(promise: Promise<unknown>, milliseconds: number): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds, false);
    const settled = () => {
      clearTimeout(timer);
      resolve(true);
    };
    promise.then(settled, settled);
  });
}
