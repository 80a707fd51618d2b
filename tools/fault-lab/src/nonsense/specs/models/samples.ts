import { CacheEntry, type CredentialCipher, Secret } from '@pw/cache-models';
import { having, isText, must, oneOf } from '../../accepts.ts';
import type { Parameter } from '../../nonsense-spec.ts';

const ORIGIN = 'http://h.example:8080';

/** A cipher that does not encrypt: only the other arguments are tried. */
export const cipher: CredentialCipher = Object.freeze({
  encrypt: (secret: Secret) => Buffer.from(secret.reveal()),
  decrypt: (token: Uint8Array) => Secret.of(Buffer.from(token).toString('latin1')),
});

export const isCipher = having('encrypt', 'decrypt');
export const bindingMembers: readonly Parameter[] = [
  must('role', oneOf('username', 'password')),
  must('origin', isText),
];
export const rightBinding = () => ({ role: 'username', origin: ORIGIN });

export function anEntry(): CacheEntry {
  return CacheEntry.create({ key: 'kept', proxyUrl: ORIGIN, username: 'user', password: 'secret' });
}

export function aSecret(): Secret {
  return Secret.of('secret');
}
