import { type CredentialCipher, Secret, type TokenState } from '@pw/cache-models';
import { describe, expectTypeOf, it } from 'vitest';
import {
  CredentialEncryptor,
  type CredentialEncryptorOptions,
  Fernet,
  type FernetKeyInput,
  generateKey,
  getEncryptionKeys,
  MultiFernet,
  rotateKey,
  type TokenInput,
  type TokenKey,
} from '../../src/index.ts';

const encryptor = new CredentialEncryptor({ key: generateKey() });
const place = { role: 'password', origin: 'http://192.0.2.1:8080' } as const;

describe('types of CredentialEncryptor', () => {
  it('is a cipher of the cache', () => {
    expectTypeOf(encryptor).toExtend<CredentialCipher>();
    expectTypeOf(encryptor.encrypt(Secret.of('x'))).toEqualTypeOf<Uint8Array>();
    expectTypeOf(encryptor.decrypt('token')).toEqualTypeOf<Secret>();
    expectTypeOf(encryptor.stateOf('token', place)).toEqualTypeOf<TokenState>();
    expectTypeOf(encryptor.keyOf('token')).toEqualTypeOf<TokenKey | undefined>();
    // @ts-expect-error a string is not a Secret
    encryptor.encrypt('hunter2');
    // @ts-expect-error a state needs a place
    encryptor.stateOf('token');
    // @ts-expect-error an unknown role is refused
    encryptor.decrypt('token', { role: 'user', origin: place.origin });
    // @ts-expect-error the key is readonly
    encryptor.key = generateKey();
  });

  it('takes one object of optional options', () => {
    expectTypeOf<Record<never, never>>().toExtend<CredentialEncryptorOptions>();
    expectTypeOf<FernetKeyInput>().toEqualTypeOf<string | Secret | Uint8Array>();
    // @ts-expect-error a key alone is not an options object
    new CredentialEncryptor(generateKey());
    // @ts-expect-error a misspelt option is refused
    new CredentialEncryptor({ foreignToken: 'refuse' });
    // @ts-expect-error an unknown policy is refused
    new CredentialEncryptor({ foreignTokens: 'ignore' });
  });
});

describe('types of Fernet and MultiFernet', () => {
  it('seal strings and bytes, and open tokens to bytes', () => {
    expectTypeOf<TokenInput>().toEqualTypeOf<string | Uint8Array>();
    expectTypeOf(new Fernet(generateKey()).encrypt('x')).toEqualTypeOf<Uint8Array>();
    expectTypeOf(new Fernet(generateKey()).extractTimestamp('token')).toEqualTypeOf<number>();
    expectTypeOf(new MultiFernet([generateKey()]).rotate('token')).toEqualTypeOf<Uint8Array>();
    // @ts-expect-error a number cannot be sealed
    new Fernet(generateKey()).encrypt(5);
    // @ts-expect-error a key is required
    new Fernet();
    // @ts-expect-error an age is a number of seconds
    new Fernet(generateKey()).decrypt('token', { ttlSeconds: '60' });
    // @ts-expect-error a number is not a list of keys
    new MultiFernet(5);
  });
});

describe('types of the keys', () => {
  it('are strings', () => {
    expectTypeOf(generateKey).returns.toEqualTypeOf<string>();
    expectTypeOf(getEncryptionKeys).returns.toEqualTypeOf<string[]>();
    expectTypeOf(rotateKey).returns.toEqualTypeOf<void>();
    // @ts-expect-error a new key is required
    rotateKey();
    // @ts-expect-error an environment has strings
    getEncryptionKeys({ PROXYWHIRL_CACHE_ENCRYPTION_KEY: 5 });
  });
});
