import { type CredentialCipher, Secret } from '@pw/cache-models';

/** "Seals" by reversing the string, so that tests can recognise a sealed value in the store. */
export const fakeCipher: CredentialCipher = {
  encrypt: (secret) => Buffer.from([...secret.reveal()].reverse().join('')),
  decrypt: (token) => Secret.of([...Buffer.from(token).toString()].reverse().join('')),
};
