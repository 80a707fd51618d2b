import { type ArgumentKind, Kinds, optional } from '../arguments/argument-kinds.ts';
import { checkOptionsObject } from '../arguments/check-options.ts';
import { CacheErrorCode, CacheStorageError } from '../errors/cache-error.ts';

/** A refused path: what belongs there, what is wrong, and the remedy. */
export interface UnsafePath {
  /** The path as it was given. */
  readonly path: string;
  /** What belongs at the path, such as `"shard"`. */
  readonly what: string;
  /** What is wrong, and the remedy: `is a folder; move it away`. */
  readonly problem: string;
  /**
   * Name of the tier concerned.
   *
   * @default none
   */
  readonly tier?: string | undefined;
  /**
   * The underlying error.
   *
   * @default none
   */
  readonly cause?: unknown;
}

const MEMBERS: Readonly<Record<keyof UnsafePath, ArgumentKind>> = Object.freeze({
  path: Kinds.string,
  what: Kinds.string,
  problem: Kinds.string,
  tier: optional(Kinds.string),
  cause: { wanted: 'may be anything', isRight: () => true },
});

/** The error for a refused path, with code `CACHE_UNSAFE_PATH`. Not `retryable`, because a person has to fix it. */
export function unsafePath(found: UnsafePath): CacheStorageError {
  checkOptionsObject(found, MEMBERS, { what: 'unsafePath', name: 'found' });
  const { path, what, problem, tier, cause } = found;
  const message = `${tier === undefined ? '' : `${tier}: `}${what} ${path}: ${problem}`;
  return new CacheStorageError(message, { code: CacheErrorCode.UNSAFE_PATH, tier, cause });
}
