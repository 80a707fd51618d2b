import { CacheConfigError, CacheValidationError, Secret } from '@pw/cache-models';
import { describe, expect, it } from 'vitest';
import { CredentialEncryptor, Fernet, generateKey, getEncryptionKeys, MultiFernet, rotateKey } from '../src/index.ts';

const KEY = generateKey();
const fernet = new Fernet(KEY);
const multi = new MultiFernet([KEY]);
const encryptor = new CredentialEncryptor({ key: KEY, env: {} });
const wrong = (value: unknown) => value as never;
const make = (options: unknown) => new CredentialEncryptor({ env: {}, ...(options as object) });

function errorOf(work: () => unknown): CacheValidationError {
  try {
    work();
  } catch (error) {
    return error as CacheValidationError;
  }
  throw new Error('nothing was thrown');
}

type Case = readonly [call: string, names: string, work: () => unknown];

const CONSTRUCTORS: readonly Case[] = [
  ['new Fernet()', 'key', () => new Fernet(wrong(undefined))],
  ['new Fernet(1)', 'key', () => new Fernet(wrong(1))],
  ['new Fernet with a misspelt option', 'clocks', () => new Fernet(KEY, wrong({ clocks: 1 }))],
  ['new Fernet with an invalid clock', 'clock', () => new Fernet(KEY, wrong({ clock: 1 }))],
  ['new MultiFernet()', 'keys', () => new MultiFernet(wrong(undefined))],
  ['new MultiFernet of a String object', 'keys', () => new MultiFernet(wrong(Object(KEY)))],
  ['new MultiFernet with a hole', 'keys[1]', () => new MultiFernet(wrong([KEY, undefined]))],
  ['new MultiFernet with null as options', 'options', () => new MultiFernet([KEY], wrong(null))],
  ['new CredentialEncryptor(null)', 'options', () => new CredentialEncryptor(wrong(null))],
  ['new CredentialEncryptor of a key without { key }', 'options', () => new CredentialEncryptor(wrong(Secret.of(KEY)))],
  ['new CredentialEncryptor of a list', 'options', () => new CredentialEncryptor(wrong([KEY]))],
  ['key: 1', 'key', () => make({ key: 1 })],
  ['previousKeys: 1', 'previousKeys', () => make({ previousKeys: 1 })],
  ['previousKeys with a number', 'previousKeys', () => make({ previousKeys: [1] })],
  ['keyFile: 1', 'keyFile', () => make({ keyFile: 1 })],
  ['keyFile with NUL', 'keyFile', () => make({ keyFile: '\0' })],
  ['cachePlaces: 1', 'cachePlaces', () => make({ cachePlaces: 1 })],
  ['cachePlaces with numbers', 'cachePlaces', () => make({ key: KEY, cachePlaces: { files: [1] } })],
  ['directoryChecks without a key file', 'directoryChecks', () => make({ key: KEY, directoryChecks: 'on' })],
  ['env: null', 'env', () => make({ env: null })],
  ['logger: {}', 'logger', () => make({ key: KEY, logger: {} })],
  ['clock: {}', 'clock', () => make({ key: KEY, clock: {} })],
];

const CALLS: readonly Case[] = [
  ['encrypt(1)', 'plaintext', () => fernet.encrypt(wrong(1))],
  ['decrypt(1)', 'token', () => fernet.decrypt(wrong(1))],
  ['decrypt with null as options', 'options', () => fernet.decrypt('x', wrong(null))],
  [
    'decrypt with a string as ttl',
    'ttlSeconds',
    () => fernet.decrypt(fernet.encrypt('x'), wrong({ ttlSeconds: '60' })),
  ],
  ['decrypt with a misspelt option', 'ttl', () => fernet.decrypt(fernet.encrypt('x'), wrong({ ttl: 60 }))],
  ['extractTimestamp(1)', 'token', () => fernet.extractTimestamp(wrong(1))],
  ['rotate with NaN as ttl', 'ttlSeconds', () => multi.rotate(multi.encrypt('x'), { ttlSeconds: Number.NaN })],
  ['encrypt of a string', 'secret', () => encryptor.encrypt(wrong('x'))],
  ['encrypt of an empty secret with an invalid binding', 'binding', () => encryptor.encrypt(Secret.of(''), wrong({}))],
  ['decrypt of zero bytes with an invalid binding', 'binding', () => encryptor.decrypt(new Uint8Array(), wrong(1))],
  ['encrypt with null as binding', 'binding', () => encryptor.encrypt(Secret.of('x'), wrong(null))],
  ['keyOf()', 'token', () => encryptor.keyOf(wrong(undefined))],
  [
    'stateOf without a binding',
    'binding',
    () => encryptor.stateOf(encryptor.encrypt(Secret.of('x')), wrong(undefined)),
  ],
  ['getEncryptionKeys(null)', 'env', () => getEncryptionKeys(wrong(null))],
  ['rotateKey(1)', 'newKey', () => rotateKey(wrong(1), {})],
  ['rotateKey with a number as env', 'env', () => rotateKey(KEY, wrong(1))],
];

