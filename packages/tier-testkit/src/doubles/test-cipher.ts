import { createHash } from 'node:crypto';
import {
  type CredentialBinding,
  type CredentialCipher,
  CredentialUnreadableError,
  Secret,
  type TokenState,
} from '@pw/cache-models';

/** Marks a token that is bound to no proxy. */
const NOWHERE = 'nowhere';

/**
 * Seals with a keyed pad and a digest: a secret cannot be read in a file, and a wrong key or binding is detected. A
 * token begins like a Fernet token and names its key, so that a test can find it in a file. For tests only: anyone can
 * open its tokens.
 *
 * @example
 * ```ts
 * const tier = new MyTier({ cipher: new TestCipher('new', 'old') });
 * ```
 */
export class TestCipher implements CredentialCipher {
  readonly #key: string;
  readonly #older: readonly TestCipher[];

  /** Seals with `key`, and opens tokens sealed with it or with an older key. */
  constructor(key = 'first', ...older: string[]) {
    this.#key = key;
    this.#older = older.map((other) => new TestCipher(other));
  }

  encrypt(secret: Secret, binding?: CredentialBinding): Uint8Array {
    const text = Buffer.from(secret.reveal());
    if (text.length === 0) return text;
    const body = `${this.#mask(text).toString('base64url')}.${this.#placeOf(binding)}`;
    return Buffer.from(`gAAAA.${this.#key}.${body}.${this.#digest(body)}`);
  }

  decrypt(token: Uint8Array, binding?: CredentialBinding): Secret {
    if (token.length === 0) return Secret.of('');
    const maker = [this, ...this.#older].find((cipher) => cipher.#made(token));
    if (maker === undefined) throw new CredentialUnreadableError('unknown');
    if (binding !== undefined && maker.#isElsewhere(token, binding)) throw new CredentialUnreadableError('elsewhere');
    return Secret.of(maker.#mask(Buffer.from(partsOf(token)[2]!, 'base64url')).toString());
  }

  stateOf(token: Uint8Array, binding: CredentialBinding): TokenState {
    const maker = [this, ...this.#older].find((cipher) => cipher.#made(token));
    if (maker === undefined) return 'unknown';
    if (maker.#isElsewhere(token, binding)) return 'elsewhere';
    return maker === this && partsOf(token)[3] !== NOWHERE ? 'current' : 'stale';
  }

  #made(token: Uint8Array): boolean {
    const [kind, key, body, place, digest] = partsOf(token);
    const isOurs = kind === 'gAAAA' && key === this.#key && place !== undefined;
    return isOurs && digest === this.#digest(`${body}.${place}`);
  }

  #isElsewhere(token: Uint8Array, binding: CredentialBinding): boolean {
    const place = partsOf(token)[3];
    return place !== NOWHERE && place !== this.#placeOf(binding);
  }

  #placeOf(binding: CredentialBinding | undefined): string {
    return binding === undefined ? NOWHERE : this.#digest(`${binding.role} ${binding.origin}`);
  }

  #mask(bytes: Buffer): Buffer {
    const pad = createHash('sha256').update(this.#key).digest();
    return Buffer.from(bytes.map((byte, at) => byte ^ pad[at % pad.length]!));
  }

  #digest(text: string): string {
    return createHash('sha256').update(`${this.#key}:${text}`).digest('hex').slice(0, 16);
  }
}

function partsOf(token: Uint8Array): string[] {
  return Buffer.from(token).toString().split('.');
}
