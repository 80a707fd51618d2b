import { CacheError, CacheErrorCode } from './cache-error.ts';

/**
 * Faults that need a person to fix them. Messages with these codes name a path or a part of the store, never a stored
 * value.
 */
const SHOWN: ReadonlySet<CacheErrorCode> = new Set([CacheErrorCode.UNSAFE_PATH, CacheErrorCode.SCHEMA_REFUSED]);

/**
 * The message of an error, if a person has to read it to fix the fault; `undefined` for errors whose message must not
 * be logged.
 */
export function reasonToShow(error: unknown): string | undefined {
  return error instanceof CacheError && SHOWN.has(error.code) ? error.message : undefined;
}
