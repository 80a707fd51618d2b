import { CacheError, CacheErrorCode, type CredentialCipher, Secret, type TokenState } from '@pw/cache-models';

/** Replaces an encryptor in tests: reversible, with named keys, and without plaintext in its tokens. */
export class FakeCipher implements CredentialCipher {
  readonly #key: string;
  readonly #older: readonly string[];

  /** Encrypts with `key`, and decrypts tokens of this or an older key. */
  constructor(key = 'k1', ...older: string[]) {
    this.#key = key;
    this.#older = older;
  }

  encrypt(secret: Secret): Uint8Array {
    const text = secret.reveal();
    return text === ''
      ? new Uint8Array()
      : Buffer.from(`gAAAA.${this.#key}.${Buffer.from(text).toString('base64url')}`);
  }

  decrypt(token: Uint8Array): Secret {
    if (token.byteLength === 0) return Secret.of('');
    if (this.stateOf(token) === 'unknown') {
      throw new CacheError('wrong key', { code: CacheErrorCode.CREDENTIAL_UNREADABLE });
    }
    return Secret.of(Buffer.from(Buffer.from(token).toString().split('.')[2]!, 'base64url').toString());
  }

  stateOf(token: Uint8Array): TokenState {
    const text = Buffer.from(token).toString('latin1');
    if (text.startsWith(`gAAAA.${this.#key}.`)) return 'current';
    return this.#older.some((key) => text.startsWith(`gAAAA.${key}.`)) ? 'stale' : 'unknown';
  }
}
