import { FernetKey } from '../fernet/fernet-key.ts';

/**
 * A new random Fernet key: 32 bytes as base64url with padding, 44 characters.
 *
 * @example
 * ```ts
 * process.env['PROXYWHIRL_CACHE_ENCRYPTION_KEY'] = generateKey();
 * ```
 */
export function generateKey(): string {
  return FernetKey.generate().text;
}
