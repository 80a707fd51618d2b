import { CacheError, CacheStorageError } from '@pw/cache-models';

/** The word that a server's error begins with, such as `OOM`, or the code of a system call, such as `ECONNRESET`. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const { code } = error as { code?: unknown };
  if (typeof code === 'string') return code;
  return /^[A-Z]{2,20}(?= )/.exec(error.message)?.[0] ?? error.constructor.name;
}

/**
 * What the client or the server said, as a CacheStorageError. The cause carries the reason and nothing else: a server's
 * message may quote the arguments of a command. Errors of the cache pass through.
 */
export function toStorageError(error: unknown, tier: string): CacheError {
  if (error instanceof CacheError) return error;
  const code = reasonOf(error);
  const cause = Object.assign(new Error(code), { code });
  return new CacheStorageError(`${tier}: the server did not do the operation (${code})`, { tier, cause });
}

export function noAnswer(tier: string, timeoutMs: number): CacheStorageError {
  return new CacheStorageError(`${tier}: no answer of the server within ${timeoutMs} ms`, { tier });
}

export function notConnected(tier: string): CacheStorageError {
  return new CacheStorageError(`${tier}: not connected to the server`, { tier });
}
