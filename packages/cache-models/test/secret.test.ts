import { Console } from 'node:console';
import { Writable } from 'node:stream';
import { format, inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CacheEntry, type CredentialCipher, Secret } from '../src/index.ts';

const MARK = 'hunter2-marker';

/** What console.log prints. */
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

/** Every way in which a value ends up on a screen, in a log or in a file by accident. */
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
  it('gives its text to reveal() alone', () => {
    expect(Secret.of(MARK).reveal()).toBe(MARK);
    expect(Secret.of('').reveal()).toBe('');
  });

  it('shows a mask in String, template, JSON and inspect, alone and deep inside other values', () => {
    for (const shown of renderings(Secret.of(MARK))) expect(shown).not.toContain(MARK);
    expect(String(Secret.of(MARK))).toBe('**********');
    expect(JSON.stringify(Secret.of(MARK))).toBe('"**********"');
  });

  it('never shows any text whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 6 }), (text) => {
        const marked = `§${text}§`;
        return renderings(Secret.of(marked)).every((shown) => !shown.includes(marked));
      }),
    );
  });

  it('does not show in an entry, however that is printed', () => {
    const entry = CacheEntry.create({ proxyUrl: `http://user-${MARK}:${MARK}@h.example:1` });
    for (const shown of renderings(entry)) expect(shown).not.toContain(MARK);
    expect(entry.username?.reveal()).toBe(`user-${MARK}`);
  });

  it('refuses anything but a text', () => {
    expect(() => Secret.of(1 as never)).toThrow(TypeError);
  });

  it('recognises a secret of another copy of the package', () => {
    const foreign = { [Symbol.for('@pw/cache-models/Secret')]: true };
    expect(Secret.isSecret(foreign)).toBe(true);
    expect(foreign instanceof Secret).toBe(true);
    expect(Secret.isSecret({})).toBe(false);
  });
});

/** Counts what it does; a token is the reversed text behind the name of its key. */
function countingCipher(keyName: string, previous: string[] = []) {
  const calls = { encrypt: 0, decrypt: 0 };
  const flip = (text: string) => [...text].reverse().join('');
  const cipher: CredentialCipher = {
    encrypt(secret) {
      calls.encrypt++;
      return Buffer.from(`${keyName}:${flip(secret.reveal())}`);
    },
    decrypt(token) {
      calls.decrypt++;
      return Secret.of(flip(Buffer.from(token).toString().split(':')[1]!));
    },
    keyOf(token) {
      const name = Buffer.from(token).toString().split(':')[0]!;
      return name === keyName ? 'current' : previous.includes(name) ? 'previous' : undefined;
    },
  };
  return { cipher, calls };
}

describe('a sealed Secret', () => {
  it('is decrypted when it is revealed and not before', () => {
    const { cipher, calls } = countingCipher('k1');
    const secret = Secret.sealed(Buffer.from('k1:cba'), cipher);
    for (const shown of renderings(secret)) expect(shown).not.toContain('abc');
    expect(calls.decrypt).toBe(0);
    expect(secret.reveal()).toBe('abc');
    expect(calls.decrypt).toBe(1);
  });

  it('gives its own token again to a cipher whose current key made it', () => {
    const { cipher, calls } = countingCipher('k1');
    const token = Buffer.from('k1:cba');
    expect(Secret.sealed(token, cipher).seal(cipher)).toBe(token);
    expect(calls).toEqual({ encrypt: 0, decrypt: 0 });
  });

  it('is sealed anew by a cipher whose previous key made its token', () => {
    const { cipher } = countingCipher('k2', ['k1']);
    const secret = Secret.sealed(Buffer.from('k1:cba'), cipher);
    expect(Buffer.from(secret.seal(cipher)).toString()).toBe('k2:cba');
  });

  it('seals a plain text once for any number of tiers', () => {
    const { cipher, calls } = countingCipher('k1');
    const secret = Secret.of('abc');
    const first = secret.seal(cipher);
    expect(secret.seal(cipher)).toBe(first);
    expect(calls.encrypt).toBe(1);
    const other = countingCipher('k2');
    expect(Buffer.from(secret.seal(other.cipher)).toString()).toBe('k2:cba');
  });
});
