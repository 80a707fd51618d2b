import { createHash } from 'node:crypto';
import { CacheError, CacheErrorCode, type CredentialCipher, Secret, type TokenState } from '@pw/cache-models';

/**
 * Seals with a keyed stream and a digest: enough to be unreadable in a file and to detect a wrong key. Not for use.
 */
export class FakeCipher implements CredentialCipher {
  readonly #key: string;

  constructor(key = 'k1') {
    this.#key = key;
  }

  encrypt(secret: Secret): Uint8Array {
    const text = Buffer.from(secret.reveal());
    if (text.length === 0) return text;
    const body = this.#mask(text).toString('base64url');
    return Buffer.from(`fake.${body}.${this.#tag(body)}`);
  }

  decrypt(token: Uint8Array): Secret {
    if (token.length === 0) return Secret.of('');
    if (this.stateOf(token) !== 'current')
      throw new CacheError('no key opens the token', { code: CacheErrorCode.CREDENTIAL_UNREADABLE });
    const body = Buffer.from(token).toString().split('.')[1]!;
    return Secret.of(this.#mask(Buffer.from(body, 'base64url')).toString());
  }

  stateOf(token: Uint8Array): TokenState {
    const [kind, body, tag] = Buffer.from(token).toString().split('.');
    return kind === 'fake' && body !== undefined && tag === this.#tag(body) ? 'current' : 'unknown';
  }

  #mask(bytes: Buffer): Buffer {
    const pad = createHash('sha256').update(this.#key).digest();
    return Buffer.from(bytes.map((byte, at) => byte ^ pad[at % pad.length]!));
  }

  #tag(body: string): string {
    return createHash('sha256').update(`${this.#key}:${body}`).digest('hex').slice(0, 16);
  }
}
