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
import { type FernetKeyInput, invalidKey, type KeySource, keyText, noKey } from '../keys/fernet-key-input.ts';
import { encodeBase64Url } from './base64url.ts';
import { HmacKey } from './hmac-key.ts';
import { AES_BLOCK, IV_OFFSET, MAC_LENGTH, PAYLOAD_OFFSET, tokenLength, writeHeader } from './token-layout.ts';

const CIPHER = 'aes-128-cbc';
const KEY_TEXT = /^[\w-]{43}=$/;
const HALF = 16;

/**
 * One key, ready for use: it signs with its first 16 bytes and encrypts with its last 16. Works on decoded tokens.
 * The bytes live in KeyObjects and an {@link HmacKey}, made once: they are outside the JavaScript heap, show in no rendering,
 * and a call with one costs a fraction of a call with raw bytes.
 */
export class FernetKey {
  readonly #signing: KeyObject;
  readonly #hmac: HmacKey;
  readonly #encryption: KeyObject;
  /** Room for the MAC that a token should have. */
  readonly #expected = Buffer.alloc(MAC_LENGTH);
  #binding: BindingKey | undefined;

  private constructor(bytes: Buffer) {
    this.#signing = createSecretKey(bytes.subarray(0, HALF));
    this.#hmac = new HmacKey(this.#signing);
    this.#encryption = createSecretKey(bytes.subarray(HALF));
    bytes.fill(0);
  }

  /**
   * Throws a CacheError with code `CACHE_KEY_INVALID` whose message begins with `what`. What is neither text, Secret nor bytes is
   * refused in the name of the argument, by an `error` with the same code.
   */
  static parse(
    input: FernetKeyInput,
    what = 'Invalid Fernet key',
    { name = 'key', error = CacheConfigError }: Partial<KeySource> = {},
  ): FernetKey {
    const text = keyText(input);
    if (text === undefined) throw noKey({ what, name, error });
    if (!KEY_TEXT.test(text)) throw invalidKey(text === '' ? `${what} (it is empty)` : what);
    return new FernetKey(Buffer.from(text, 'base64url'));
  }

  static generate(): FernetKey {
    return new FernetKey(randomBytes(2 * HALF));
  }

  /** The key as text. */
  get text(): string {
    return encodeBase64Url(Buffer.concat([this.#signing.export(), this.#encryption.export()]));
  }

  /** Binds what this key seals; made when the first token is to be bound or looked at. */
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

  /** A decoded token. `seconds` is the creation time, `writeIv` puts a new initialisation vector at an offset. */
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
    // The padding is ours, so nothing is left for `final`, which would cost a tenth of the whole.
    cipher.setAutoPadding(false);
    payload.set(cipher.update(payload));
    token.write(this.#hmac.mac(token, end), end, 'latin1');
    return token;
  }

  /** Whether this key made the token; constant-time in the MAC. */
  authenticates(token: Buffer): boolean {
    this.#expected.write(this.#hmac.mac(token, token.length - MAC_LENGTH), 'latin1');
    return timingSafeEqual(this.#expected, token.subarray(-MAC_LENGTH));
  }

  /**
   * The plaintext in memory of its own, the caller's to wipe; `undefined` for bad padding.
   * Call it only for a token that this key {@link authenticates}: an answer about the padding of a forged token is an oracle.
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

/** The length without the PKCS #7 padding; `undefined` for a wrong one. `padded` is whole blocks, at least one. */
function unpaddedLength(padded: Buffer): number | undefined {
  const size = padded[padded.length - 1]!;
  if (size < 1 || size > AES_BLOCK) return undefined;
  for (let at = padded.length - size; at < padded.length; at++) if (padded[at] !== size) return undefined;
  return padded.length - size;
}
