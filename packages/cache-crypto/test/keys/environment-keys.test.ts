import { Secret } from '@pw/cache-models';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createMultiFernet, Fernet, generateKey, getEncryptionKeys, rotateKey } from '../../src/index.ts';
import { errorOf } from '../error-of.ts';

const CURRENT = 'PROXYWHIRL_CACHE_ENCRYPTION_KEY';
const PREVIOUS = 'PROXYWHIRL_CACHE_KEY_PREVIOUS';
const [A, B, C] = [generateKey(), generateKey(), generateKey()];

afterEach(() => void vi.unstubAllEnvs());

describe('generateKey', () => {
  it('returns a different key of 44 characters each time', () => {
    expect(A).toMatch(/^[\w-]{43}=$/);
    expect(Buffer.from(A, 'base64url').length).toBe(32);
    expect(new Set([A, B, C]).size).toBe(3);
  });
});

describe('getEncryptionKeys', () => {
  it('returns the current key, then the previous one', () => {
    expect(getEncryptionKeys({ [CURRENT]: A })).toEqual([A]);
    expect(getEncryptionKeys({ [CURRENT]: A, [PREVIOUS]: B })).toEqual([A, B]);
    expect(getEncryptionKeys({ [PREVIOUS]: B })).toEqual([B]);
  });

  it('returns a key that is set twice only once', () => {
    expect(getEncryptionKeys({ [CURRENT]: A, [PREVIOUS]: A })).toEqual([A]);
  });

  it('returns one new key when none is set', () => {
    const [first, second] = [getEncryptionKeys({}), getEncryptionKeys({})];
    expect(first.length).toBe(1);
    expect(first[0]).toMatch(/^[\w-]{43}=$/);
    expect(first).not.toEqual(second);
  });

  it.each([CURRENT, PREVIOUS])('refuses a wrong key in %s and names the variable', (variable) => {
    for (const wrong of ['not-a-valid-key', '']) {
      const error = errorOf(() => getEncryptionKeys({ [CURRENT]: A, [PREVIOUS]: B, [variable]: wrong }));
      expect(error.code).toBe('CACHE_KEY_INVALID');
      expect(error.message).toContain(variable);
      expect(error.message).toContain('base64url');
      expect(error.message).toContain('npx @pw/cache-cli generate-key');
      expect(error.message).not.toContain('not-a-valid-key');
      expect(error.message.includes('empty')).toBe(wrong === '');
    }
  });

  it("reads the process's environment by default", () => {
    vi.stubEnv(CURRENT, A);
    vi.stubEnv(PREVIOUS, B);
    expect(getEncryptionKeys()).toEqual([A, B]);
    expect(String(createMultiFernet().decrypt(new Fernet(B).encrypt('x')))).toBe('x');
  });
});

describe('createMultiFernet', () => {
  it('seals with the current key and opens the tokens of both', () => {
    const multi = createMultiFernet({ [CURRENT]: A, [PREVIOUS]: B });
    expect(String(new Fernet(A).decrypt(multi.encrypt('x')))).toBe('x');
    expect(String(multi.decrypt(new Fernet(B).encrypt('y')))).toBe('y');
  });

  it('works without any key set', () => {
    const multi = createMultiFernet({});
    expect(String(multi.decrypt(multi.encrypt('x')))).toBe('x');
  });
});

describe('rotateKey', () => {
  it('makes the current key the previous one, and the new key the current one', () => {
    const env = { [CURRENT]: A };
    rotateKey(B, env);
    expect(env).toEqual({ [CURRENT]: B, [PREVIOUS]: A });
    rotateKey(Secret.of(C), env);
    expect(env).toEqual({ [CURRENT]: C, [PREVIOUS]: B });
  });

  it('sets only the current key when there was none', () => {
    const env = {};
    rotateKey(A, env);
    expect(env).toEqual({ [CURRENT]: A });
  });

  it('changes nothing if the key is already current: the previous one is still needed', () => {
    const env = { [CURRENT]: A, [PREVIOUS]: B };
    rotateKey(A, env);
    expect(env).toEqual({ [CURRENT]: A, [PREVIOUS]: B });
  });

  it.each(['invalid', '', 'ab'])('refuses the new key %j and changes nothing', (wrong) => {
    const env = { [CURRENT]: A, [PREVIOUS]: B };
    const error = errorOf(() => rotateKey(wrong, env));
    expect(error.code).toBe('CACHE_KEY_INVALID');
    expect(error.message).toMatch(/^Invalid new key format/);
    expect(env).toEqual({ [CURRENT]: A, [PREVIOUS]: B });
  });

  it('refuses to make an invalid current key the previous one, and changes nothing', () => {
    const env = { [CURRENT]: 'invalid' };
    expect(errorOf(() => rotateKey(A, env)).message).toContain(CURRENT);
    expect(env).toEqual({ [CURRENT]: 'invalid' });
  });

  it("changes the process's environment by default", () => {
    vi.stubEnv(CURRENT, A);
    vi.stubEnv(PREVIOUS, undefined);
    rotateKey(B);
    expect(process.env[CURRENT]).toEqual(B);
    expect(process.env[PREVIOUS]).toEqual(A);
  });
});
