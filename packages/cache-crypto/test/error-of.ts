import { CacheError } from '@pw/cache-models';

/** The CacheError that `work` throws; anything else, or nothing, fails the test. */
export function errorOf(work: () => unknown): CacheError {
  try {
    work();
  } catch (error) {
    if (error instanceof CacheError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
