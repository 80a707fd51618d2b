import { hash } from 'node:crypto';
import { type ArgumentKind, Kinds } from '../arguments/argument-kinds.ts';
import { checkArgument } from '../arguments/check-argument.ts';
import { checkOptionsObject } from '../arguments/check-options.ts';
import type { Secret } from '../secrets/secret.ts';
import { copyOf } from '../text/copy-of.ts';

export interface CacheKeyOptions {
  /** Makes entries of one gateway with different users different entries. A password never takes part. */
  readonly username?: string | Secret | null | undefined;
}

const NO_OPTIONS: CacheKeyOptions = Object.freeze({});
const USERNAME: ArgumentKind = Object.freeze({
  wanted: 'must be a string, a Secret or null',
  isRight: (value: unknown) => value == null || typeof value === 'string' || Kinds.secret.isRight(value),
});

/**
 * The cache key of a proxy: the first 16 hex characters of the SHA-256 of its URL, exactly as given.
 * Without options it is bit-compatible with ProxyWhirl. With a username the hash covers both, parted by a NUL.
 * Throws a CacheValidationError for a URL that is no text, or for wrong options.
 */
export function generateCacheKey(proxyUrl: string, options: CacheKeyOptions = NO_OPTIONS): string {
  if (typeof proxyUrl !== 'string') checkArgument('proxyUrl', proxyUrl, Kinds.text);
  if (options !== NO_OPTIONS && !isInOrder(options))
    checkOptionsObject(options, { username: USERNAME }, { what: 'generateCacheKey' });
  return hashKey(proxyUrl, options.username);
}

/** True for nearly all options, at a hundredth of what the whole check costs; false where that has to say. */
function isInOrder(options: CacheKeyOptions): boolean {
  const username = options?.username;
  if (typeof username !== 'string' && username !== null) return false;
  const names = Object.keys(options);
  return names.length === 1 && names[0] === 'username';
}

/** As {@link generateCacheKey}, of what was checked. */
export function hashKey(proxyUrl: string, username: string | Secret | null | undefined): string {
  const name = typeof username === 'string' ? username : (username?.reveal() ?? '');
  const text = name === '' ? proxyUrl : `${proxyUrl}\0${name}`;
  return copyOf(hash('sha256', text, 'hex').slice(0, 16));
}
