import { Console } from 'node:console';
import { Writable } from 'node:stream';
import { format, inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CacheEntry,
  CacheValidationError,
  type CredentialBinding,
  type CredentialCipher,
  CredentialUnreadableError,
  Secret,
} from '../../src/index.ts';

const MARK = 'hunter2-marker';

/** The output of console.log. */
function logged(value: unknown): string {
  let text = '';
  const stream = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk);
      done();
    },
  });
  new Console(stream, stream).log(value, { value });
  return text;
}

/** All the ways in which a value can accidentally get onto a screen, into a log or into a file. */
function renderings(value: unknown): string[] {
  const nested = { a: { b: { c: { d: [value, new Map([['k', value]])] } } } };
  return [
    String(value),
    `${value}`,
    // biome-ignore lint/style/useTemplate: the concatenation is what is tested
    '' + value,
    JSON.stringify({ value, nested }) ?? '',
    inspect(value, { depth: 9, showHidden: true, getters: true }),
    inspect(nested, { depth: 20, showHidden: true }),
    inspect(structuredClone(value), { depth: 9 }),
    Object.keys(value as object).join(),
    format('%s %o %O %j', value, value, value, value),
    logged(value),
    new Error(`failed for ${value}`).message,
    new Error('x', { cause: value }).stack ?? '',
    inspect(new Error('x', { cause: value })),
  ];
}

describe('Secret', () => {
  it('returns its plaintext from reveal() only', () => {
    expect(Secret.of(MARK).reveal()).toBe(MARK);
    expect(Secret.of('').reveal()).toBe('');
  });

  it('shows a mask in String, template, JSON and inspect, alone and deep inside other values', () => {
    for (const shown of renderings(Secret.of(MARK))) expect(shown).not.toContain(MARK);
    expect(String(Secret.of(MARK))).toBe('**********');
    expect(JSON.stringify(Secret.of(MARK))).toBe('"**********"');
  });

  it('never shows its plaintext, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 6 }), (text) => {
        const marked = `§${text}§`;
        return renderings(Secret.of(marked)).every((shown) => !shown.includes(marked));
      }),
    );
  });

  it('is not shown by an entry, however the entry is printed', () => {
    const entry = CacheEntry.create({ proxyUrl: `http://user-${MARK}:${MARK}@h.example:1` });
    for (const shown of renderings(entry)) expect(shown).not.toContain(MARK);
    expect(entry.username?.reveal()).toBe(`user-${MARK}`);
  });

  it('refuses anything other than a string', () => {
    expect(() => Secret.of(1 as never)).toThrow(CacheValidationError);
  });

  it('recognises a secret of another copy of the package', () => {
    const foreign = { [Symbol.for('@pw/cache-models/Secret')]: true };
    expect(Secret.isSecret(foreign)).toBe(true);
    expect(foreign instanceof Secret).toBe(true);
    expect(Secret.isSecret({})).toBe(false);
  });
});

const PLACE: CredentialBinding = { role: 'password', origin: 'http://h.example:1' };
const OTHER_ROLE: CredentialBinding = { ...PLACE, role: 'username' };
const OTHER_PROXY: CredentialBinding = { ...PLACE, origin: 'http://evil.example:1' };

const nameOf = (binding?: CredentialBinding) => (binding ? `${binding.role}@${binding.origin.slice(7, -2)}` : '');

/** A cipher that counts its calls; a token is the names of its key and place, then the reversed secret. */
function countingCipher(keyName: string, previous: string[] = []) {
  const calls = { encrypt: 0, decrypt: 0, stateOf: 0 };
  const flip = (text: string) => [...text].reverse().join('');
  const partsOf = (token: Uint8Array) => Buffer.from(token).toString().split(':');
  const cipher: CredentialCipher = {
    encrypt(secret, binding) {
      calls.encrypt++;
      return Buffer.from(`${keyName}:${nameOf(binding)}:${flip(secret.reveal())}`);
    },
    decrypt(token, binding) {
      calls.decrypt++;
      const [, place, text] = partsOf(token);
      if (binding !== undefined && place !== nameOf(binding)) throw new CredentialUnreadableError('elsewhere');
      return Secret.of(flip(text!));
    },
    stateOf(token, binding) {
      calls.stateOf++;
      const [name, place] = partsOf(token);
      if (place !== nameOf(binding)) return 'elsewhere';
      return name === keyName ? 'current' : previous.includes(name!) ? 'stale' : 'unknown';
    },
  };
  return { cipher, calls };
}

const textOf = (token: Uint8Array) => Buffer.from(token).toString();
const TOKEN = Buffer.from('k1:password@h.example:cba');

describe('a sealed Secret', () => {
  it('is decrypted when it is revealed, and not before', () => {
    const { cipher, calls } = countingCipher('k1');
    const secret = Secret.sealed(TOKEN, cipher, PLACE, 'current');
    for (const shown of renderings(secret)) expect(shown).not.toContain('abc');
    expect(calls.decrypt).toBe(0);
    expect(secret.reveal()).toBe('abc');
    expect(calls.decrypt).toBe(1);
  });

  it('returns its own token without calling the cipher if it is known to be current', () => {
    const { cipher, calls } = countingCipher('k1');
    expect(Secret.sealed(TOKEN, cipher, PLACE, 'current').seal(cipher, { ...PLACE })).toBe(TOKEN);
    expect(calls).toEqual({ encrypt: 0, decrypt: 0, stateOf: 0 });
  });

  it('returns its own token to another cipher that considers it current', () => {
    const [first, second] = [countingCipher('k1'), countingCipher('k1')];
    expect(Secret.sealed(TOKEN, first.cipher, PLACE, 'current').seal(second.cipher, PLACE)).toBe(TOKEN);
    expect(second.calls).toEqual({ encrypt: 0, decrypt: 0, stateOf: 1 });
  });

  it('is sealed again by a cipher whose previous key made its token', () => {
    const { cipher } = countingCipher('k2', ['k1']);
    const secret = Secret.sealed(TOKEN, cipher, PLACE, 'stale');
    expect(textOf(secret.seal(cipher, PLACE))).toBe('k2:password@h.example:cba');
  });

  it.each([
    ['another proxy', OTHER_PROXY, 'k1:password@evil.example:cba'],
    ['another role', OTHER_ROLE, 'k1:username@h.example:cba'],
    ['no place', undefined, 'k1::cba'],
  ])('is sealed again for %s, and keeps its own token', (_, place, token) => {
    const { cipher } = countingCipher('k1');
    const secret = Secret.sealed(TOKEN, cipher, PLACE, 'current');
    expect(textOf(secret.seal(cipher, place))).toBe(token);
    expect(secret.seal(cipher, PLACE)).toBe(TOKEN);
  });

  it('does not open at a place where it does not belong', () => {
    const { cipher } = countingCipher('k1');
    expect(() => Secret.sealed(TOKEN, cipher, OTHER_PROXY).reveal()).toThrow(CredentialUnreadableError);
  });
});

describe('a plain Secret', () => {
  it('is sealed once for any number of tiers, and again for another cipher or place', () => {
    const { cipher, calls } = countingCipher('k1');
    const secret = Secret.of('abc');
    const first = secret.seal(cipher, PLACE);
    expect(secret.seal(cipher, { ...PLACE })).toBe(first);
    expect(calls.encrypt).toBe(1);
    expect(textOf(secret.seal(countingCipher('k2').cipher, PLACE))).toBe('k2:password@h.example:cba');
    expect(textOf(secret.seal(cipher, OTHER_PROXY))).toBe('k1:password@evil.example:cba');
  });
});
