import {
  CacheError,
  CacheErrorCode,
  CacheValidationError,
  type Clock,
  type CredentialBinding,
  systemClock,
} from '@pw/cache-models';
import { type ArgumentKind, checkArgument } from '@pw/cache-models/tier';
import type { BindingState } from '../binding/binding-key.ts';
import { KnownTokens } from '../binding/known-tokens.ts';
import type { PlacedToken } from '../binding/placed-token.ts';
import { decodeBase64Url, encodeBase64Url } from './base64url.ts';
import type { FernetKey } from './fernet-key.ts';
import { RandomPool } from './random-pool.ts';
import { hasTokenShape, IV_LENGTH, readSeconds } from './token-layout.ts';

/** A token as a string, or as the ASCII bytes of that string. */
export type TokenInput = string | Uint8Array;

/** Maximum number of seconds that a token may be in the future when its age is checked. */
const MAX_CLOCK_SKEW = 60;

/** A token that one of the keys made. */
interface Authentic {
  readonly key: FernetKey;
  readonly token: Buffer;
}

type IvWriter = (target: Buffer, offset: number) => void;

/**
 * The keys of a cipher, at least one: the first seals, all open. Shared by Fernet, MultiFernet and CredentialEncryptor.
 * Invariant: nothing is decrypted, and no field of a token is trusted, before its MAC has been verified.
 */
export class KeyRing {
  readonly #keys: readonly FernetKey[];
  readonly #clock: Clock;
  readonly #random = new RandomPool();
  readonly #known = new KnownTokens();
  readonly #writeIv = (target: Buffer, offset: number): void => this.#random.writeTo(target, offset, IV_LENGTH);

  /** Duplicate keys are removed. Throws a CacheError with code `CACHE_KEY_INVALID` if there is no key. */
  constructor(keys: readonly FernetKey[], clock: Clock = systemClock) {
    this.#keys = keys.filter((key, i) => keys.findIndex((other) => other.equals(key)) === i);
    this.#clock = clock;
    if (keys.length === 0) {
      throw new CacheError('at least one Fernet key is needed', { code: CacheErrorCode.KEY_INVALID });
    }
  }

  get keys(): readonly FernetKey[] {
    return this.#keys;
  }

  /** Throws a CacheValidationError for a string with a lone surrogate, and a CacheError if the cipher fails. */
  seal(plaintext: string | Uint8Array, seconds: number = this.#now()): Buffer {
    return this.#seal(plaintext, seconds, this.#writeIv);
  }

  /** As {@link seal}, bound to a place. */
  sealFor(plaintext: string, binding: CredentialBinding): Buffer {
    const key = this.#keys[0]!.binding;
    return this.#seal(plaintext, this.#now(), (target, offset) => key.writeIv(target, offset, this.#random, binding));
  }

  /** The plaintext, in a buffer of its own. `ttlSeconds` limits the age. Throws as `Fernet.decrypt` does. */
  open(input: TokenInput, ttlSeconds?: number | null): Buffer {
    return this.#open(this.#authenticate(input), ttlSeconds);
  }

  /** As {@link open}, at a place: `admit` throws if a token with this binding state must not be opened there. */
  openAt(input: TokenInput, binding: CredentialBinding, admit: (state: BindingState) => void): Buffer {
    const found = this.#authenticate(input);
    admit(found.key.binding.stateOf(found.token, binding));
    return this.#open(found);
  }

