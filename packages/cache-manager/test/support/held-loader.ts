import type { CacheEntry } from '@pw/cache-models';
import type { LoadContext } from '../../src/index.ts';

/** A loader that settles when the test tells it to. */
export function heldLoader() {
  const calls: { context: LoadContext; give: (entry: CacheEntry | undefined) => void; fail: (e: Error) => void }[] = [];
  const loader = (_key: string, context: LoadContext) => {
    const { promise, resolve, reject } = Promise.withResolvers<CacheEntry | undefined>();
    calls.push({ context, give: resolve, fail: reject });
    return promise;
  };
  return { loader, calls };
}

/**
 * The source of the loaded entry, or the error. Handles rejections from the start, so that an early one is not
 * unhandled.
 */
export const outcomeOf = (promise: Promise<CacheEntry | undefined>) =>
  promise.then(
    (entry) => entry?.source,
    (error: unknown) => error,
  );

export const settle = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
