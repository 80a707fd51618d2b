import type { Secret } from './secret.ts';

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
}
