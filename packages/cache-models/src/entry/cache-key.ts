import { hash } from 'node:crypto';
import { type ArgumentKind, Kinds } from '../arguments/argument-kinds.ts';
import { checkArgument } from '../arguments/check-argument.ts';
import { checkOptionsObject } from '../arguments/check-options.ts';
import type { Secret } from '../secrets/secret.ts';
import { copyOf } from '../text/copy-of.ts';

export interface CacheKeyOptions {
  /**
   * Distinguishes the users of one gateway. A password is never part of the hash.
   *
   * @default none
   */
  readonly username?: string | Secret | null | undefined;
}

const NO_OPTIONS: CacheKeyOptions = Object.freeze({});
const USERNAME: ArgumentKind = Object.freeze({
  wanted: 'must be a string, a Secret or null',
  isRight: (value: unknown) => value == null || typeof value === 'string' || Kinds.secret.isRight(value),
});

/**
 * The cache key of a proxy: the first 16 hex characters of the SHA-256 of its URL, exactly as given.
 * Without options it is bit-compatible with ProxyWhirl. With a username the hash covers both, separated by a NUL.
 * Throws a CacheValidationError if the URL is not a string, or for wrong options.
 *
 * @example
 * ```ts
 * generateCacheKey('http://192.0.2.1:8080'); // ProxyWhirl's key of that URL
 * generateCacheKey('http://192.0.2.1:8080', { username: 'session-7' }); // the key of that user's entry
 * ```
 */
export function generateCacheKey(proxyUrl: string, options: CacheKeyOptions = NO_OPTIONS): string {
  if (typeof proxyUrl !== 'string') checkArgument('proxyUrl', proxyUrl, Kinds.string);
  if (options !== NO_OPTIONS && !isUsual(options))
    checkOptionsObject(options, { username: USERNAME }, { what: 'generateCacheKey' });
  return hashKey(proxyUrl, options.username);
}

/** True for the usual options, at a hundredth of the cost of the full check; false if the full check has to decide. */
function isUsual(options: CacheKeyOptions): boolean {
  const username = options?.username;
  if (typeof username !== 'string' && username !== null) return false;
  const names = Object.keys(options);
  return names.length === 1 && names[0] === 'username';
}

/** As {@link generateCacheKey}, for arguments that were checked already. */
export function hashKey(proxyUrl: string, username: string | Secret | null | undefined): string {
  const name = typeof username === 'string' ? username : (username?.reveal() ?? '');
  const text = name === '' ? proxyUrl : `${proxyUrl}\0${name}`;
  return copyOf(hash('sha256', text, 'hex').slice(0, 16));
}
