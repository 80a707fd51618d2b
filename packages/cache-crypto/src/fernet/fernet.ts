import { CacheConfigError, type Clock } from '@pw/cache-models';
import { type ArgumentKind, checkOptionsObject, Kinds, nullable, optional } from '@pw/cache-models/tier';
import type { FernetKeyInput } from '../keys/fernet-key-input.ts';
import { FernetKey } from './fernet-key.ts';
import { KeyRing, type TokenInput } from './key-ring.ts';

/** Options of {@link Fernet} and `MultiFernet`. */
export interface FernetOptions {
  /**
   * Determines the creation time and age of tokens.
   *
   * @default the system clock
   */
  readonly clock?: Clock | undefined;
}

/** Options of `decrypt`. */
export interface OpenOptions {
  /**
   * Maximum age of a token in seconds, 0 or more; `null` for no limit, because stored tokens must stay readable. With a
   * limit, a token from more than 60 seconds in the future is refused too.
   *
   * @default null
   */
  readonly ttlSeconds?: number | null | undefined;
}

/** The default options, which need no check. */
export const NO_OPTIONS: OpenOptions = Object.freeze({});

const FERNET_OPTIONS: Readonly<Record<keyof FernetOptions, ArgumentKind>> = Object.freeze({
  clock: optional(Kinds.clock),
});
const OPEN_OPTIONS: Readonly<Record<keyof OpenOptions, ArgumentKind>> = Object.freeze({
  ttlSeconds: nullable({
    // With NaN, no token would ever be too old.
    wanted: 'must be a number of seconds, 0 or more',
    isRight: (value: unknown) => Number.isFinite(value) && (value as number) >= 0,
  }),
});

/** Throws a CacheConfigError that begins with `what`, the name of the class, for wrong options. */
export function checkFernetOptions(options: FernetOptions, what: string): void {
  checkOptionsObject(options, FERNET_OPTIONS, { what, error: CacheConfigError });
}

/** Throws a CacheValidationError for wrong options. */
export function checkOpenOptions(options: OpenOptions): void {
  if (options !== NO_OPTIONS) checkOptionsObject(options, OPEN_OPTIONS, { what: 'decrypt' });
}

// MultiFernet accepts Fernets and needs their keys, which are private: the class exposes them through this function
// only.
let readKey: (fernet: Fernet) => FernetKey;

/**
 * Fernet (https://github.com/fernet/spec) with one key: AES-128-CBC and HMAC-SHA256. Its tokens are compatible with
 * Python's `cryptography`. The bytes that it returns are Buffers, so `String(token)` is the token as a string.
 *
 * @example
 * ```ts
 * const fernet = new Fernet(generateKey());
 * const token = fernet.encrypt('hunter2');
 * String(fernet.decrypt(token)); // 'hunter2'
 * ```
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
   * Seals a string, as UTF-8, or bytes. Returns the token as ASCII bytes.
   * Throws a CacheValidationError for a string with a lone surrogate, and a CacheError if the cipher fails.
   */
  encrypt(plaintext: string | Uint8Array): Uint8Array {
    return this.#ring.seal(plaintext);
  }

  /**
   * Opens a token. Throws a CacheError with code `CACHE_CREDENTIAL_UNREADABLE` for a wrong key, a damaged token or a
   * token older than `ttlSeconds`, and a CacheValidationError for wrong options.
   *
   * @example
   * ```ts
   * String(new Fernet(newKey).decrypt(token, { ttlSeconds: 60 }));
   * ```
   */
  decrypt(token: TokenInput, options: OpenOptions = NO_OPTIONS): Uint8Array {
    checkOpenOptions(options);
    return this.#ring.open(token, options.ttlSeconds);
  }

  /**
   * The creation time of a token in epoch milliseconds, with a precision of one second. Throws as {@link
   * Fernet.decrypt} does unless this key made the token.
   */
  extractTimestamp(token: TokenInput): number {
    return this.#ring.secondsOf(token) * 1e3;
  }
}

/** The key of a Fernet. Not exported from the package. */
export function keyOfFernet(fernet: Fernet): FernetKey {
  return readKey(fernet);
}
