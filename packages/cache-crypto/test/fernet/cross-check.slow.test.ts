import fc from 'fast-check';
import npmFernet from 'fernet';
import { describe, expect, it } from 'vitest';
import { Fernet, generateKey } from '../../src/index.ts';
import { type PythonVectors, readVectors } from './vectors.ts';

const KEY = generateKey();
const ours = new Fernet(KEY);
const secret = new npmFernet.Secret(KEY);
// A ttl of 0 disables its default of 60 s: the cross-check is about the format.
const theirs = {
  encrypt: (text: string) => new npmFernet.Token({ secret, ttl: 0 }).encode(text),
  decrypt: (token: string) => new npmFernet.Token({ secret, ttl: 0, token }).decode(),
};

const texts = fc.oneof(
  { weight: 20, arbitrary: fc.string({ unit: 'grapheme', maxLength: 64 }) },
  { weight: 20, arbitrary: fc.string({ unit: 'binary', maxLength: 64 }) },
  { weight: 5, arbitrary: fc.string({ maxLength: 64 }) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', minLength: 2_500, maxLength: 10_000 }) },
  { weight: 1, arbitrary: fc.constantFrom('', '\0', '\ufeff', '😀'.repeat(16)) },
);

describe('against the npm package fernet, an independent implementation', () => {
  it('each opens what the other sealed, for 10,000 random secrets', () => {
    fc.assert(
      fc.property(texts, (text) => {
        if (theirs.decrypt(String(ours.encrypt(text))) !== text) throw new Error('theirs cannot open ours');
        if (String(ours.decrypt(theirs.encrypt(text))) !== text) throw new Error('ours cannot open theirs');
      }),
      { numRuns: 10_000 },
    );
  });

  it.each(['a', 'ü', '密', '🔑'])('each opens what the other sealed, for 10 kB of %s', (unit) => {
    const text = unit.repeat(10_000 / Buffer.byteLength(unit));
    expect(theirs.decrypt(String(ours.encrypt(text)))).toBe(text);
    expect(String(ours.decrypt(theirs.encrypt(text)))).toBe(text);
  });
});

describe('against Python', () => {
  const { key, tokens } = readVectors<PythonVectors>('python');
  const python = new Fernet(key);

  it.each(tokens)('opens a token that cryptography made for $text', ({ text, time, token }) => {
    expect(String(python.decrypt(token))).toBe(text);
    expect(python.extractTimestamp(token)).toBe(time * 1e3);
  });
});
