import { type CredentialCipher, Secret } from '@pw/cache-models';

/** Seals by turning the text round: enough to see what is stored. */
export const fakeCipher: CredentialCipher = {
  encrypt: (secret) => Buffer.from([...secret.reveal()].reverse().join('')),
  decrypt: (token) => Secret.of([...Buffer.from(token).toString()].reverse().join('')),
};
