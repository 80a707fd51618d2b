import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maskCredentials, maskProxyUrl, SECRET_MASK, Secret } from '../../src/index.ts';
import { HARMLESS, LEAKY, TRACES } from './credential-texts.ts';

function tracesIn(text: string): string[] {
  return TRACES.filter((trace) => text.includes(trace));
}

describe('maskCredentials', () => {
  it.each(LEAKY)('masks the credentials of %s', (_from, text) => {
    expect(tracesIn(text)).not.toEqual([]);
    const masked = maskCredentials(text);
    expect(masked).toContain(SECRET_MASK);
    expect(tracesIn(masked)).toEqual([]);
  });

  it.each(LEAKY)('changes nothing when the masked text of %s is masked again', (_from, text) => {
    const masked = maskCredentials(text);
    expect(maskCredentials(masked)).toBe(masked);
  });

  it.each(HARMLESS)('does not change %j', (text) => {
    expect(maskCredentials(text)).toBe(text);
  });

  it('does not change the text around the credentials', () => {
    expect(maskCredentials('connect to http://user:P4SSmk@h.example:8080/ failed: 407')).toBe(
      'connect to http://**********@h.example:8080/ failed: 407',
    );
    expect(maskCredentials('http://h:1/?page=2&password=P4SSmk&x=1')).toBe(
      'http://h:1/?page=2&password=**********&x=1',
    );
    expect(maskCredentials('198.18.0.1:8080:user:P4SSmk is not a URL')).toBe('198.18.0.1:8080:********** is not a URL');
  });
});

describe('a long text', () => {
  it('is examined for 16,384 characters, and the rest becomes one mask', () => {
    const text = `${'x '.repeat(8000)}http://user:P4SSmk@h ${'y '.repeat(50_000)}`;
    const masked = maskCredentials(text);
    expect(/^(?:x )+http:\/\/\*{10}@h(?: y)*\*{10}$/.test(masked)).toBe(true);
    expect(masked.length).toBeLessThanOrEqual(16_394);
    expect(maskCredentials('x'.repeat(16_384))).toBe('x'.repeat(16_384));
  });

  it('shows no part of a known secret that the limit splits, in any of its forms', () => {
    const secret = 'correct "horse" battery';
    for (const form of [secret, encodeURIComponent(secret), JSON.stringify(secret), btoa(`ann:${secret}`)]) {
      for (let before = 16_000; before < 16_500; before += 7) {
        const masked = maskCredentials(`${'y'.repeat(before)}${form}${'z'.repeat(2000)}`, ['ann', secret]);
        expect(masked).toMatch(/^y*\*{10}(?:z*\*{10})?$/);
      }
    }
  });

  it('shows no part of a credential that the limit splits', () => {
    for (const form of [
      'user:P4SSmk-P4SSmk@h.example:1',
      'http://user:P4SSmk-P4SSmk@h',
      '198.18.0.1:80:user:P4SSmk-P4SSmk',
    ])
      for (let shift = 0; shift <= form.length + 1; shift++) {
        const text = `${'x,'.repeat(16_360)} ${'-'.repeat(46 - shift)} ${form}${' z'.repeat(99)}`;
        expect(maskCredentials(text)).not.toMatch(/SSmk|P4/);
      }
  });
});

