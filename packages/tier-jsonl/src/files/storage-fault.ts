import { CacheError, CacheStorageError } from '@pw/cache-models';
import { errorCode } from '@pw/cache-models/tier';

/** A file system error as a CacheStorageError; a CacheError is returned unchanged. */
export function storageFault(action: string, error: unknown): CacheError {
  if (error instanceof CacheError) return error;
  const code = errorCode(error);
  return new CacheStorageError(`JSONL tier: could not ${action}${code === undefined ? '' : ` (${code})`}`, {
    cause: error,
  });
}
