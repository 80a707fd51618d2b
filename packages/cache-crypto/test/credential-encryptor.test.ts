import { inspect } from 'node:util';
import { type CredentialCipher, Secret } from '@pw/cache-models';
import { ManualClock, RecordingLogger } from '@pw/test-support';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { CredentialEncryptor, type CredentialEncryptorOptions, Fernet, generateKey, rotateKey } from '../src/index.ts';
import { errorOf } from './error-of.ts';

const CURRENT = 'PROXYWHIRL_CACHE_ENCRYPTION_KEY';
const PREVIOUS = 'PROXYWHIRL_CACHE_KEY_PREVIOUS';
const [A, B, C, D] = [generateKey(), generateKey(), generateKey(), generateKey()];
const UNREADABLE = 'CACHE_CREDENTIAL_UNREADABLE';

const madeBy = (key: string, text = 'x') => new Fernet(key).encrypt(text);
const opens = (cipher: CredentialCipher, token: Uint8Array) => {
  try {
    return cipher.decrypt(token).reveal() === 'x';
  } catch {
    return false;
  }
};

describe('CredentialEncryptor', () => {
  const encryptor = new CredentialEncryptor({ key: A, env: {} });

  it('seals and opens any secret', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const token = encryptor.encrypt(Secret.of(text));
        expect(encryptor.decrypt(token).reveal()).toBe(text);
        if (text.length > 3) expect(Buffer.from(token).includes(text)).toBe(false);
      }),
    );
    expect(encryptor.decrypt(encryptor.encrypt(Secret.of('\ufeffbom'))).reveal()).toBe('\ufeffbom');
  });

  it('returns tokens as ASCII bytes, and secrets that show only a mask', () => {
    const token = encryptor.encrypt(Secret.of('hunter2'));
    expect(token).toBeInstanceOf(Uint8Array);
    expect(Buffer.from(token).toString('latin1')).toMatch(/^gAAAA[\w-]+=*$/);
    expect(`${encryptor.decrypt(token)} ${inspect(encryptor.decrypt(token))}`).not.toContain('hunter2');
  });

  it('seals the empty secret as zero bytes, and opens zero bytes and a token of an empty string as the empty secret', () => {
    expect(encryptor.encrypt(Secret.of('')).byteLength).toBe(0);
    expect(encryptor.decrypt(new Uint8Array(0)).reveal()).toBe('');
    expect(encryptor.decrypt(madeBy(A, '')).reveal()).toBe('');
    expect(encryptor.keyOf(new Uint8Array(0))).toBeUndefined();
  });

  it('opens a token that is part of a larger buffer', () => {
    const token = encryptor.encrypt(Secret.of('x'));
    const large = new Uint8Array(token.length + 20).fill(65);
    large.set(token, 7);
    expect(opens(encryptor, large.subarray(7, 7 + token.length))).toBe(true);
  });

  it('opens tokens of any age', () => {
    const clock = new ManualClock(0);
    const token = new CredentialEncryptor({ key: A, env: {}, clock }).encrypt(Secret.of('x'));
    expect(new Fernet(A).extractTimestamp(token)).toBe(0);
    expect(opens(encryptor, token)).toBe(true);
  });

  it('refuses a token of another key, a damaged token, and a token of invalid UTF-8', () => {
    expect(errorOf(() => encryptor.decrypt(madeBy(B))).message).toMatch(/^Decryption failed/);
    expect(errorOf(() => encryptor.decrypt(madeBy(B))).code).toBe(UNREADABLE);
    expect(errorOf(() => encryptor.decrypt(new Fernet(A).encrypt(Uint8Array.of(0xff, 0xfe)))).code).toBe(UNREADABLE);
    expect(errorOf(() => encryptor.decrypt(null as unknown as Uint8Array)).code).toBe('CACHE_VALIDATION_FAILED');
  });

  it('refuses a value that is not a Secret, and a lone surrogate', () => {
    expect(errorOf(() => encryptor.encrypt('plain' as unknown as Secret)).code).toBe('CACHE_VALIDATION_FAILED');
    expect(errorOf(() => encryptor.encrypt(Secret.of('\ud83d'))).code).toBe('CACHE_VALIDATION_FAILED');
  });

  it('reports that encryption failed, without the secret, if the cipher fails', () => {
    const broken = new CredentialEncryptor({ key: A, env: {}, clock: new ManualClock(Number.NaN) });
    const error = errorOf(() => broken.encrypt(Secret.of('marker-secret')));
    expect(error.message).toBe('Encryption failed');
    expect(inspect(error)).not.toContain('marker');
  });

  it('passes on the error of a sealed secret that cannot be opened', () => {
    const sealed = Secret.sealed(madeBy(B), encryptor);
    expect(errorOf(() => encryptor.encrypt(sealed)).code).toBe(UNREADABLE);
  });

  it('keeps the token of the current key, and seals a secret with a token of an older key again', () => {
    const both = new CredentialEncryptor({ key: A, previousKeys: [B], env: {} });
    const place = { role: 'password', origin: 'http://h.example:1' } as const;
    const [mine, older] = [A, B].map((key) => new CredentialEncryptor({ key, env: {} }).encrypt(Secret.of('x'), place));
    expect(Secret.sealed(mine!, both, place).seal(both, place)).toBe(mine);
    const fresh = Secret.sealed(older!, both, place).seal(both, place);
    expect(both.keyOf(fresh)).toBe('current');
    expect(opens(both, fresh)).toBe(true);
  });
});

