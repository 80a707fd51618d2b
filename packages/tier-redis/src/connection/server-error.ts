import { CacheError, CacheStorageError } from '@pw/cache-models';
import { errorCode } from '@pw/cache-models/tier';

/** The prefix of a server's error message, such as `OOM`, or the code of a system error, such as `ECONNRESET`. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  return errorCode(error) ?? /^[A-Z]{2,20}(?= )/.exec(error.message)?.[0] ?? error.constructor.name;
}

/**
 * Converts an error of the client or the server to a CacheStorageError. Its cause carries only the code, because a
 * server's message may quote the arguments of a command. A CacheError is returned unchanged.
 */
export function toStorageError(error: unknown, tier: string): CacheError {
  if (error instanceof CacheError) return error;
  const code = reasonOf(error);
  const cause = Object.assign(new Error(code), { code });
  return new CacheStorageError(`${tier}: the server rejected the operation (${code})`, { tier, cause });
}

export function noReply(tier: string, timeoutMs: number): CacheStorageError {
  return new CacheStorageError(`${tier}: no reply from the server within ${timeoutMs} ms`, { tier });
}

export function notConnected(tier: string): CacheStorageError {
  return new CacheStorageError(`${tier}: not connected to the server`, { tier });
}
