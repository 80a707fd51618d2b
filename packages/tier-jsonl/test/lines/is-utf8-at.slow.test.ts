import { isUtf8 } from 'node:buffer';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isUtf8At } from '../../src/lines/is-utf8-at.ts';

it('agrees with the platform for every pair of first bytes, whatever follows', () => {
  for (let first = 0; first < 256; first++)
    for (let second = 0; second < 256; second++)
      for (const rest of [[], [0x80], [0xbf, 0xbf], [0x80, 0x80, 0x41], [0x41]]) {
        const bytes = Uint8Array.of(0x41, first, second, ...rest);
        expect(isUtf8At(bytes, 1, bytes.length), `${[...bytes]}`).toBe(isUtf8(bytes.subarray(1)));
      }
});

it('agrees with the platform for strings, intact or corrupted, cut anywhere', () => {
  const changed = fc
    .tuple(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { maxLength: 3 }),
    )
    .map(([text, changes]) => {
      const bytes = Buffer.from(text);
      for (const [at, byte] of changes) if (at < bytes.length) bytes[at] = byte;
      return bytes;
    });
  fc.assert(
    fc.property(changed, fc.nat(10), fc.nat(10), (bytes, before, after) => {
      const from = Math.min(before, bytes.length);
      const to = Math.max(from, bytes.length - after);
      expect(isUtf8At(bytes, from, to)).toBe(isUtf8(bytes.subarray(from, to)));
    }),
    { numRuns: 5000 },
  );
});
