import { Fernet, type FernetOptions, keyOfFernet, type OpenOptions } from './fernet.ts';
import { FernetKey } from './fernet-key.ts';
import type { FernetKeyInput } from './fernet-key-input.ts';
import { KeyRing, type TokenInput } from './key-ring.ts';

/**
 * Fernet with several keys: the first seals, all open. Put a new key in front to rotate, {@link MultiFernet.rotate} what
 * is stored, then drop the old one.
 */
export class MultiFernet {
  readonly #ring: KeyRing;

  /** Throws a CacheError with code `CACHE_KEY_INVALID` for no key at all, or for one of a wrong format. */
  constructor(keys: Iterable<Fernet | FernetKeyInput>, options: FernetOptions = {}) {
    // A string is iterable too: one key by itself would be read as forty-four.
    const list = typeof keys === 'string' ? [keys] : [...keys];
    this.#ring = new KeyRing(
      list.map((key) => (key instanceof Fernet ? keyOfFernet(key) : FernetKey.parse(key))),
      options.clock,
    );
  }

  /** Seals with the first key, as {@link Fernet.encrypt}. */
  encrypt(plaintext: string | Uint8Array): Uint8Array {
    return this.#ring.seal(plaintext);
  }

  /** Opens a token that any of the keys made, as {@link Fernet.decrypt}. */
  decrypt(token: TokenInput, options: OpenOptions = {}): Uint8Array {
    return this.#ring.open(token, options.ttl);
  }

  /** When the token was made, as {@link Fernet.extractTimestamp}. */
  extractTimestamp(token: TokenInput): number {
    return this.#ring.secondsOf(token) * 1e3;
  }

  /** The same content and creation time sealed with the first key. Throws as {@link MultiFernet.decrypt}. */
  rotate(token: TokenInput, options: OpenOptions = {}): Uint8Array {
    const plaintext = this.#ring.open(token, options.ttl);
    try {
      return this.#ring.seal(plaintext, this.#ring.secondsOf(token));
    } finally {
      plaintext.fill(0);
    }
  }
}
