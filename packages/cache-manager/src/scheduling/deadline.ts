import { CacheStorageError } from '@pw/cache-models';

/**
 * Rejects with a CacheStorageError when the promise has not settled in time, after handing it to `late`; a later
 * rejection of it is swallowed. The timer keeps the process alive: somebody is waiting for this answer, and it comes by then.
 */
export function withDeadline<T>(
  promise: Promise<T>,
  milliseconds: number,
  tier: string,
  late?: (promise: Promise<T>) => void,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  let turn: NodeJS.Immediate | undefined;
  const given = new Promise<never>((_, reject) => {
    const giveUp = () => {
      late?.(promise);
      reject(new CacheStorageError(`${tier}: no answer within ${milliseconds} ms`, { tier }));
    };
    // If the event loop was held up, the answer may lie there and has not been looked at yet: it gets one turn.
    timer = setTimeout(() => {
      turn = setImmediate(giveUp);
    }, milliseconds);
  });
  return Promise.race([promise, given]).finally(() => {
    clearTimeout(timer);
    clearImmediate(turn);
  });
}

/** True once the promise has settled, false if that takes longer. */
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
