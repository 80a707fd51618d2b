import { createHash } from 'node:crypto';
import { CacheError, CacheErrorCode, type CredentialCipher, Secret, type TokenKey } from '@pw/cache-models';

/** Seals by a keyed stream and a digest: unreadable in a file, and a wrong key is noticed. Of no use outside tests. */
export class TestCipher implements CredentialCipher {
  readonly #key: string;

  constructor(key = 'first') {
    this.#key = key;
  }

  encrypt(secret: Secret): Uint8Array {
    const text = Buffer.from(secret.reveal());
    if (text.length === 0) return text;
    const body = this.#mask(text).toString('base64url');
    return Buffer.from(`test.${body}.${this.#tag(body)}`);
  }

  decrypt(token: Uint8Array): Secret {
    if (token.length === 0) return Secret.of('');
    if (this.keyOf(token) === undefined) {
      throw new CacheError('no key opens the token', { code: CacheErrorCode.CREDENTIAL_UNREADABLE });
    }
    const body = Buffer.from(token).toString().split('.')[1]!;
    return Secret.of(this.#mask(Buffer.from(body, 'base64url')).toString());
  }

  keyOf(token: Uint8Array): TokenKey | undefined {
    const [kind, body, tag] = Buffer.from(token).toString().split('.');
    return kind === 'test' && body !== undefined && tag === this.#tag(body) ? 'current' : undefined;
  }

  #mask(bytes: Buffer): Buffer {
    const pad = createHash('sha256').update(this.#key).digest();
    return Buffer.from(bytes.map((byte, at) => byte ^ pad[at % pad.length]!));
  }

  #tag(body: string): string {
    return createHash('sha256').update(`${this.#key}:${body}`).digest('hex').slice(0, 16);
  }
}
