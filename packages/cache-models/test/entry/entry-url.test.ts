import { ManualClock } from '@pw/test-support';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CacheEntry, CacheValidationError, parseProxyUrl, Secret } from '../../src/index.ts';

const clock = new ManualClock();
const credential = fc.option(
  fc
    .oneof(
      fc.string({ unit: 'grapheme' }),
      fc.string({ unit: 'binary' }),
      fc.constantFrom("!'()*~-_.", '%41', ':@/?#[]', ' '),
    )
    .filter((text) => text.isWellFormed()),
);
const hosts = fc.oneof(
  fc.ipV4(),
  fc.ipV6().map((address) => `[${address}]`),
  fc.domain(),
  fc.constant('[fe80::1%eth0]'),
);

describe('the URL of an entry', () => {
  it('parses to the same host and credentials again, whatever they are', () => {
    fc.assert(
      fc.property(hosts, credential, credential, (host, username, password) => {
        const entry = CacheEntry.create({ proxyUrl: `socks5://${host}:1080`, username, password }, clock);
        const url = entry.toUrl();
        expect(Secret.isSecret(url)).toBe(true);
        const parsed = parseProxyUrl(url.reveal());
        expect(parsed).toMatchObject({
          ok: true,
          value: { username: username || null, password: password || null, url: entry.proxyUrl },
        });
        // No character that is special to a shell, a header or another parser.
        expect(url.reveal()).toMatch(
          /^socks5:\/\/(?:[\w.~%-]*(?::[\w.~%-]+)?@)?[\w.-]+:1080$|^socks5:\/\/(?:[\w.~%-]*(?::[\w.~%-]+)?@)?\[[\w.:%]+\]:1080$/,
        );
        expect(entry.toUrl({ credentials: false })).toBe(url.reveal().replace(/\/\/.*@/, '//'));
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    ['http://192.0.2.1:8080', 'ann', 'p@ss:w/rd', 'http://ann:p%40ss%3Aw%2Frd@192.0.2.1:8080'],
    ['http://192.0.2.1:8080', 'ann', null, 'http://ann@192.0.2.1:8080'],
    ['http://192.0.2.1:8080', null, 'p', 'http://:p@192.0.2.1:8080'],
    ['http://192.0.2.1:8080', null, null, 'http://192.0.2.1:8080'],
    ['http://[2001:DB8::1]:8080', 'é', '漢', 'http://%C3%A9:%E6%BC%A2@[2001:db8::1]:8080'],
    ['http://[fe80::1%eth0]:8080', null, null, 'http://[fe80::1%25eth0]:8080'],
  ])('of %s with %s and %s is %s', (proxyUrl, username, password, expected) => {
    const entry = CacheEntry.create({ proxyUrl, username, password }, clock);
    expect(entry.toUrl().reveal()).toBe(expected);
    expect(entry.toUrl({ credentials: true }).reveal()).toBe(expected);
    if (!expected.includes('%25')) expect(URL.parse(expected)?.href).toBe(`${expected}/`);
  });

  it('of an old record has the credentials in its stored URL, unless the entry has its own', () => {
    const fields = CacheEntry.create({ proxyUrl: 'http://h.example:1' }, clock).toFields();
    const old = CacheEntry.restore({ ...fields, proxyUrl: 'HTTP://ann:ti%67er@h.example:1' });
    expect(old.toUrl().reveal()).toBe('http://ann:tiger@h.example:1');
    expect(old.toUrl({ credentials: false })).toBe('http://h.example:1');
    const both = CacheEntry.restore({ ...old.toFields(), username: Secret.of('bob') });
    expect(both.toUrl().reveal()).toBe('http://bob@h.example:1');
    const odd = CacheEntry.restore({ ...fields, proxyUrl: 'ftp://ann:tiger@h/x' });
    expect(odd.toUrl({ credentials: false })).toBe('ftp://h/x');
  });

  it('refuses credentials that no URL can contain, and wrong arguments', () => {
    const fields = CacheEntry.create({ proxyUrl: 'http://h.example:1' }, clock).toFields();
    const broken = CacheEntry.restore({ ...fields, password: Secret.of('tiger\ud800') });
    expect(() => broken.toUrl()).toThrow(CacheValidationError);
    expect(() => broken.toUrl()).toThrow(/^toUrl: password: must be well-formed Unicode/);
    expect(() => broken.toUrl({ credentials: 1 as unknown as true })).toThrow(/credentials: must be true or false/);
    expect(() => broken.toUrl({ credential: false } as never)).toThrow(/did you mean credentials/);
  });
});
