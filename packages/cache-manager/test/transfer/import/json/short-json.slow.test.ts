import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isShortJson } from '../../../../src/transfer/import/json/short-json.ts';

const PIECES = [
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '"',
  '\\',
  's',
  '0',
  '1',
  '-',
  '.',
  'e',
  'true',
  'null',
  ' ',
  '\t',
  '"a"',
  'u0041',
  '+',
  '!',
];

it('isShortJson agrees with JSON.parse', () => {
  const piece = fc.oneof(fc.constantFrom(...PIECES), fc.string({ unit: 'binary', maxLength: 2 }));
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 9 }), (pieces) => {
      const text = pieces.join('');
      let parsed = true;
      try {
        JSON.parse(text);
      } catch {
        parsed = false;
      }
      expect(isShortJson(text)).toBe(parsed);
    }),
    { numRuns: 20_000 },
  );
});
