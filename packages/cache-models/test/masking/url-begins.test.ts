import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { urlBegins } from '../../src/masking/url-begins.ts';

/** The beginning of a URL as one pattern. It is slower, because it tries 32 letters at each position. */
const PATTERN = /(?:[a-z][a-z\d+.-]{0,31})?:[/\\]{2,}|(?:https?|socks[45]?[ah]?|ftps?|wss?):[/\\]/gi;

const PARTS = ['http', 'HTTPS', 'socks', '5', 'h', 'ws', 's', 'ftp', 'x', '1', '+', '.', '-', '_', ':', '/', '\\', ' '];
const text = fc
  .array(fc.constantFrom(...PARTS, '://', 'a'.repeat(33), 'a1'.repeat(20), '\u017f', 'é'), { maxLength: 20 })
  .map((parts) => parts.join(''));

describe('the beginnings of URLs in a line', () => {
  it('match a regular expression for the beginning of a URL, in any text', () => {
    fc.assert(
      fc.property(text, (line) => {
        const matches = [...line.matchAll(PATTERN)].map(({ 0: begin, index }) => ({ index, begin }));
        expect(urlBegins(line)).toEqual(matches);
      }),
      { numRuns: 2000 },
    );
  });
});
