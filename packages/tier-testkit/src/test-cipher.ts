import { createHash } from 'node:crypto';
import { CacheError, CacheErrorCode, type CredentialCipher, Secret, type TokenKey } from '@pw/cache-models';

/** Seals by a keyed stream and a digest: unreadable in a file, and a wrong key is noticed. Of no use outside tests. */
export class TestCipher implements CredentialCipher {
  readonly #key: string;
  readonly #older: readonly TestCipher[];

  /** Seals with a key, and opens what it or an older one sealed. */
  constructor(key = 'first', ...older: string[]) {
    this.#key = key;
    this.#older = older.map((other) => new TestCipher(other));
  }

  encrypt(secret: Secret): Uint8Array {
    const text = Buffer.from(secret.reveal());
    if (text.length === 0) return text;
    const body = this.#mask(text).toString('base64url');
    return Buffer.from(`test.${body}.${this.#tag(body)}`);
  }

  decrypt(token: Uint8Array): Secret {
    if (token.length === 0) return Secret.of('');
    const maker = [this, ...this.#older].find((cipher) => cipher.#made(token));
    if (maker === undefined) {
      throw new CacheError('no key opens the token', { code: CacheErrorCode.CREDENTIAL_UNREADABLE });
    }
    const body = Buffer.from(token).toString().split('.')[1]!;
    return Secret.of(maker.#mask(Buffer.from(body, 'base64url')).toString());
  }

  keyOf(token: Uint8Array): TokenKey | undefined {
    if (this.#made(token)) return 'current';
    return this.#older.some((cipher) => cipher.#made(token)) ? 'previous' : undefined;
  }

  #made(token: Uint8Array): boolean {
    const [kind, body, tag] = Buffer.from(token).toString().split('.');
    return kind === 'test' && body !== undefined && tag === this.#tag(body);
  }

  #mask(bytes: Buffer): Buffer {
    const pad = createHash('sha256').update(this.#key).digest();
    return Buffer.from(bytes.map((byte, at) => byte ^ pad[at % pad.length]!));
  }

  #tag(body: string): string {
    return createHash('sha256').update(`${this.#key}:${body}`).digest('hex').slice(0, 16);
  }
}
