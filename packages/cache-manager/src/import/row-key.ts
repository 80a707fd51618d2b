import { type CacheEntry, generateCacheKey, originOf, parseProxyUrl } from '@pw/cache-models';
import type { KeyIdentity } from './warm-options.ts';

/** What the key of a row can be made of. */
export interface KeyParts {
  /** The canonical URL, or the text that is kept as it is. */
  readonly url: string;
  /** The URL exactly as the row has it, if it has one. */
  readonly given: string | undefined;
  readonly username: string | null;
}

/** The key that a row gets which has none, or one that is not believed. A password takes no part. */
export function ownKey({ url, given, username }: KeyParts, identity: KeyIdentity): string {
  if (identity === 'url+username') return generateCacheKey(url, { username });
  // ProxyWhirl's key is of the URL exactly as the row has it.
  const isExact = given !== undefined && !given.includes('@') && parseProxyUrl(given).ok;
  return generateCacheKey(isExact ? given : url);
}

/**
 * True for a key that the row itself hashes to: of its URL, with its username or, as ProxyWhirl makes keys, without; the URL as it
 * is stored or as the row has it. Anybody can compute the key of a stored proxy, so any other one says nothing about the row.
 */
export function isOwnKey(key: string, { url, given, username }: KeyParts): boolean {
  const urls = given === undefined || given === url ? [url] : [url, given];
  return urls.some((text) => key === generateCacheKey(text, { username }) || key === generateCacheKey(text));
}

/** Of an entry whose URL is as its row had it. */
export function keyPartsOf({ proxyUrl, username }: CacheEntry): KeyParts {
  return { url: originOf(proxyUrl), given: proxyUrl, username: username?.reveal() ?? null };
}
