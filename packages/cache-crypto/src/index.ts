export type { CredentialEncryptorOptions, ForeignTokens, TokenKey } from './credential-encryptor.ts';
export { CredentialEncryptor } from './credential-encryptor.ts';
export type { Environment } from './environment-keys.ts';
export {
  CURRENT_KEY_VARIABLE,
  createMultiFernet,
  getEncryptionKeys,
  PREVIOUS_KEY_VARIABLE,
  rotateKey,
} from './environment-keys.ts';
export type { FernetOptions, OpenOptions } from './fernet.ts';
export { Fernet } from './fernet.ts';
export type { FernetKeyInput } from './fernet-key-input.ts';
export { generateKey } from './generate-key.ts';
export type { CachePlaces } from './key-file-place.ts';
export type { TokenInput } from './key-ring.ts';
export { MultiFernet } from './multi-fernet.ts';