describe('the keys of an encryptor', () => {
  it('come from the environment', () => {
    const encryptor = new CredentialEncryptor({ env: { [CURRENT]: A, [PREVIOUS]: B } });
    expect(encryptor.key).toBe(A);
    expect([madeBy(A), madeBy(B), madeBy(C)].map((token) => encryptor.keyOf(token))).toEqual([
      'current',
      'previous',
      undefined,
    ]);
    expect(opens(encryptor, madeBy(B))).toBe(true);
  });

  it("come from the process's environment by default", () => {
    vi.stubEnv(CURRENT, A);
    expect(new CredentialEncryptor().key).toBe(A);
    vi.unstubAllEnvs();
  });

  it('come from the options: the given key seals, and the previous key of the environment still opens', () => {
    const env = { [CURRENT]: D, [PREVIOUS]: C };
    const encryptor = new CredentialEncryptor({ key: Secret.of(A), previousKeys: [Secret.of(B)], env });
    expect(encryptor.key).toBe(A);
    expect(opens(new CredentialEncryptor({ key: A, env: {} }), encryptor.encrypt(Secret.of('x')))).toBe(true);
    expect([A, B, C, D].map((key) => opens(encryptor, madeBy(key)))).toEqual([true, true, true, false]);
    expect(opens(new CredentialEncryptor({ key: A, env }), madeBy(C))).toBe(true);
    expect(opens(new CredentialEncryptor({ previousKeys: [A, B], env }), madeBy(B))).toBe(true);
  });

  it('may be a string or its bytes; null means no key', () => {
    expect(new CredentialEncryptor({ key: Buffer.from(A), env: {} }).key).toBe(A);
    expect(new CredentialEncryptor({ key: null, env: { [CURRENT]: B } }).key).toBe(B);
  });

  it('may be only older ones, of which the first then seals', () => {
    const logger = new RecordingLogger();
    expect(new CredentialEncryptor({ env: { [PREVIOUS]: B }, logger }).key).toBe(B);
    expect(new CredentialEncryptor({ previousKeys: [C], env: { [PREVIOUS]: B }, logger }).key).toBe(C);
    expect(logger.lines).toEqual([]);
  });

  it.each<[string, CredentialEncryptorOptions]>([
    ['option key', { key: 'wrong-key-marker', env: {} }],
    ['option key', { key: '', env: { [CURRENT]: A } }],
    ['option key', { key: Secret.of('wrong-key-marker'), env: {} }],
    ['option previousKeys[1]', { key: A, previousKeys: [B, 'wrong-key-marker'], env: {} }],
    [CURRENT, { env: { [CURRENT]: 'wrong-key-marker' } }],
    [CURRENT, { env: { [CURRENT]: '' } }],
    [PREVIOUS, { key: A, env: { [PREVIOUS]: 'wrong-key-marker' } }],
  ])('are refused if invalid, with an error that names %s', (name, options) => {
    const error = errorOf(() => new CredentialEncryptor(options));
    expect(error.code).toBe('CACHE_KEY_INVALID');
    expect(error.message).toMatch(/^Invalid Fernet key/);
    expect(error.message).toContain(name);
    expect(error.message).toContain('npx @pw/cache-cli generate-key');
    expect(inspect(error)).not.toContain('wrong-key-marker');
  });

  it.each([[A], [Secret.of(A)], [Buffer.from(A)], [null]])('must be passed in an options object', (key) => {
    const error = errorOf(() => new CredentialEncryptor(key as unknown as CredentialEncryptorOptions));
    expect(error.code).toBe('CACHE_CONFIG_INVALID');
    expect(error.message).not.toContain(A);
  });

  it('are shown by no rendering', () => {
    const encryptor = new CredentialEncryptor({ key: A, previousKeys: [B], env: {} });
    const shown = [
      inspect(encryptor, { showHidden: true, depth: 9, customInspect: false }),
      inspect({ encryptor }, { showHidden: true, getters: true, depth: 9 }),
      inspect(encryptor),
      JSON.stringify(encryptor),
      JSON.stringify(Object.assign({}, encryptor)),
      String(encryptor),
    ].join('\n');
    // Neither the string of the key nor the bytes of its halves.
    for (const key of [A, B]) {
      expect(shown).not.toContain(key.slice(0, 16));
      expect(shown).not.toContain(Buffer.from(key, 'base64url').toString('hex').slice(0, 32));
    }
    expect(inspect(encryptor)).toBe('CredentialEncryptor(2 keys)');
  });
});

