import { CacheError, CacheStorageError } from '@pw/cache-models';

/** A file system error as a CacheStorageError; a CacheError is returned unchanged. */
export function storageFault(action: string, error: unknown): CacheError {
  if (error instanceof CacheError) return error;
  const code = errorCode(error);
  return new CacheStorageError(`JSONL tier: could not ${action}${code === undefined ? '' : ` (${code})`}`, {
    cause: error,
  });
}

/** The system's code of an error, such as `ENOSPC`. */
export function errorCode(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : undefined;
}
