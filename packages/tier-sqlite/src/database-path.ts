import { resolve } from 'node:path';
import { CacheConfigError } from '@pw/cache-models';

/** The absolute path of a database. Throws a CacheConfigError for what is no usable file name. */
export function databasePath(path: unknown, tier: string, member = 'path'): string {
  const problem = problemOf(path);
  if (problem === undefined) return resolve(path as string);
  throw new CacheConfigError(`${tier}: ${member}: ${problem}`, {
    tier,
    problems: [{ path: member, message: problem }],
  });
}

function problemOf(path: unknown): string | undefined {
  if (typeof path !== 'string' || path === '') return 'must be a non-empty text';
  if (path.includes('\0')) return 'must not contain a NUL';
  // better-sqlite3 would trim it, and open another file than the one that was made private.
  return path === path.trimEnd() ? undefined : 'must not end with a blank';
}
