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
 * Fernet with several keys: the first seals, all open. Put a new key in front to rotate, {@link MultiFernet.rotate} what
 * is stored, then drop the old one.
 */
export class MultiFernet {
  readonly #ring: KeyRing;

  /** Throws a CacheError with code `CACHE_KEY_INVALID` for no key at all, or for one of a wrong format; a CacheConfigError for what is no list. */
  constructor(keys: Iterable<Fernet | FernetKeyInput>, options: FernetOptions = {}) {
    checkFernetOptions(options, 'MultiFernet');
    const parse = (key: Fernet | FernetKeyInput, i: number) =>
      key instanceof Fernet ? keyOfFernet(key) : FernetKey.parse(key, 'Invalid Fernet key', { name: `keys[${i}]` });
    this.#ring = new KeyRing(listOf(keys).map(parse), options.clock);
  }

  /** Seals with the first key, as {@link Fernet.encrypt}. */
  encrypt(plaintext: string | Uint8Array): Uint8Array {
    return this.#ring.seal(plaintext);
  }

  /** Opens a token that any of the keys made, as {@link Fernet.decrypt}. */
  decrypt(token: TokenInput, options: OpenOptions = NO_OPTIONS): Uint8Array {
    checkOpenOptions(options);
    return this.#ring.open(token, options.ttl);
  }

  /** When the token was made, as {@link Fernet.extractTimestamp}. */
  extractTimestamp(token: TokenInput): number {
    return this.#ring.secondsOf(token) * 1e3;
  }

  /** The same content and creation time sealed with the first key. Throws as {@link MultiFernet.decrypt}. */
  rotate(token: TokenInput, options: OpenOptions = NO_OPTIONS): Uint8Array {
    checkOpenOptions(options);
    const plaintext = this.#ring.open(token, options.ttl);
    try {
      return this.#ring.seal(plaintext, this.#ring.secondsOf(token));
    } finally {
      plaintext.fill(0);
    }
  }
}

const NO_LIST = 'must be a list, or another iterable, of keys and Fernets';

/** Bytes are a key by itself, and iterable too: they would be read as forty-four. So would a text in an object. */
function isListOfKeys(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array || value instanceof String)
    return false;
  return typeof (value as Partial<Iterable<unknown>>)[Symbol.iterator] === 'function';
}

/** A string is iterable too, and is one key. */
function listOf(keys: Iterable<Fernet | FernetKeyInput>): (Fernet | FernetKeyInput)[] {
  if (typeof keys === 'string') return [keys];
  if (isListOfKeys(keys)) return [...keys];
  throw new CacheConfigError(`Invalid Fernet keys: keys: ${NO_LIST}`, {
    code: CacheErrorCode.KEY_INVALID,
    problems: [{ path: 'keys', message: NO_LIST }],
  });
}
