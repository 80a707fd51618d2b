import { CacheStorageError } from '@pw/cache-models';

/** Rejects with a CacheStorageError when the promise has not settled in time; a later rejection of it is swallowed. */
export function withDeadline<T>(promise: Promise<T>, milliseconds: number, tier: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new CacheStorageError(`${tier}: no answer within ${milliseconds} ms`, { tier })),
      milliseconds,
    );
    timer.unref();
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
