import { type ArgumentKind, CacheConfigError, type Clock, checkOptionsObject, Kinds, optional } from '@pw/cache-models';
import type { FernetKeyInput } from '../keys/fernet-key-input.ts';
import { FernetKey } from './fernet-key.ts';
import { KeyRing, type TokenInput } from './key-ring.ts';

export interface FernetOptions {
  /** Gives tokens their creation time and tells their age. Default: the system's. */
  readonly clock?: Clock | undefined;
}

export interface OpenOptions {
  /**
   * The greatest age of a token in seconds, 0 or more; then a token from more than 60 s ahead is refused too.
   * Default: age is not checked, for what is stored must stay readable.
   */
  readonly ttl?: number | undefined;
}

/** Nothing to check in it. */
export const NO_OPTIONS: OpenOptions = Object.freeze({});

const FERNET_OPTIONS: Readonly<Record<keyof FernetOptions, ArgumentKind>> = Object.freeze({
  clock: optional(Kinds.clock),
});
const OPEN_OPTIONS: Readonly<Record<keyof OpenOptions, ArgumentKind>> = Object.freeze({
  ttl: optional({
    // A NaN would compare as "not too old" for ever.
    wanted: 'must be a number of seconds, 0 or more',
    isRight: (value: unknown) => typeof value === 'number' && value >= 0,
  }),
});

/** Throws a CacheConfigError in the name of the class. */
export function checkFernetOptions(options: FernetOptions, what: string): void {
  checkOptionsObject(options, FERNET_OPTIONS, { what, error: CacheConfigError });
}

/** Throws a CacheValidationError. */
export function checkOpenOptions(options: OpenOptions): void {
  if (options !== NO_OPTIONS) checkOptionsObject(options, OPEN_OPTIONS, { what: 'decrypt' });
}

// MultiFernet takes Fernets and needs their keys, which are nobody else's business: the class hands its reader out here alone.
let readKey: (fernet: Fernet) => FernetKey;

/**
 * Fernet (https://github.com/fernet/spec) with one key: AES-128-CBC and HMAC-SHA256. Its tokens are those of Python's
 * `cryptography`. The bytes that it returns are Buffers, so `String(token)` is the token's text.
 */
export class Fernet {
  static {
    readKey = (fernet) => fernet.#ring.keys[0]!;
  }

  readonly #ring: KeyRing;

  /** Throws a CacheError with code `CACHE_KEY_INVALID` unless `key` is 32 bytes as base64url with padding. */
  constructor(key: FernetKeyInput, options: FernetOptions = {}) {
    checkFernetOptions(options, 'Fernet');
    this.#ring = new KeyRing([FernetKey.parse(key)], options.clock);
  }

  /**
   * Seals a text, as UTF-8, or bytes. Returns the token's ASCII bytes.
   * Throws a CacheValidationError for a text with a lone surrogate, a CacheError when the cipher fails.
   */
  encrypt(plaintext: string | Uint8Array): Uint8Array {
    return this.#ring.seal(plaintext);
  }

  /**
   * Opens a token. Throws a CacheError with code `CACHE_CREDENTIAL_UNREADABLE` for a wrong key, a damaged token or one past its
   * `ttl`, a CacheValidationError for a `ttl` that is not a number of 0 or more.
   */
  decrypt(token: TokenInput, options: OpenOptions = NO_OPTIONS): Uint8Array {
    checkOpenOptions(options);
    return this.#ring.open(token, options.ttl);
  }

  /** When the token was made: epoch milliseconds, in whole seconds. Throws as {@link Fernet.decrypt} unless this key made it. */
  extractTimestamp(token: TokenInput): number {
    return this.#ring.secondsOf(token) * 1e3;
  }
}

/** The key of a Fernet. Not exported from the package. */
export function keyOfFernet(fernet: Fernet): FernetKey {
  return readKey(fernet);
}
