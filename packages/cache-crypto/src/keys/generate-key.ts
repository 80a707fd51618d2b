import { FernetKey } from '../fernet/fernet-key.ts';

/** A new random Fernet key: 32 bytes as base64url, 44 characters. */
export function generateKey(): string {
  return FernetKey.generate().text;
}
