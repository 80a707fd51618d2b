import { hash } from 'node:crypto';
import { copyOf } from './copy-of.ts';
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
  return copyOf(hash('sha256', text, 'hex').slice(0, 16));
}
