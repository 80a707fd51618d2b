import { CacheErrorCode, CacheStorageError } from '../cache-error.ts';

/** A path that is refused: what it was to be, what is there, and what helps. */
export interface UnsafePath {
  readonly path: string;
  /** What belongs there, such as `"shard"`. */
  readonly what: string;
  readonly problem: string;
  readonly tier?: string | undefined;
  readonly cause?: unknown;
}

/** The error of a path that is refused, with code `CACHE_UNSAFE_PATH`; not `retryable`, as a person has to look at it. */
export function unsafePath({ path, what, problem, tier, cause }: UnsafePath): CacheStorageError {
  const message = `${tier === undefined ? '' : `${tier}: `}${what} ${path}: ${problem}`;
  return new CacheStorageError(message, { code: CacheErrorCode.UNSAFE_PATH, tier, cause });
}