/** What each function says to write instead of a value that is not its options object, or of an unknown member. */
const INSTEAD: readonly Case[] = [
  [
    'new CredentialEncryptor of a key',
    "must be an object: write { key: '…' }",
    () => new CredentialEncryptor(wrong(KEY)),
  ],
  [
    'new CredentialEncryptor of a Secret',
    'must be an object: write { key }',
    () => new CredentialEncryptor(wrong(Secret.of(KEY))),
  ],
  ['new CredentialEncryptor of keys', 'write { previousKeys }', () => new CredentialEncryptor(wrong([KEY]))],
  [
    'new CredentialEncryptor with two objects',
    'arguments[1]: there is one options object: write { …, env }',
    () => new (CredentialEncryptor as unknown as new (...args: unknown[]) => unknown)({ key: KEY }, { env: {} }),
  ],
  ['new CredentialEncryptor with key_file', 'did you mean keyFile?', () => make({ key_file: 'x' })],
  ['cachePlaces with a misspelt member', 'cachePlaces: must be', () => make({ cachePlaces: { file: ['x'] } })],
  ['new Fernet of a key and true', 'must be an object, such as { clock }', () => new Fernet(KEY, wrong(true))],
  [
    'new Fernet of a key and a function now',
    'write { clock }',
    () => new Fernet(KEY, wrong(Object.assign(() => 1, { now: () => 1 }))),
  ],
  ['new MultiFernet with a misspelt option', 'did you mean clock?', () => new MultiFernet([KEY], wrong({ clok: 1 }))],
  ['Fernet#decrypt(token, 60)', 'must be an object: write { ttlSeconds: 60 }', () => fernet.decrypt('x', wrong(60))],
  ['Fernet#decrypt with ttl', 'did you mean ttlSeconds?', () => fernet.decrypt('x', wrong({ ttl: 60 }))],
  ['MultiFernet#decrypt(token, 60)', 'write { ttlSeconds: 60 }', () => multi.decrypt('x', wrong(60))],
  ['MultiFernet#rotate(token, 60)', 'write { ttlSeconds: 60 }', () => multi.rotate('x', wrong(60))],
];

describe('a wrong argument', () => {
  it.each(INSTEAD)('is refused by an error that says what to write instead: %s', (_call, words, work) => {
    expect(errorOf(work).message).toContain(words);
  });

  it.each(CONSTRUCTORS)('is refused by a CacheConfigError that names it: %s', (_call, name, work) => {
    const error = errorOf(work);
    expect(error).toBeInstanceOf(CacheConfigError);
    expect(error.problems.map(({ path }) => path)).toContain(name);
    expect(error.message).toContain(name);
  });

  it.each(CALLS)('is refused by a CacheValidationError that names it: %s', (_call, name, work) => {
    const error = errorOf(work);
    expect(error).toBeInstanceOf(CacheValidationError);
    expect(error.problems.map(({ path }) => path)).toContain(name);
    expect(error.message).toContain(name);
  });

  it.each([() => new Fernet(wrong(1)), () => new MultiFernet(wrong(1)), () => rotateKey(wrong(1), {})])(
    'has the code CACHE_KEY_INVALID if it is a key: %s',
    (work) => expect(errorOf(work).code).toBe('CACHE_KEY_INVALID'),
  );
});
