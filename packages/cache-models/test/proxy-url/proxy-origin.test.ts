import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { originOf } from '../../src/tier/index.ts';

describe('the origin of a proxy URL', () => {
  it.each([
    ['http://h.example:80', 'http://h.example:80'],
    ['HTTP://H.Example:80/', 'http://h.example:80'],
    ['http://h.example:080', 'http://h.example:80'],
    ['socks5h://user:pass@h.example:1080', 'socks5h://h.example:1080'],
    ['http://h.example:80@evil.example:90', 'http://evil.example:90'],
    ['http://h.example', 'http://h.example'],
    ['ftp://h.example:21', 'ftp://h.example:21'],
    ['', ''],
  ])('of %j is %j', (url, origin) => {
    expect(originOf(url)).toBe(origin);
  });

  it.each([
    'http://evil.example:80/@h.example:80',
    'http://evil.example:80\\@h.example:80',
    'http://evil.example:80?@h.example:80',
    'http://evil.example:80#@h.example:80',
    'http://evil.example:80/\t@h.example:80',
  ])('is the URL itself if other parsers find another host in it: %j', (url) => {
    expect(new URL(url).hostname).toBe('evil.example');
    expect(originOf(url)).toBe(url);
  });

  it('has the host that every other parser finds, whatever the URL contains', () => {
    const piece = fc.constantFrom(
      'h.example',
      'evil.example',
      ':80',
      ':90',
      '@',
      '/',
      '\\',
      '?',
      '#',
      '[::1]',
      '.',
      '%40',
      ' ',
      '\t',
      'u',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const url = `http://${pieces.join('')}`;
        const origin = originOf(url);
        if (origin === url || !URL.canParse(url)) return;
        const [parsed, expected] = [new URL(url), new URL(origin)];
        // A dot at the end of a name is dropped; the host is the same.
        expect(parsed.hostname.replace(/\.$/, '')).toEqual(expected.hostname);
        expect(parsed.port).toEqual(expected.port);
      }),
      { numRuns: 5000 },
    );
  });

  it('is its own origin', () => {
    fc.assert(
      fc.property(fc.webUrl({ withQueryParameters: true }), (url) => {
        expect(originOf(originOf(url))).toBe(originOf(url));
      }),
    );
  });
});
