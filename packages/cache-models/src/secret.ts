import { brandClass, brandOf, hasBrand } from './brand.ts';

const BRAND = brandOf('Secret');
const INSPECT = Symbol.for('nodejs.util.inspect.custom');

/** What every rendering of a secret shows, whatever its length. */
export const SECRET_MASK = '**********';

/** Which key of a cipher made a token: the one it seals with now, or an older one that it still opens. */
export type TokenKey = 'current' | 'previous';

/** Turns secrets into tokens and back. `CredentialEncryptor` of `@pw/cache-crypto` is one; a KMS client could be another. */
export interface CredentialCipher {
  /** Seals a secret. The empty secret becomes zero bytes. Throws a CacheError when sealing fails. */
  encrypt(secret: Secret): Uint8Array;
  /**
   * Opens a token. Zero bytes give the empty secret.
   * Throws a CacheError with code `CACHE_CREDENTIAL_UNREADABLE` for a wrong key or a damaged token.
   */
  decrypt(token: Uint8Array): Secret;
  /**
   * Tells which key made a token, by its MAC alone, without decrypting; `undefined` when none of the keys did.
   * A cipher without it works, but every secret is then decrypted when it is read and sealed again when it moves.
   */
  keyOf?(token: Uint8Array): TokenKey | undefined;
  /**
   * Names the key that seals, for as long as the cipher lives, and tells nothing of it. Kept beside a record's checksum it
   * vouches for the record's tokens: a read then needs no MAC. With it comes {@link CredentialCipher.keyNamed}.
   */
  readonly keyFingerprint?: string | undefined;
  /** Which of the cipher's keys has a fingerprint; `undefined` for none of them. */
  keyNamed?(fingerprint: string): TokenKey | undefined;
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
  /** Of the key that made the token, where it is known. */
  readonly #fingerprint: string | undefined;

  private constructor(
    text: string | undefined,
    token?: Uint8Array | string,
    cipher?: CredentialCipher,
    fingerprint?: string,
  ) {
    this.#text = text;
    this.#token = token;
    this.#cipher = cipher;
    this.#fingerprint = fingerprint;
  }

  /** Wraps a plain text. Throws a TypeError for anything but a string. */
  static of(text: string): Secret {
    if (typeof text !== 'string') throw new TypeError('Secret.of() takes a string');
    return new Secret(text);
  }

  /**
   * Wraps a token that `cipher` can open; nothing is decrypted until {@link Secret.reveal}. With the fingerprint of the key
   * that made it, the token moves between stores without a look at its MAC. A text is the token's hex, from a record whose
   * checksum was found right.
   */
  static sealed(token: Uint8Array | string, cipher: CredentialCipher, fingerprint?: string): Secret {
    return new Secret(undefined, token, cipher, fingerprint);
  }

  /** True for a Secret of this or another copy of the package. */
  static isSecret(value: unknown): value is Secret {
    return hasBrand(value, BRAND);
  }

  /** The text. Throws a CacheError with code `CACHE_CREDENTIAL_UNREADABLE` if the token cannot be opened. */
  reveal(): string {
    if (this.#text !== undefined) return this.#text;
    return this.#cipher!.decrypt(this.#bytes()!).reveal();
  }

  /**
   * The sealed token. One that the cipher's current key made is given again as it is, so that an entry written to
   * three tiers, or moved between them, is sealed once.
   */
  seal(cipher: CredentialCipher): Uint8Array {
    const token = this.#bytes();
    if (token !== undefined && this.sealedBy(cipher) === 'current') return token;
    const fresh = cipher.encrypt(this);
    // A sealed secret keeps the token it came with: its cipher may hold a key that the other one lacks.
    if (this.#text !== undefined) {
      this.#token = fresh;
      this.#cipher = cipher;
    }
    return fresh;
  }

  /** Which of the cipher's keys made the token that this secret keeps; `undefined` for none, and for a secret without a token. */
  sealedBy(cipher: CredentialCipher): TokenKey | undefined {
    if (this.#token === undefined) return undefined;
    if (this.#text !== undefined) return this.#cipher === cipher ? 'current' : undefined;
    if (this.#fingerprint === undefined || cipher.keyNamed === undefined) return cipher.keyOf?.(this.#bytes()!);
    return cipher.keyNamed(this.#fingerprint);
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
