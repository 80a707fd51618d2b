import { CacheError, CacheErrorCode, CacheStorageError } from '@pw/cache-models';

/** SQLite's code of an error, such as `SQLITE_BUSY`, or of a system call, such as `EACCES`; undefined if it has none. */
export function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : undefined;
}

/** True when the file, or the page that was read, is not what SQLite wrote. */
export function isDamage(error: unknown): boolean {
  const code = codeOf(error);
  return code === 'SQLITE_NOTADB' || code?.startsWith('SQLITE_CORRUPT') === true;
}

/** True when this connection cannot write: the file may not be written, or was not when the connection looked. */
export function isReadOnly(error: unknown): boolean {
  return codeOf(error)?.startsWith('SQLITE_READONLY') === true;
}

/**
 * What SQLite or the file system threw, as a CacheStorageError. Its cause carries the code and nothing else: a message
 * of theirs may quote SQL or a path. Errors of the cache pass through.
 */
export function toStorageError(error: unknown, tier: string): CacheError {
  if (error instanceof CacheError) return error;
  // Out of a thread it comes as another class.
  if (codeOf(error) === CacheErrorCode.SCHEMA_REFUSED)
    return new CacheStorageError((error as Error).message, { tier, code: CacheErrorCode.SCHEMA_REFUSED });
  const code = codeOf(error) ?? (error instanceof Error ? error.name : 'unknown');
  const cause = Object.assign(new Error(code), { code });
  return new CacheStorageError(`${tier}: the database refused the operation (${code})`, { tier, cause });
}
