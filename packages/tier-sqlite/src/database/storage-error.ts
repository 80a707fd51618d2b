import { CacheError, CacheErrorCode, CacheStorageError } from '@pw/cache-models';
import { errorCode } from '@pw/cache-models/tier';

/** True if the file, or the page that was read, is not as SQLite wrote it. */
export function isDamage(error: unknown): boolean {
  const code = errorCode(error);
  return code === 'SQLITE_NOTADB' || code?.startsWith('SQLITE_CORRUPT') === true;
}

/** True if this connection cannot write: the file is read-only, or was when the connection opened it. */
export function isReadOnly(error: unknown): boolean {
  return errorCode(error)?.startsWith('SQLITE_READONLY') === true;
}

/**
 * An error of SQLite or the file system as a CacheStorageError. Its cause has only the code, as a message may quote SQL
 * or a path. Errors of the cache are returned as they are.
 */
export function toStorageError(error: unknown, tier: string): CacheError {
  if (error instanceof CacheError) return error;
  // From a worker thread it arrives as another class.
  if (errorCode(error) === CacheErrorCode.SCHEMA_REFUSED)
    return new CacheStorageError((error as Error).message, { tier, code: CacheErrorCode.SCHEMA_REFUSED });
  const code = errorCode(error) ?? (error instanceof Error ? error.name : 'unknown');
  const cause = Object.assign(new Error(code), { code });
  return new CacheStorageError(`${tier}: the database operation failed (${code})`, { tier, cause });
}
