import { isPromise } from './maybe-promise.ts';

/**
 * Marks the rejection of a result that is not awaited as handled, because an unhandled one would end the process.
 * Callbacks typed as `void`, such as listeners and loggers, may be asynchronous all the same. Does nothing for a value
 * that is not a promise.
 *
 * @example
 * ```ts
 * ignoreRejection(listener(event));
 * ```
 */
export function ignoreRejection(result: unknown): void {
  if (isPromise(result)) result.then(undefined, ignore);
}

function ignore(): void {}