describe('known secrets', () => {
  const mask = (text: string, ...secrets: readonly string[]) => maskCredentials(text, secrets);

  it.each([
    ['plain', 'refused h/uN4 for S3cret p4ss'],
    ['in another case', 'lookup s3cret P4SS failed'],
    ['percent-encoded', '/S3cret%20p4ss'],
    ['percent-encoded throughout', '/%53%33%63%72%65%74%20%70%34%73%73'],
    ['percent-encoded twice', '/S3cret%2520p4ss'],
    ['in form data', 'x=S3cret+p4ss'],
    ['with escapes', 'S3cret\\u0020p4ss'],
    ['in base64', `sent ${Buffer.from('ann:S3cret p4ss').toString('base64')}`],
    ['in base64 of a longer text', `sent ${Buffer.from('{"a":"S3cret p4ss"}').toString('base64')}`],
    ['in base64 for URLs', `sent ${Buffer.from('??>S3cret p4ss?>').toString('base64url')}`],
  ])('are masked in every form: %s', (_how, text) => {
    expect(mask(text, 'ann', 'S3cret p4ss')).not.toMatch(/s3cret|%53%33|UzNjcmV0|MzY3JldC|TM2NyZX|c3JldC/i);
    expect(mask(text, 'ann', 'S3cret p4ss')).toContain(SECRET_MASK);
  });

  it('are masked as a whole if one contains the other or they overlap', () => {
    expect(mask('longsecret and long', 'long', 'longsecret')).toBe('********** and **********');
    expect(mask('aaaaaaa', 'aaaa')).toBe(SECRET_MASK);
  });

  it('of three characters are masked as whole words only', () => {
    expect(mask('bob was refused by bobby', 'bob')).toBe('********** was refused by bobby');
  });

  it('of one or two characters are masked only next to the separators of credentials', () => {
    expect(mask("a cat: user='a', at a@h, not a: b", 'a')).toBe(
      "a cat: user='**********', at **********@h, not **********: b",
    );
    expect(mask('connect ECONNREFUSED 198.18.0.1:80', '80')).toBe('connect ECONNREFUSED 198.18.0.1:80');
    expect(mask('ann:80 refused', 'ann', '80')).not.toContain('ann');
  });

  it.each(['*', '**', '***'])('that are part of the mask do not make it longer: %s', (secret) => {
    for (const text of [`list:${SECRET_MASK}`, `src="${SECRET_MASK}"`, `x${SECRET_MASK}@h`])
      expect(mask(mask(text, secret), secret)).toBe(mask(text, secret));
    expect(mask(`list:${SECRET_MASK}`, secret)).toBe(`list:${SECRET_MASK}`);
  });

  it('may be strings, Secrets, null or undefined', () => {
    expect(maskCredentials('got hunter2', [null, undefined, '', Secret.of('hunter2')])).toBe('got **********');
  });

  it('that no key opens are ignored', () => {
    const cipher = {
      encrypt: () => new Uint8Array(),
      decrypt: () => {
        throw new Error('no key');
      },
    };
    const locked = Secret.sealed(new Uint8Array([1]), cipher);
    expect(maskCredentials('got hunter2 of http://u:p@h', [locked, 'hunter2'])).toBe(
      'got ********** of http://**********@h',
    );
  });

  it('are not decrypted for an empty text', () => {
    let opened = 0;
    const cipher = { encrypt: () => new Uint8Array(), decrypt: () => Secret.of(String(++opened)) };
    expect(maskCredentials('', [Secret.sealed(new Uint8Array([1]), cipher)])).toBe('');
    expect(opened).toBe(0);
  });
});

describe('maskProxyUrl', () => {
  it.each([
    ['http://bob:pw@h:1', 'http://**********@h:1'],
    ['bob@h.example:1', '**********@h.example:1'],
    ['http://bob/x@h', 'http://**********@h'],
    ['http://user:password', 'http://**********'],
    ['http://user:pass@h:1?token=abc', 'http://**********@h:1?token=**********'],
    ['http://198.18.0.1:8080', 'http://198.18.0.1:8080'],
    ['http://gate.pw:60000', 'http://gate.pw:60000'],
    ['http://gate.pw:60000/?pw=abc', 'http://gate.pw:**********'],
    ['http://gate.pw:600000', 'http://**********'],
    ['http://pw:60000', 'http://pw:**********'],
    ['socks5://[2001:db8::1]:1080', 'socks5://[2001:db8::1]:1080'],
    ['not a URL', 'not a URL'],
  ])('shows %j as %j', (url, shown) => {
    expect(maskProxyUrl(url)).toBe(shown);
  });
});

