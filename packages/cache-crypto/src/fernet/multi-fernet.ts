import { CacheConfigError, CacheErrorCode } from '@pw/cache-models';
import type { FernetKeyInput } from '../keys/fernet-key-input.ts';
import {
  checkFernetOptions,
  checkOpenOptions,
  Fernet,
  type FernetOptions,
  keyOfFernet,
  NO_OPTIONS,
  type OpenOptions,
} from './fernet.ts';
import { FernetKey } from './fernet-key.ts';
import { KeyRing, type TokenInput } from './key-ring.ts';

/**
 * Fernet with several keys: the first seals, all open. To replace a key, put the new one in front, {@link
 * MultiFernet.rotate} all stored tokens, then remove the old key.
 *
 * @example
 * ```ts
 * const fernet = new MultiFernet([newKey, oldKey]);
 * const rotated = fernet.rotate(token); // sealed with newKey, same creation time
 * ```
 */
export class MultiFernet {
  readonly #ring: KeyRing;

  /**
   * Throws a CacheError with code `CACHE_KEY_INVALID` if there is no key or one has the wrong format, and a
   * CacheConfigError if `keys` is not a list.
   */
  constructor(keys: Iterable<Fernet | FernetKeyInput>, options: FernetOptions = {}) {
    checkFernetOptions(options, 'MultiFernet');
    const parse = (key: Fernet | FernetKeyInput, i: number) =>
      key instanceof Fernet ? keyOfFernet(key) : FernetKey.parse(key, 'Invalid Fernet key', { name: `keys[${i}]` });
    this.#ring = new KeyRing(listOf(keys).map(parse), options.clock);
  }

  /** Seals with the first key; otherwise as {@link Fernet.encrypt}. */
  encrypt(plaintext: string | Uint8Array): Uint8Array {
    return this.#ring.seal(plaintext);
  }

  /** Opens a token that any of the keys made; otherwise as {@link Fernet.decrypt}. */
  decrypt(token: TokenInput, options: OpenOptions = NO_OPTIONS): Uint8Array {
    checkOpenOptions(options);
    return this.#ring.open(token, options.ttlSeconds);
  }

  /** The creation time of a token, as {@link Fernet.extractTimestamp}. */
  extractTimestamp(token: TokenInput): number {
    return this.#ring.secondsOf(token) * 1e3;
  }

  /**
   * Seals the contents of a token again with the first key, and keeps its creation time. Throws as {@link
   * MultiFernet.decrypt} does.
   */
  rotate(token: TokenInput, options: OpenOptions = NO_OPTIONS): Uint8Array {
    checkOpenOptions(options);
    const plaintext = this.#ring.open(token, options.ttlSeconds);
    try {
      return this.#ring.seal(plaintext, this.#ring.secondsOf(token));
    } finally {
      plaintext.fill(0);
    }
  }
}

const NOT_A_LIST = 'must be a list, or another iterable, of keys and Fernets';

/** Bytes, and String objects, are single keys, but iterable: they would be read as a list of 44 keys. */
function isListOfKeys(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array || value instanceof String)
    return false;
  return typeof (value as Partial<Iterable<unknown>>)[Symbol.iterator] === 'function';
}

/** A string is iterable, but is a single key. */
function listOf(keys: Iterable<Fernet | FernetKeyInput>): (Fernet | FernetKeyInput)[] {
  if (typeof keys === 'string') return [keys];
  if (isListOfKeys(keys)) return [...keys];
  throw new CacheConfigError(`Invalid Fernet keys: keys: ${NOT_A_LIST}`, {
    code: CacheErrorCode.KEY_INVALID,
    problems: [{ path: 'keys', message: NOT_A_LIST }],
  });
}
