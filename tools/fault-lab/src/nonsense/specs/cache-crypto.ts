import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CredentialEncryptor,
  createMultiFernet,
  Fernet,
  generateKey,
  getEncryptionKeys,
  MultiFernet,
  rotateKey,
} from '@pw/cache-crypto';
import { Secret, silentLogger } from '@pw/cache-models';
import { either, having, isBytes, isNull, isText, listOf, maybe, must, objectOf, oneOf } from '../accepts.ts';
import { callOf, constructorOf, methodOf } from '../calling.ts';
import { type Call, type CallGroup, defineGroup, type Parameter } from '../nonsense-spec.ts';

const KEY = generateKey();
const FERNET = new Fernet(KEY);
const ORIGIN = 'http://h.example:8080';

const isKeyLike = either(isText, isBytes, (value) => Secret.isSecret(value));
const isPath = (value: unknown) => isText(value) && value !== '' && !(value as string).includes('\0');
const isEnvironment = objectOf('nonsense', 'inside', 'itself', 'PROXYWHIRL_CACHE_ENCRYPTION_KEY');

const token = must('token', either(isText, isBytes));
const plaintext = must('plaintext', either(isText, isBytes));
const clock = maybe('clock', having('now'));
const fernetOptions = maybe('options', objectOf('clock'), [clock]);
const isAge = (value: unknown) => Number.isFinite(value) && (value as number) >= 0;
const openOptions = maybe('options', objectOf('ttlSeconds'), [maybe('ttlSeconds', either(isNull, isAge))]);
const env = maybe('env', isEnvironment);

const bindingMembers: readonly Parameter[] = [must('role', oneOf('username', 'password')), must('origin', isText)];
const binding = maybe('binding', objectOf('role', 'origin'), bindingMembers);
const rightBinding = () => ({ role: 'username', origin: ORIGIN });

function call(
  name: string,
  parameters: readonly Parameter[],
  right: Call<unknown>['right'],
  made: unknown,
): Call<unknown> {
  return { name, parameters, right, call: callOf(made) };
}

const functions: readonly Call<unknown>[] = [
  call('generateKey', [], () => [], generateKey),
  call('getEncryptionKeys', [env], () => [{}], getEncryptionKeys),
  call('createMultiFernet', [env], () => [{}], createMultiFernet),
  call(
    'rotateKey',
    [must('newKey', isKeyLike), env],
    () => [KEY, {}],
    (newKey: never, given: never = {} as never) => rotateKey(newKey, given),
  ),
];

const constructors: readonly Call<unknown>[] = [
  {
    name: 'Fernet',
    parameters: [must('key', isKeyLike), fernetOptions],
    right: () => [KEY, {}],
    call: constructorOf(Fernet),
    refusal: 'config',
  },
  {
    name: 'MultiFernet',
    parameters: [
      must(
        'keys',
        either(isText, (value) => value instanceof Set || value instanceof Map, listOf(isKeyLike)),
      ),
      fernetOptions,
    ],
    right: () => [[KEY], {}],
    call: constructorOf(MultiFernet),
    refusal: 'config',
  },
];

function sealing(className: string, made: unknown): CallGroup {
  const calls: Call<unknown>[] = [
    { name: 'encrypt', parameters: [plaintext], right: () => ['text'], call: methodOf('encrypt') },
    ...['decrypt', 'rotate'].map((name) => ({
      name,
      parameters: [token, openOptions],
      right: () => [FERNET.encrypt('text'), {}],
      call: methodOf(name),
    })),
    {
      name: 'extractTimestamp',
      parameters: [token],
      right: () => [FERNET.encrypt('text')],
      call: methodOf('extractTimestamp'),
    },
  ];
  return defineGroup<unknown>({
    name: className,
    open: () => made,
    calls: calls
      .filter(({ name }) => name in (made as object))
      .map((found) => ({ ...found, name: `${className}#${found.name}` })),
  });
}

const encryptor: CallGroup = defineGroup<CredentialEncryptor>({
  name: 'CredentialEncryptor',
  open: () => new CredentialEncryptor({ key: KEY, env: {} }),
  calls: [
    {
      name: 'CredentialEncryptor#encrypt',
      parameters: [must('secret', (value) => Secret.isSecret(value)), binding],
      right: () => [Secret.of('secret'), rightBinding()],
      call: methodOf('encrypt'),
    },
    {
      name: 'CredentialEncryptor#decrypt',
      parameters: [token, binding],
      right: (cipher) => [cipher.encrypt(Secret.of('secret'), rightBinding() as never), rightBinding()],
      call: methodOf('decrypt'),
    },
    {
      name: 'CredentialEncryptor#keyOf',
      parameters: [token],
      right: () => [FERNET.encrypt('text')],
      call: methodOf('keyOf'),
    },
    {
      name: 'CredentialEncryptor#stateOf',
      parameters: [token, { ...binding, accepts: objectOf('role', 'origin') }],
      right: () => [FERNET.encrypt('text'), rightBinding()],
      call: methodOf('stateOf'),
    },
  ],
});

const isKeys = listOf(isKeyLike);
const paths = (name: string) => maybe(name, listOf(isPath));
const encryptorOptions: readonly Parameter[] = [
  maybe('key', either(isNull, isKeyLike)),
  maybe('previousKeys', isKeys),
  maybe('keyFile', isPath),
  maybe('cachePlaces', objectOf('directories', 'files'), [paths('directories'), paths('files')]),
  maybe('directoryChecks', oneOf('warn', 'strict', 'off')),
  maybe('foreignTokens', oneOf('accept', 'refuse')),
  env,
  maybe('logger', having('debug', 'info', 'warn', 'error')),
  clock,
];

/** In a separate folder: a key file is created at its path. */
const encryptorConstructor: CallGroup = defineGroup<string>({
  name: 'new CredentialEncryptor',
  open: () => mkdtempSync(join(tmpdir(), 'pw-nonsense-')),
  close: (folder) => rmSync(folder, { recursive: true }),
  calls: [
    {
      name: 'CredentialEncryptor',
      parameters: [maybe('options', objectOf(...encryptorOptions.map(({ name }) => name)), encryptorOptions)],
      right: () => [{ key: KEY, env: {}, logger: silentLogger }],
      call: (folder, options) => {
        const { keyFile } = (options ?? {}) as { readonly keyFile?: unknown };
        const isShort = isPath(keyFile) && (keyFile as string).length < 1000;
        const given = isShort ? { ...(options as object), keyFile: join(folder, keyFile as string) } : options;
        constructorOf(CredentialEncryptor)(undefined, given);
      },
      refusal: 'config',
    },
  ],
});

export const cacheCrypto: readonly CallGroup[] = [
  defineGroup<unknown>({
    name: 'functions and constructors of cache-crypto',
    open: () => undefined,
    calls: [...functions, ...constructors],
  }),
  sealing('Fernet', FERNET),
  sealing('MultiFernet', new MultiFernet([FERNET])),
  encryptor,
  encryptorConstructor,
];
