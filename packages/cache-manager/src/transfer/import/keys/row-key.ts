import { timingSafeEqual } from 'node:crypto';
import { type CacheEntry, generateCacheKey, originOf, parseProxyUrl } from '@pw/cache-models';
import type { KeyIdentity } from '../warm-options.ts';
import type { PasswordMac } from './password-mac.ts';

/** What the key of a row can be made of. */
export interface KeyParts {
  /** The canonical URL, or the text that is kept as it is. */
  readonly url: string;
  /** The URL exactly as the row has it, if it has one. */
  readonly given: string | undefined;
  readonly username: string | null;
  readonly password: string | null;
}

/** Makes the keys of an import's rows, and tells which keys are a row's own. */
export class RowKeys {
  readonly #identity: KeyIdentity;
  /** There with the identity `url+credentials`. */
  readonly #mac: PasswordMac | undefined;

  constructor(identity: KeyIdentity, mac?: PasswordMac) {
    this.#identity = identity;
    this.#mac = mac;
  }

  /** The key that a row gets which has none, or one that is not believed. A password takes part through the HMAC alone. */
  ownKey(parts: KeyParts): string {
    const { url, given, username } = parts;
    const mac = this.#macOf(parts);
    if (mac !== undefined) return mac;
    if (this.#identity !== 'url') return generateCacheKey(url, { username });
    // ProxyWhirl's key is of the URL exactly as the row has it.
    const isExact = given !== undefined && !given.includes('@') && parseProxyUrl(given).ok;
    return generateCacheKey(isExact ? given : url);
  }

  /**
   * True for a key that the row itself hashes to: of its URL, with its username or, as ProxyWhirl makes keys, without; the URL as it
   * is stored or as the row has it; with `url+credentials` also of all of it, password included. Anybody can compute the others of a stored
   * proxy, so any other key says nothing about the row.
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
    // Without a password there is nothing to hide, and the key stays one that others can compute.
    return password === null ? undefined : this.#mac?.keyOf({ url, username, password });
  }
}

/** How long it takes must not tell a file's author how much of an HMAC a guess has right. */
function isSame(key: string, mac: string): boolean {
  const [given, right] = [Buffer.from(key), Buffer.from(mac)];
  return given.length === right.length && timingSafeEqual(given, right);
}

/** Of an entry whose URL is as its row had it. */
export function keyPartsOf({ proxyUrl, username, password }: CacheEntry): KeyParts {
  return {
    url: originOf(proxyUrl),
    given: proxyUrl,
    username: username?.reveal() ?? null,
    password: password?.reveal() ?? null,
  };
}
