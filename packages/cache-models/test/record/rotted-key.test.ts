import fc from 'fast-check';
import { expect, it } from 'vitest';
import { recordChecksum } from '../../src/index.ts';
import { hasRottedKey } from '../../src/tier/index.ts';

const rest = { proxy_url: 'http://h:1', source: 'é🔑"\\\n', access_count: 3 };

/** Every valid string that results from flipping one bit of a key. */
function rotted(key: string): string[] {
  const bytes = Buffer.from(key);
  const keys: string[] = [];
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const other = Buffer.from(bytes);
    other[bit >> 3] = other[bit >> 3]! ^ (1 << (bit & 7));
    const text = other.toString();
    if (Buffer.from(text).equals(other)) keys.push(text);
  }
  return keys;
}

// Characters that JSON escapes, in either way; characters that differ from those in one bit; and some of each length in
// UTF-8.
const key = fc.string({
  unit: fc.constantFrom(...Array.from('aB0"\\\n\u0001#2b\u007fé漢🔑')),
  minLength: 1,
  maxLength: 8,
});

it('a record with the checksum of a key that differs in any one bit belongs to another key', () => {
  fc.assert(
    fc.property(key, (right) => {
      const checksum = recordChecksum({ key: right, ...rest });
      for (const wrong of rotted(right)) expect(hasRottedKey({ key: wrong, ...rest }, checksum), wrong).toBe(true);
    }),
    { numRuns: 300 },
  );
});

it('a record with any other checksum belongs to its own key', () => {
  fc.assert(
    fc.property(key, fc.nat(2 ** 31), (own, sum) => {
      const checksum = sum.toString(16).padStart(8, '0');
      const keys = rotted(own).map((other) => recordChecksum({ key: other, ...rest }));
      expect(hasRottedKey({ key: own, ...rest }, checksum)).toBe(keys.includes(checksum));
      expect(hasRottedKey({ key: own, ...rest }, recordChecksum({ key: own, ...rest }))).toBe(false);
      expect(hasRottedKey({ key: own, ...rest, source: 'rotten' }, recordChecksum({ key: own, ...rest }))).toBe(false);
    }),
    { numRuns: 300 },
  );
});

it('a record without a checksum, or without a string as its key, has no rotted key', () => {
  for (const checksum of [undefined, null, 5, '', '0000000', '0000000G', ['00000000']])
    expect(hasRottedKey({ key: 'a', ...rest }, checksum)).toBe(false);
  for (const wrong of [undefined, 5, ['a'], '\ud800', ''])
    expect(hasRottedKey({ ...rest, key: wrong as string }, '00000000')).toBe(false);
});
