import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isJson } from '../../src/lines/json-scanner.ts';

function isParsed(text: string): boolean {
  try {
    return typeof JSON.parse(text) === 'object' && text.trim() !== 'null';
  } catch {
    return false;
  }
}

const asBytes = (text: string) => isJson(Buffer.from(text), 0, Buffer.byteLength(text));
/** The characters that are special in JSON, and some that are not. */
const PIECES = [
  ...Array.from('{}[]",:\\/bfnrtu0123456789abcdefABE+-. \t\r\n\u0001é'),
  'true',
  'false',
  'null',
  '\\u00e9',
  '"a":',
  '1.5e-3',
];

it('accepts printed values, as JSON.parse does', () => {
  fc.assert(
    fc.property(fc.json({ stringUnit: 'grapheme' }), fc.nat(3), (text, indent) => {
      const printed = JSON.stringify([JSON.parse(text), { a: JSON.parse(text) as unknown }], null, indent);
      expect(asBytes(printed)).toBe(true);
      expect(asBytes(text)).toBe(isParsed(text));
    }),
    { numRuns: 500 },
  );
});

it('accepts exactly what JSON.parse accepts among mutated values and fragments', () => {
  const piece = fc.constantFrom(...PIECES);
  const mutated = fc
    .tuple(fc.json({ maxDepth: 3 }), fc.array(fc.tuple(fc.nat(60), fc.nat(2), piece), { minLength: 1, maxLength: 3 }))
    .map(([json, changes]) =>
      changes.reduce((text, [at, cut, put]) => text.slice(0, at) + put + text.slice(at + cut), `[${json}]`),
    );
  const loose = fc.array(piece, { maxLength: 12 }).map((pieces) => `[${pieces.join('')}]`);
  fc.assert(
    fc.property(fc.oneof(mutated, loose), (text) => {
      expect(asBytes(text), text).toBe(isParsed(text));
    }),
    { numRuns: 20_000 },
  );
});

it('accepts values of any depth', () => {
  const deep = `${'[{"a":'.repeat(100_000)}1${'}]'.repeat(100_000)}`;
  expect(asBytes(deep)).toBe(true);
  expect(asBytes(deep.slice(0, -1))).toBe(false);
});
