import { CacheError, CacheErrorCode } from './cache-error.ts';

/** What does not heal by waiting. Messages with these codes name a path or a part of the store, never a stored value. */
const SHOWN: ReadonlySet<CacheErrorCode> = new Set([CacheErrorCode.UNSAFE_PATH, CacheErrorCode.SCHEMA_REFUSED]);

/** The message of an error that a person has to read to mend it; `undefined` for one whose message is not to be logged. */
export function reasonToShow(error: unknown): string | undefined {
  return error instanceof CacheError && SHOWN.has(error.code) ? error.message : undefined;
}
