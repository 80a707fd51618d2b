import type { CacheEntry } from '@pw/cache-models';
import type { LoadContext } from '../../src/index.ts';

/** A loader that answers when the test says so. */
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
 * The source of what was loaded, or the error. Rejections are looked at from the start: one that comes early is not an
 * unhandled one.
 */
export const outcomeOf = (promise: Promise<CacheEntry | undefined>) =>
  promise.then(
    (entry) => entry?.source,
    (error: unknown) => error,
  );

export const settle = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
