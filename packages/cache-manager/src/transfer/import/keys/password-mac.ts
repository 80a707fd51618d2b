import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';

/** Bytes of an identity key. */
export const IDENTITY_KEY_BYTES = 32;
/** Hex characters of a cache key. */
const LENGTH = 16;
/** Says what the HMAC is for: the identity key makes nothing else. */
const PURPOSE = 'pw-cache key 1';

/** What a key covers. */
export interface CoveredParts {
  readonly url: string;
  readonly username: string | null;
  readonly password: string | null;
}

/**
 * Makes keys in which a password takes part: the beginning of an HMAC-SHA256 under the identity key of the cache. Without that key nobody can try
 * passwords on what comes out. The key lies in a KeyObject, outside of the JavaScript heap and in no rendering.
 */
export class PasswordMac {
  readonly #key: KeyObject;

  /** Takes the 32 bytes, and wipes them out. */
  constructor(key: Buffer) {
    this.#key = createSecretKey(key);
    key.fill(0);
  }

  keyOf({ url, username, password }: CoveredParts): string {
    // As JSON no two lists of parts are one text, whatever stands in them.
    const text = JSON.stringify([PURPOSE, url, username ?? '', password ?? '']);
    return createHmac('sha256', this.#key).update(text).digest('hex').slice(0, LENGTH);
  }
}