/** Anything without line ends, which a password in a URL or header cannot contain. */
const anything = fc.string({ unit: 'grapheme-ascii', minLength: 6, maxLength: 24 });
/** A password without spaces that cannot be mistaken for something else. */
const word = fc
  .string({ unit: fc.constantFrom(...'abcXYZ0189!#$%*+-./?^_~@:'.split('')), minLength: 6, maxLength: 24 })
  .filter((text) => !/:\/|^\*|^(?:null|undefined|none|nil|true|false)\b|^[[({]|^[\d:.,-]*$|^[.:/@!?-]/i.test(text));
const user = fc.stringMatching(/^[a-z][a-z0-9_-]{2,12}$/);
const before = fc.constantFrom('', 'x ', '(', '"', '\n', '407: ', "{'a': 1} ", 'https://example.com/ ', ', ');
const after = fc.constantFrom(
  '',
  ' ',
  ')',
  '"',
  ' failed',
  '\n',
  ', x',
  ': 407',
  ' (http://198.18.0.1:8080)',
  '","page":2}',
);

const quoted = (text: string): string => JSON.stringify(text);
const base64 = (text: string): string => Buffer.from(text).toString('base64');
/** The forms that can contain any password. */
const ANY_FORMS: readonly ((user: string, password: string) => string)[] = [
  (u, p) => `http://${u}:${p}@h.example:8080`,
  (u, p) => `socks5://${u}:${p}@198.18.0.1`,
  (u, p) => `http:\\\\${u}:${p}@h:1`,
  (u, p) => `http://${u}:${encodeURIComponent(p)}@h:1`,
  (u, p) => `{"username":${quoted(u)},"password":${quoted(p)}}`,
  (u, p) => `Proxy-Authorization: Basic ${base64(`${u}:${p}`)}`,
  (u, p) => `{'authorization': 'Basic ${base64(`${u}:${p}`)}'}`,
  (u, p) => `Basic ${base64(`${u}:${p}`)}`,
  (u, p) => `https://h/?user=${u}&password=${encodeURIComponent(p)}&x=1`,
  (u, p) => `?u=${encodeURIComponent(`http://${u}:${p}@h:1`)}`,
];
/** The forms in which a password ends at a space. */
const WORD_FORMS: readonly ((user: string, password: string) => string)[] = [
  (u, p) => `${u}:${p}@h.example:1`,
  (u, p) => `http://${u}:x${p}`,
  (u, p) => `198.18.0.1:8080:${u}:${p}`,
  (u, p) => `${u}:${p}:198.18.0.1:8080`,
  (u, p) => `-U ${u}:${p}`,
  (u, p) => `-U${u}:${p}`,
  (u, p) => `--proxy-user ${u}:${p}`,
  (_, p) => `--password=${p}`,
  (_, p) => `PROXY_PASSWORD=${p}`,
  (_, p) => `password: ${p}`,
  (_, p) => `token=${p}`,
  (_, p) => `Cookie: sid=${p}`,
];

describe('a random password', () => {
  const survives = (text: string, password: string): boolean =>
    [password, encodeURIComponent(password), quoted(password).slice(1, -1)].some((form) => text.includes(form));

  it('is masked in every form that can contain any password, whatever surrounds it', () => {
    const forms = fc.constantFrom(...ANY_FORMS);
    fc.assert(
      fc.property(forms, user, anything, before, after, (form, name, password, start, end) => {
        fc.pre(!survives(`${start}${form(name, 'x')}${end}`, password));
        const text = `${start}${form(name, password)}${end}`;
        expect(survives(maskCredentials(text), password), text).toBe(false);
        const tokens = [0, 1, 2].map((n) => base64(`${name}:${password}`).slice(4 + n, 12 + n));
        expect(
          tokens.filter((token) => maskCredentials(text).includes(token)),
          text,
        ).toEqual([]);
      }),
      { numRuns: 3000 },
    );
  });

  it('is masked in every form that ends at a space', () => {
    const forms = fc.constantFrom(...WORD_FORMS);
    fc.assert(
      fc.property(forms, user, word, before, after, (form, name, password, start, end) => {
        const text = `${start}${form(name, password)}${end}`;
        expect(maskCredentials(text).includes(password), text).toBe(false);
      }),
      { numRuns: 3000 },
    );
  });

  it('is masked everywhere once it is known', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', minLength: 6, maxLength: 24 }),
        fc.string(),
        fc.string(),
        (password, before, after) => {
          // Not %2 before a 0, which would together be a space and not part of the password.
          fc.pre(!SECRET_MASK.includes(password) && !/%[\da-f]?$/i.test(before));
          const forms = [password, encodeURIComponent(password), base64(`ann:${password}`)];
          for (const form of forms) {
            const masked = maskCredentials(`${before}${form}${after}`, ['ann', password]);
            expect(masked.includes(form), form).toBe(false);
          }
        },
      ),
      { numRuns: 1000 },
    );
  });
});

describe('any text', () => {
  it('is masked without an error, and only masked parts are missing from the result', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        ':',
        '@',
        '//',
        'a:',
        '=',
        '"',
        "'",
        ' ',
        '://',
        'http://',
        'password=',
        '%40',
        '\\',
        '-U ',
        'Basic ',
      ),
      fc.string({ unit: 'binary', maxLength: 5 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const text = pieces.join('');
        let from = 0;
        for (const part of maskCredentials(text).split(SECRET_MASK)) {
          const at = text.indexOf(part, from);
          expect(at).toBeGreaterThanOrEqual(0);
          from = at + part.length;
        }
      }),
      { numRuns: 3000 },
    );
  });
});
