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
  const given = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      late?.(promise);
      reject(new CacheStorageError(`${tier}: no answer within ${milliseconds} ms`, { tier }));
    }, milliseconds);
  });
  return Promise.race([promise, given]).finally(() => clearTimeout(timer));
}
