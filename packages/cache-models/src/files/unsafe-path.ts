import { type ArgumentKind, Kinds, optional } from '../arguments/argument-kinds.ts';
import { checkOptionsObject } from '../arguments/check-options.ts';
import { CacheErrorCode, CacheStorageError } from '../errors/cache-error.ts';

/** A path that is refused: what it was to be, what is there, and what helps. */
export interface UnsafePath {
  readonly path: string;
  /** What belongs there, such as `"shard"`. */
  readonly what: string;
  readonly problem: string;
  readonly tier?: string | undefined;
  readonly cause?: unknown;
}

const MEMBERS: Readonly<Record<keyof UnsafePath, ArgumentKind>> = Object.freeze({
  path: Kinds.text,
  what: Kinds.text,
  problem: Kinds.text,
  tier: optional(Kinds.text),
  cause: { wanted: 'may be anything', isRight: () => true },
});

/** The error of a path that is refused, with code `CACHE_UNSAFE_PATH`; not `retryable`, as a person has to look at it. */
export function unsafePath(found: UnsafePath): CacheStorageError {
  checkOptionsObject(found, MEMBERS, { what: 'unsafePath', name: 'found' });
  const { path, what, problem, tier, cause } = found;
  const message = `${tier === undefined ? '' : `${tier}: `}${what} ${path}: ${problem}`;
  return new CacheStorageError(message, { code: CacheErrorCode.UNSAFE_PATH, tier, cause });
}
