export type { CredentialEncryptorOptions, ForeignTokens, TokenKey } from './credential-encryptor.ts';
export { CredentialEncryptor } from './credential-encryptor.ts';
export type { FernetOptions, OpenOptions } from './fernet/fernet.ts';
export { Fernet } from './fernet/fernet.ts';
export type { TokenInput } from './fernet/key-ring.ts';
export { MultiFernet } from './fernet/multi-fernet.ts';
export type { Environment } from './keys/environment-keys.ts';
export {
  CURRENT_KEY_VARIABLE,
  createMultiFernet,
  getEncryptionKeys,
  PREVIOUS_KEY_VARIABLE,
  rotateKey,
} from './keys/environment-keys.ts';
export type { FernetKeyInput } from './keys/fernet-key-input.ts';
export { generateKey } from './keys/generate-key.ts';
export type { CachePlaces } from './keys/key-file-place.ts';
