import { Kinds, oneOf } from '../arguments/argument-kinds.ts';
import { checkArgument } from '../arguments/check-argument.ts';
import { brandClass, brandOf, hasBrand } from '../brand.ts';
import type { CredentialBinding } from './credential-binding.ts';
import { checkBinding } from './credential-binding.ts';

const BRAND = brandOf('Secret');
const TOKEN = { ...Kinds.bytes, wanted: 'must be bytes (a Uint8Array), or their hex as a string' };
const STATE = oneOf(['current', 'stale']);
const INSPECT = Symbol.for('nodejs.util.inspect.custom');

/** What every rendering of a secret shows, regardless of its length. */
export const SECRET_MASK = '**********';

/**
 * The state of a token at the place (a {@link CredentialBinding}) where it was found:
 *
 * - `current`: the current key sealed it for this place; it can be stored again unchanged.
 * - `stale`: it opens here, but should be sealed again: an older key made it, or it is bound to no place.
 * - `elsewhere`: it is bound to another proxy or role, so it was moved. It is never opened here.
 * - `refused`: it is bound to no place, and the cipher refuses such tokens.
 * - `unknown`: no key made it, or it was changed since.
 */
export type TokenState = 'current' | 'stale' | 'elsewhere' | 'refused' | 'unknown';

/**
 * Seals secrets into tokens and opens them. `CredentialEncryptor` of `@pw/cache-crypto` is one; a KMS client could be
 * another.
 */
export interface CredentialCipher {
  /**
   * Seals a secret, bound to the given place if the cipher supports binding. The empty secret becomes zero bytes.
   * Throws a CacheError if sealing fails.
   */
  encrypt(secret: Secret, binding?: CredentialBinding): Uint8Array;
  /**
   * Opens a token; with a binding, only if the token belongs there. Zero bytes are the empty secret. Throws a
   * CacheError with code `CACHE_CREDENTIAL_UNREADABLE` for a wrong key, a damaged token or a token that is bound
   * elsewhere.
   */
  decrypt(token: Uint8Array, binding?: CredentialBinding): Secret;
  /**
   * Returns the state of a token at a place without decrypting it. Must verify the token's MAC: nothing else that is
   * stored can vouch for a token. Optional: without it, every secret is decrypted when its record is read and sealed
   * again when it moves to another tier.
   */
  stateOf?(token: Uint8Array, binding: CredentialBinding): TokenState;
}

/**
 * A string that is never shown: `String()`, templates, JSON, `util.inspect`, `structuredClone` and errors show the mask
 * or nothing. Only {@link Secret.reveal} returns the plaintext.
 *
 * A secret is in one of two states. *Plain*: it has the plaintext, and after {@link Secret.seal} also the last token
 * made of it. *Sealed*: it was read from a store, has only the token, and is decrypted on each `reveal`, so that the
 * plaintext of an entry that is only passed on is never in memory. JavaScript cannot wipe strings: a revealed one stays
 * in memory until it is garbage-collected.
 */
export class Secret {
  readonly #text: string | undefined;
  /** Bytes, or their hex until the bytes are needed. */
  #token: Uint8Array | string | undefined;
  #cipher: CredentialCipher | undefined;
  /** The binding of the token. */
  #binding: CredentialBinding | undefined;
  /** State of the token at its binding according to its cipher, if known. */
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

  /**
   * Wraps a plain string. Throws a CacheValidationError for anything other than a string.
   *
   * @example
   * ```ts
   * const secret = Secret.of('hunter2');
   * String(secret); // '**********'
   * secret.reveal(); // 'hunter2'
   * ```
   */
  static of(text: string): Secret {
    if (typeof text !== 'string') checkArgument('text', text, Kinds.string);
    return new Secret(text);
  }

  /**
   * For tiers: wraps a token (bytes, or their hex) that `cipher` can open at `binding`. Nothing is decrypted until
   * {@link Secret.reveal}. `state` is the state of the token according to the cipher: a `current` token moves between
   * stores without another MAC check. Throws a CacheValidationError for a wrong argument.
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

  /** True for a Secret, also of another copy of this package. */
  static isSecret(value: unknown): value is Secret {
    return hasBrand(value, BRAND);
  }

  /** The plaintext. Throws a CacheError with code `CACHE_CREDENTIAL_UNREADABLE` if the token cannot be opened. */
  reveal(): string {
    if (this.#text !== undefined) return this.#text;
    return this.#cipher!.decrypt(this.#bytes()!, this.#binding).reveal();
  }

  /**
   * The token for a place. If the secret already has a token that the cipher's current key made for this place, that
   * token is returned, so that an entry that is written to three tiers, or moved between them, is sealed once.
   */
  seal(cipher: CredentialCipher, binding?: CredentialBinding): Uint8Array {
    if (this.isCurrent(cipher, binding)) return this.#bytes()!;
    const fresh = cipher.encrypt(this, binding);
    // A sealed secret keeps its original token: its own cipher may have a key that the other cipher lacks.
    if (this.#text !== undefined) {
      this.#token = fresh;
      this.#cipher = cipher;
      this.#binding = binding;
      this.#state = 'current';
    }
    return fresh;
  }

  /** True if this secret has a token that the cipher's current key made for this place. */
  isCurrent(cipher: CredentialCipher, binding?: CredentialBinding): boolean {
    if (typeof cipher?.encrypt !== 'function') checkArgument('cipher', cipher, Kinds.cipher);
    if (binding !== undefined) checkBinding(binding);
    if (this.#token === undefined) return false;
    const isKnown = this.#state !== undefined && this.#cipher === cipher && isSameBinding(this.#binding, binding);
    if (isKnown) return this.#state === 'current';
    // The token of a plain secret was made for another cipher or place.
    if (this.#text !== undefined || binding === undefined) return false;
    return cipher.stateOf?.(this.#bytes()!, binding) === 'current';
  }

  /**
   * An estimate of the memory used, without opening the secret: characters of a plain secret, bytes of a token. Reveals
   * the length of the plaintext of a sealed secret only to within 16 bytes.
   */
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