describe('without any key', () => {
  it('a random key is used, which can be saved, and no other encryptor opens its tokens', () => {
    const logger = new RecordingLogger();
    const [one, other] = [new CredentialEncryptor({ env: {}, logger }), new CredentialEncryptor({ env: {}, logger })];
    const token = one.encrypt(Secret.of('x'));
    expect(one.key).toMatch(/^[\w-]{43}=$/);
    expect(opens(new CredentialEncryptor({ key: one.key, env: {} }), token)).toBe(true);
    expect(opens(other, token)).toBe(false);
  });

  it('the first sealed secret logs one warning about what will be lost and how to prevent it', () => {
    const logger = new RecordingLogger();
    const encryptor = new CredentialEncryptor({ env: {}, logger });
    encryptor.encrypt(Secret.of(''));
    expect(logger.lines).toEqual([]);
    for (let i = 0; i < 3; i++) encryptor.encrypt(Secret.of('x'));
    expect(logger.lines.map((line) => line.level)).toEqual(['warn']);
    expect(logger.text).toMatch(/unreadable after a restart/);
    expect(logger.text).toContain(CURRENT);
    expect(logger.text).toContain('npx @pw/cache-cli generate-key');
    expect(logger.text).not.toContain(encryptor.key.slice(0, 20));
  });

  it('the first sealed secret causes a process warning if there is no logger', () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    new CredentialEncryptor({ env: {} }).encrypt(Secret.of('x'));
    new CredentialEncryptor({ key: A, env: {} }).encrypt(Secret.of('x'));
    expect(warn.mock.calls.length).toBe(1);
    expect(String(warn.mock.calls[0]![0])).toContain('random key');
    warn.mockRestore();
  });
});

describe('a rotation', () => {
  it('reads the old token and writes with the new key', () => {
    const env: Record<string, string | undefined> = { [CURRENT]: A };
    const token = new CredentialEncryptor({ env }).encrypt(Secret.of('x'));
    rotateKey(B, env);
    const encryptor = new CredentialEncryptor({ env });
    expect(encryptor.keyOf(token)).toBe('previous');
    expect(opens(encryptor, token)).toBe(true);
    expect(opens(new CredentialEncryptor({ key: B, env: {} }), encryptor.encrypt(Secret.of('x')))).toBe(true);
  });

  it('three times in a row loses nothing if the stored tokens are sealed again in between', () => {
    const env: Record<string, string | undefined> = { [CURRENT]: A };
    let tokens = ['one', 'two', 'пароль'].map((text) => new CredentialEncryptor({ env }).encrypt(Secret.of(text)));
    for (const key of [B, C, D]) {
      rotateKey(key, env);
      const encryptor = new CredentialEncryptor({ env });
      tokens = tokens.map((token) => Secret.sealed(token, encryptor).seal(encryptor));
      expect(tokens.map((token) => encryptor.keyOf(token))).toEqual(['current', 'current', 'current']);
    }
    const last = new CredentialEncryptor({ key: D, env: {} });
    expect(tokens.map((token) => last.decrypt(token).reveal())).toEqual(['one', 'two', 'пароль']);
  });
});
