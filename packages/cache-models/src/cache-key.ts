import { createHash } from 'node:crypto';
import type { Secret } from './secret.ts';

export interface CacheKeyOptions {
  /** Makes entries of one gateway with different users different entries. A password never takes part. */
  readonly username?: string | Secret | null | undefined;
}

/**
 * The cache key of a proxy: the first 16 hex characters of the SHA-256 of its URL, exactly as given.
 * Without options it is bit-compatible with ProxyWhirl. With a username the hash covers both, parted by a NUL.
 */
export function generateCacheKey(proxyUrl: string, options: CacheKeyOptions = {}): string {
  const { username } = options;
  const name = typeof username === 'string' ? username : (username?.reveal() ?? '');
  const text = name === '' ? proxyUrl : `${proxyUrl}\0${name}`;
  return createHash('sha256').update(text, 'utf8').digest('hex').slice(0, 16);
}
