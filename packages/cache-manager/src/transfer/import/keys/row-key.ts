import { timingSafeEqual } from 'node:crypto';
import { type CacheEntry, generateCacheKey, parseProxyUrl } from '@pw/cache-models';
import { originOf } from '@pw/cache-models/tier';
import type { KeyIdentity } from '../warm-options.ts';
import type { PasswordMac } from './password-mac.ts';

/** The parts of a row that its key may cover. */
export interface KeyParts {
  /** The canonical URL, or the invalid one that is stored unchanged. */
  readonly url: string;
  /** The URL exactly as in the row, if it has one. */
  readonly given: string | undefined;
  readonly username: string | null;
  readonly password: string | null;
}

/** Makes the keys of an import's rows, and recognises keys that a row may claim. */
export class RowKeys {
  readonly #identity: KeyIdentity;
  /** Present with the identity `url+credentials`. */
  readonly #mac: PasswordMac | undefined;

  constructor(identity: KeyIdentity, mac?: PasswordMac) {
    this.#identity = identity;
    this.#mac = mac;
  }

  /** The key of a row without a key or with one that is not trusted. A password enters only through the HMAC. */
  ownKey(parts: KeyParts): string {
    const { url, given, username } = parts;
    const mac = this.#macOf(parts);
    if (mac !== undefined) return mac;
    if (this.#identity !== 'url') return generateCacheKey(url, { username });
    // ProxyWhirl hashes the URL exactly as the row has it.
    const isExact = given !== undefined && !given.includes('@') && parseProxyUrl(given).ok;
    return generateCacheKey(isExact ? given : url);
  }

  /**
   * True for a key that the row itself hashes to: its URL (canonical or as given), with its username or, as in
   * ProxyWhirl, without; with `url+credentials` also its HMAC. Any other key proves nothing: anybody can compute the
   * key of a stored proxy and put it into a row.
   */
  isOwnKey(key: string, parts: KeyParts): boolean {
    const { url, given, username } = parts;
    const urls = given === undefined || given === url ? [url] : [url, given];
    if (urls.some((text) => key === generateCacheKey(text, { username }) || key === generateCacheKey(text)))
      return true;
    const mac = this.#macOf(parts);
    return mac !== undefined && isSame(key, mac);
  }

  #macOf({ url, username, password }: KeyParts): string | undefined {
    // Without a password there is nothing to hide, and the key stays the one that other programs compute.
    return password === null ? undefined : this.#mac?.keyOf({ url, username, password });
  }
}

/** In constant time, so that the author of a file cannot guess an HMAC byte by byte. */
function isSame(key: string, mac: string): boolean {
  const [given, right] = [Buffer.from(key), Buffer.from(mac)];
  return given.length === right.length && timingSafeEqual(given, right);
}

/** The key parts of an entry whose URL is as in its row. */
export function keyPartsOf({ proxyUrl, username, password }: CacheEntry): KeyParts {
  return {
    url: originOf(proxyUrl),
    given: proxyUrl,
    username: username?.reveal() ?? null,
    password: password?.reveal() ?? null,
  };
}
