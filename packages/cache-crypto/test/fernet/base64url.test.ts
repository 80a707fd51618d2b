import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBase64Url, encodeBase64Url } from '../../src/fernet/base64url.ts';

/** The definition: a string is valid if encoding its decoded bytes returns the same string. */
function decodeByDefinition(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url');
  return encodeBase64Url(bytes) === text ? bytes : undefined;
}

const texts = fc.uint8Array({ maxLength: 80 }).map((bytes) => encodeBase64Url(Buffer.from(bytes)));
/** Characters that decoders treat differently, including two whose low byte is a letter. */
const strange = fc.constantFrom(
  '=',
  '==',
  '+',
  '/',
  '-',
  '_',
  ' ',
  '\n',
  '\0',
  'A',
  'B',
  'R',
  '.',
  'é',
  '\u0141',
  '🙂',
  '',
);

describe('decodeBase64Url', () => {
  it('returns the encoded bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(decodeBase64Url(encodeBase64Url(Buffer.from(bytes)))).toEqual(Buffer.from(bytes));
      }),
    );
  });

  it('accepts only one spelling, wherever a string is changed', () => {
    const changes = fc.array(fc.tuple(fc.nat(120), fc.nat(2), strange), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(texts, changes, (text, spots) => {
        let changed = text;
        for (const [at, cut, put] of spots) changed = changed.slice(0, at) + put + changed.slice(at + cut);
        expect(decodeBase64Url(changed)).toEqual(decodeByDefinition(changed));
      }),
      { numRuns: 5000 },
    );
  });

  it('agrees with the definition about every ending of four characters', () => {
    const ends = 'AQgwBEIMUY=-_+/ \u0141'.split('');
    for (const a of ends)
      for (const b of ends)
        for (const c of ends)
          for (const d of ends) {
            const text = `AAAA${a}${b}${c}${d}`;
            if (decodeBase64Url(text)?.toString('hex') !== decodeByDefinition(text)?.toString('hex'))
              expect.unreachable(`disagrees about ${JSON.stringify(text)}`);
          }
  });
});