  /** The creation time of an authentic token in epoch seconds. */
  secondsOf(input: TokenInput): number {
    return readSeconds(this.#authenticate(input).token);
  }

  /**
   * Which key made the token, according to its MAC, and whether it is bound to the place; `undefined` if no key made
   * it.
   */
  placeOf(input: TokenInput, binding: CredentialBinding): PlacedToken | undefined {
    const text = typeof input === 'string' ? input : asciiText(input);
    const known = this.#known.find(text, binding);
    if (known !== undefined) return known;
    const token = decodeToken(text);
    const index = token === undefined ? -1 : this.#keys.findIndex((key) => key.authenticates(token));
    if (index === -1) return undefined;
    const found = { index, state: this.#keys[index]!.binding.stateOf(token!, binding) };
    this.#known.add(text, found, binding);
    return found;
  }

  /** The index of the key that made the token, according to its MAC; -1 if no key did. */
  indexOf(input: TokenInput): number {
    const token = decodeToken(input);
    return token === undefined ? -1 : this.#keys.findIndex((key) => key.authenticates(token));
  }

  #open({ key, token }: Authentic, ttlSeconds?: number | null): Buffer {
    if (ttlSeconds != null) this.#checkAge(readSeconds(token), ttlSeconds);
    const plaintext = key.open(token);
    if (plaintext === undefined) throw unreadableToken('its padding is wrong');
    return plaintext;
  }

  #now(): number {
    return Math.floor(this.#clock.now() / 1e3);
  }

  #seal(plaintext: string | Uint8Array, seconds: number, writeIv: IvWriter): Buffer {
    checkPlaintext(plaintext);
    try {
      if (!(Number.isSafeInteger(seconds) && seconds >= 0))
        throw new RangeError('the clock returned a value that is not a time after 1970');
      return Buffer.from(encodeBase64Url(this.#keys[0]!.seal(plaintext, seconds, writeIv)), 'latin1');
    } catch (cause) {
      throw new CacheError('Encryption failed', { cause });
    }
  }

  #authenticate(input: TokenInput): Authentic {
    const token = decodeToken(input);
    if (token === undefined) throw unreadableToken('it is not a Fernet token');
    const key = this.#keys.find((candidate) => candidate.authenticates(token));
    if (key === undefined) throw unreadableToken('none of the keys made it, or it was changed since');
    return { key, token };
  }

  #checkAge(seconds: number, ttlSeconds: number): void {
    const now = this.#now();
    // Negated, so that the token is refused if the clock returns NaN.
    if (!(now <= seconds + ttlSeconds)) throw unreadableToken('it is older than ttlSeconds');
    if (!(seconds <= now + MAX_CLOCK_SKEW)) throw unreadableToken('it was created in the future');
  }
}

/** The error for a token that cannot be opened. */
export function unreadableToken(reason: string): CacheError {
  return new CacheError(`Decryption failed: the token cannot be opened, ${reason}`, {
    code: CacheErrorCode.CREDENTIAL_UNREADABLE,
  });
}

function decodeToken(input: TokenInput): Buffer | undefined {
  const text = typeof input === 'string' ? input : asciiText(input);
  const token = decodeBase64Url(text);
  return token !== undefined && hasTokenShape(token) ? token : undefined;
}

function asciiText(input: Uint8Array): string {
  if (!(input instanceof Uint8Array)) checkArgument('token', input, BYTES_OR_TEXT);
  return Buffer.from(input.buffer, input.byteOffset, input.byteLength).toString('latin1');
}

const BYTES_OR_TEXT: ArgumentKind = Object.freeze({
  wanted: 'must be a string or bytes (a Uint8Array)',
  isRight: (value: unknown) => typeof value === 'string' || value instanceof Uint8Array,
});

function checkPlaintext(plaintext: unknown): void {
  if (plaintext instanceof Uint8Array) return;
  if (typeof plaintext !== 'string') checkArgument('plaintext', plaintext, BYTES_OR_TEXT);
  // UTF-8 cannot encode half of a surrogate pair: it would be replaced by U+FFFD, which is another secret.
  else if (!plaintext.isWellFormed()) throw new CacheValidationError(SURROGATE, { problems: [NO_SURROGATE] });
}

const NO_SURROGATE = Object.freeze({ path: 'plaintext', message: 'the string has a lone surrogate' });
const SURROGATE = `Encryption failed: ${NO_SURROGATE.message}`;
