import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  type KeyObject,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';
import { CacheConfigError } from '@pw/cache-models';
import { BindingKey } from '../binding/binding-key.ts';
import { type FernetKeyInput, invalidKey, type KeySource, keyText, notAKey } from '../keys/fernet-key-input.ts';
import { encodeBase64Url } from './base64url.ts';
import { HmacKey } from './hmac-key.ts';
import { AES_BLOCK, IV_OFFSET, MAC_LENGTH, PAYLOAD_OFFSET, tokenLength, writeHeader } from './token-layout.ts';

const CIPHER = 'aes-128-cbc';
const KEY_TEXT = /^[\w-]{43}=$/;
const HALF = 16;

/**
 * One Fernet key in usable form: it signs with its first 16 bytes and encrypts with its last 16. Works on decoded
 * tokens. The bytes are kept in KeyObjects and an {@link HmacKey}, created once: outside the JavaScript heap, shown by
 * no rendering, and much cheaper to use than raw bytes.
 */
export class FernetKey {
  readonly #signing: KeyObject;
  readonly #hmac: HmacKey;
  readonly #encryption: KeyObject;
  /** Buffer for the expected MAC of a token. */
  readonly #expected = Buffer.alloc(MAC_LENGTH);
  #binding: BindingKey | undefined;

  private constructor(bytes: Buffer) {
    this.#signing = createSecretKey(bytes.subarray(0, HALF));
    this.#hmac = new HmacKey(this.#signing);
    this.#encryption = createSecretKey(bytes.subarray(HALF));
    bytes.fill(0);
  }

  /**
   * Parses a key. Throws a CacheError with code `CACHE_KEY_INVALID` whose message begins with `what`. A value that is
   * neither a string, a Secret nor bytes is refused by an `error` that names the argument, with the same code.
   */
  static parse(
    input: FernetKeyInput,
    what = 'Invalid Fernet key',
    { name = 'key', error = CacheConfigError }: Partial<KeySource> = {},
  ): FernetKey {
    const text = keyText(input);
    if (text === undefined) throw notAKey({ what, name, error });
    if (!KEY_TEXT.test(text)) throw invalidKey(text === '' ? `${what} (it is empty)` : what);
    return new FernetKey(Buffer.from(text, 'base64url'));
  }

  /** A new random key. */
  static generate(): FernetKey {
    return new FernetKey(randomBytes(2 * HALF));
  }

  /** The key as 44 characters of base64url. */
  get text(): string {
    return encodeBase64Url(Buffer.concat([this.#signing.export(), this.#encryption.export()]));
  }

  /** The key for binding tokens, derived on first use. */
  get binding(): BindingKey {
    if (this.#binding === undefined) {
      const bytes = Buffer.concat([this.#signing.export(), this.#encryption.export()]);
      this.#binding = new BindingKey(bytes);
      bytes.fill(0);
    }
    return this.#binding;
  }

  equals(other: FernetKey): boolean {
    return this.#signing.equals(other.#signing) && this.#encryption.equals(other.#encryption);
  }

  /**
   * Seals a plaintext into a decoded token. `seconds` is the creation time; `writeIv` writes a new initialisation
   * vector at an offset.
   */
  seal(plaintext: string | Uint8Array, seconds: number, writeIv: (target: Buffer, offset: number) => void): Buffer {
    const length = Buffer.byteLength(plaintext);
    const token = Buffer.allocUnsafe(tokenLength(length));
    writeHeader(token, seconds);
    writeIv(token, IV_OFFSET);
    const end = token.length - MAC_LENGTH;
    const payload = token.subarray(PAYLOAD_OFFSET, end);
    if (typeof plaintext === 'string') payload.write(plaintext, 'utf8');
    else payload.set(plaintext);
    payload.fill(payload.length - length, length);
    const cipher = createCipheriv(CIPHER, this.#encryption, token.subarray(IV_OFFSET, PAYLOAD_OFFSET));
    // The padding is added by hand, which saves the call of `final`: a tenth of the time.
    cipher.setAutoPadding(false);
    payload.set(cipher.update(payload));
    token.write(this.#hmac.mac(token, end), end, 'latin1');
    return token;
  }

  /** True if this key made the token. The MAC is compared in constant time. */
  authenticates(token: Buffer): boolean {
    this.#expected.write(this.#hmac.mac(token, token.length - MAC_LENGTH), 'latin1');
    return timingSafeEqual(this.#expected, token.subarray(-MAC_LENGTH));
  }

  /**
   * The plaintext, in a buffer of its own that the caller wipes; `undefined` for wrong padding. Call it only for a
   * token that this key {@link authenticates}: a reaction to the padding of a forged token would be a padding oracle.
   */
  open(token: Buffer): Buffer | undefined {
    const decipher = createDecipheriv(CIPHER, this.#encryption, token.subarray(IV_OFFSET, PAYLOAD_OFFSET));
    decipher.setAutoPadding(false);
    const padded = decipher.update(token.subarray(PAYLOAD_OFFSET, -MAC_LENGTH));
    const length = unpaddedLength(padded);
    if (length === undefined) padded.fill(0);
    return length === undefined ? undefined : padded.subarray(0, length);
  }
}

/**
 * The length without the PKCS #7 padding; `undefined` if the padding is wrong. `padded` has at least one block, and
 * only complete blocks.
 */
function unpaddedLength(padded: Buffer): number | undefined {
  const size = padded[padded.length - 1]!;
  if (size < 1 || size > AES_BLOCK) return undefined;
  for (let at = padded.length - size; at < padded.length; at++) if (padded[at] !== size) return undefined;
  return padded.length - size;
}
