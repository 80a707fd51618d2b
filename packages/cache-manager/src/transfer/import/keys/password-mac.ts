import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';

/** Bytes of an identity key. */
export const IDENTITY_KEY_BYTES = 32;
/** Hex characters of a cache key. */
const LENGTH = 16;
/** Domain separation: the identity key is used for nothing else. */
const PURPOSE = 'pw-cache key 1';

/** The parts of a row that its key covers. */
export interface CoveredParts {
  readonly url: string;
  readonly username: string | null;
  readonly password: string | null;
}

/**
 * Makes cache keys that cover a password: a truncated HMAC-SHA256 under the cache's identity key. Without that key,
 * passwords cannot be tested against a cache key. The key is kept in a KeyObject, outside the JavaScript heap, and
 * never printed.
 */
export class PasswordMac {
  readonly #key: KeyObject;

  /** Copies the 32 bytes and wipes the buffer. */
  constructor(key: Buffer) {
    this.#key = createSecretKey(key);
    key.fill(0);
  }

  keyOf({ url, username, password }: CoveredParts): string {
    // JSON is unambiguous: different parts never produce the same string.
    const text = JSON.stringify([PURPOSE, url, username ?? '', password ?? '']);
    return createHmac('sha256', this.#key).update(text).digest('hex').slice(0, LENGTH);
  }
}
