import { CacheError, CacheErrorCode, CacheStorageError } from '@pw/cache-models';

/** The code of an error, SQLite's such as `SQLITE_BUSY` or the system's such as `EACCES`; undefined if it has none. */
export function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : undefined;
}

/** True if the file, or the page that was read, is not as SQLite wrote it. */
export function isDamage(error: unknown): boolean {
  const code = codeOf(error);
  return code === 'SQLITE_NOTADB' || code?.startsWith('SQLITE_CORRUPT') === true;
}

/** True if this connection cannot write: the file is read-only, or was when the connection opened it. */
export function isReadOnly(error: unknown): boolean {
  return codeOf(error)?.startsWith('SQLITE_READONLY') === true;
}

/**
 * An error of SQLite or the file system as a CacheStorageError. Its cause has only the code, as a message may quote SQL
 * or a path. Errors of the cache are returned as they are.
 */
export function toStorageError(error: unknown, tier: string): CacheError {
  if (error instanceof CacheError) return error;
  // An error from a worker thread has lost its class.
  if (codeOf(error) === CacheErrorCode.SCHEMA_REFUSED)
    return new CacheStorageError((error as Error).message, { tier, code: CacheErrorCode.SCHEMA_REFUSED });
  const code = codeOf(error) ?? (error instanceof Error ? error.name : 'unknown');
  const cause = Object.assign(new Error(code), { code });
  return new CacheStorageError(`${tier}: the database operation failed (${code})`, { tier, cause });
}
