import { Kinds, oneOf } from '../arguments/argument-kinds.ts';
import { checkArgument } from '../arguments/check-argument.ts';
import { brandClass, brandOf, hasBrand } from '../brand.ts';
import type { CredentialBinding } from './credential-binding.ts';
import { checkBinding } from './credential-binding.ts';

const BRAND = brandOf('Secret');
const TOKEN = { ...Kinds.bytes, wanted: 'must be bytes (a Uint8Array), or their hex as a string' };
const STATE = oneOf(['current', 'stale']);
const INSPECT = Symbol.for('nodejs.util.inspect.custom');

/** What every rendering of a secret shows, whatever its length. */
export const SECRET_MASK = '**********';

/**
 * What a cipher says of a token, for a place where it is found:
 *
 * - `current`: the key that seals made it, for this place: it is stored again as it is.
 * - `stale`: it opens here and should be sealed again: an older key made it, or it is bound to no place.
 * - `elsewhere`: it is bound to another proxy or another role. It is never opened here: somebody moved it.
 * - `refused`: it is bound to no place, and the cipher refuses such tokens.
 * - `unknown`: none of the keys made it, or it was changed since.
 */
export type TokenState = 'current' | 'stale' | 'elsewhere' | 'refused' | 'unknown';

/** Turns secrets into tokens and back. `CredentialEncryptor` of `@pw/cache-crypto` is one; a KMS client could be another. */
export interface CredentialCipher {
  /**
   * Seals a secret, for the given place if the cipher can bind. The empty secret becomes zero bytes. Throws a CacheError when
   * sealing fails.
   */
  encrypt(secret: Secret, binding?: CredentialBinding): Uint8Array;
  /**
   * Opens a token; with a binding only one that belongs there. Zero bytes give the empty secret.
   * Throws a CacheError with code `CACHE_CREDENTIAL_UNREADABLE` for a wrong key, a damaged token or one bound elsewhere.
   */
  decrypt(token: Uint8Array, binding?: CredentialBinding): Secret;
  /**
   * Tells what a token is at a place, without decrypting it. It must check the token's MAC each time: nothing else that is
   * stored can vouch for a token. A cipher without this method works, but every secret is then decrypted when it is read
   * and sealed again when it moves.
   */
  stateOf?(token: Uint8Array, binding: CredentialBinding): TokenState;
}

/**
 * A text that never shows itself: `String()`, template, JSON, `util.inspect`, `structuredClone` and errors give the mask
 * or nothing. Only {@link Secret.reveal} gives the text.
 *
 * A secret read from a store keeps its sealed token and is decrypted at each `reveal`: an entry that only passes through
 * has no plaintext in memory. A text that was revealed is the caller's to forget; JavaScript cannot wipe strings.
 */
export class Secret {
  readonly #text: string | undefined;
  /** Bytes, or their hex until somebody needs them. */
  #token: Uint8Array | string | undefined;
  #cipher: CredentialCipher | undefined;
  /** What the token is bound to. */
  #binding: CredentialBinding | undefined;
  /** What its cipher said of the token at its binding, where that is known. */
  #state: 'current' | 'stale' | undefined;

  private constructor(
    text: string | undefined,
    token?: Uint8Array | string,
    cipher?: CredentialCipher,
    binding?: CredentialBinding,
    state?: 'current' | 'stale',
  ) {
    this.#text = text;
    this.#token = token;
    this.#cipher = cipher;
    this.#binding = binding;
    this.#state = state;
  }

  /** Wraps a plain text. Throws a CacheValidationError for anything but a text. */
  static of(text: string): Secret {
    if (typeof text !== 'string') checkArgument('text', text, Kinds.text);
    return new Secret(text);
  }

  /**
   * Wraps a token, its bytes or their hex, that `cipher` can open at `binding`; nothing is decrypted until {@link Secret.reveal}. `state` is what the cipher
   * said of the token: one that is `current` moves between stores without another look at its MAC.
   */
  static sealed(
    token: Uint8Array | string,
    cipher: CredentialCipher,
    binding?: CredentialBinding,
    state?: 'current' | 'stale',
  ): Secret {
    if (typeof token !== 'string' && !(token instanceof Uint8Array)) checkArgument('token', token, TOKEN);
    if (typeof cipher?.decrypt !== 'function') checkArgument('cipher', cipher, Kinds.cipher);
    if (binding !== undefined) checkBinding(binding);
    if (state !== undefined && state !== 'current' && state !== 'stale') checkArgument('state', state, STATE);
    return new Secret(undefined, token, cipher, binding, state);
  }

  /** True for a Secret of this or another copy of the package. */
  static isSecret(value: unknown): value is Secret {
    return hasBrand(value, BRAND);
  }

  /** The text. Throws a CacheError with code `CACHE_CREDENTIAL_UNREADABLE` if the token cannot be opened. */
  reveal(): string {
    if (this.#text !== undefined) return this.#text;
    return this.#cipher!.decrypt(this.#bytes()!, this.#binding).reveal();
  }

  /**
   * The token for a place. One that the cipher's current key made for this very place is given again as it is, so that an entry
   * written to three tiers, or moved between them, is sealed once.
   */
  seal(cipher: CredentialCipher, binding?: CredentialBinding): Uint8Array {
    if (this.isCurrent(cipher, binding)) return this.#bytes()!;
    const fresh = cipher.encrypt(this, binding);
    // A sealed secret keeps the token it came with: its cipher may hold a key that the other one lacks.
    if (this.#text !== undefined) {
      this.#token = fresh;
      this.#cipher = cipher;
      this.#binding = binding;
      this.#state = 'current';
    }
    return fresh;
  }

  /** True if this secret keeps a token that the cipher's current key made for this place. */
  isCurrent(cipher: CredentialCipher, binding?: CredentialBinding): boolean {
    if (typeof cipher?.encrypt !== 'function') checkArgument('cipher', cipher, Kinds.cipher);
    if (binding !== undefined) checkBinding(binding);
    if (this.#token === undefined) return false;
    const isKnown = this.#state !== undefined && this.#cipher === cipher && isSameBinding(this.#binding, binding);
    if (isKnown) return this.#state === 'current';
    // A secret with a text of its own was sealed for another cipher or another place.
    if (this.#text !== undefined || binding === undefined) return false;
    return cipher.stateOf?.(this.#bytes()!, binding) === 'current';
  }

  /** The room that it takes, without a look into it: characters of a text, bytes of a token. The second says little of the text's length. */
  get size(): number {
    if (this.#text !== undefined) return this.#text.length;
    return typeof this.#token === 'string' ? this.#token.length / 2 : this.#token!.length;
  }

  #bytes(): Uint8Array | undefined {
    if (typeof this.#token === 'string') this.#token = Buffer.from(this.#token, 'hex');
    return this.#token;
  }

  toString(): string {
    return SECRET_MASK;
  }

  toJSON(): string {
    return SECRET_MASK;
  }

  [Symbol.toPrimitive](): string {
    return SECRET_MASK;
  }

  [INSPECT](): string {
    return `Secret(${SECRET_MASK})`;
  }
}
brandClass(Secret, BRAND);

function isSameBinding(a: CredentialBinding | undefined, b: CredentialBinding | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && a.origin === b.origin && a.role === b.role);
}
