import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maskCredentials, maskProxyUrl, SECRET_MASK, Secret } from '../src/index.ts';

// Every password below holds one of these; base64 of `user:P4SSmk` begins with the second.
const TRACES = ['SSmk', 'dXNlcjpQ'];
const BASIC = Buffer.from('user:P4SSmk').toString('base64');

/** What Node.js, its HTTP clients, curl, Python, browsers and proxies say when a proxy fails. */
const LEAKY: readonly (readonly [from: string, text: string])[] = [
  ['a URL', 'connect to http://user:P4SSmk@h failed'],
  ['a URL with a slash', 'connect to http://user:P4/SSmk@h failed'],
  ['a URL with a hash', 'http://user:P4SSmk#1@h'],
  ['a URL with a question mark', '407 for http://user:P4SSmk?x@h'],
  ['a URL with an at sign', 'http://user:P4@SSmk@h.example:8080'],
  ['a URL with backslashes', 'http:\\\\user:P4SSmk@h'],
  ['a URL with one slash', 'http:/user:P4SSmk@h'],
  ['a URL with escaped slashes', '{"proxy":"http:\\/\\/user:P4SSmk@h"}'],
  ['a URL with two at signs', 'http://a@b//user:P4SSmk@h'],
  ['a URL with spaces', 'http://us er:P4 SSmk@h'],
  ['a URL with a port before a space', 'http://john.doe:12345 SSmk@h'],
  ['a URL with a token for a user', 'https://P4SSmk@github.com/list.txt'],
  ['a URL without a user', 'socks5://:P4SSmk@h:1080'],
  ['a URL without its end', 'http://user:P4SSmk'],
  ['a URL without its end, quoted', '"http://user:P4SSmk", failed'],
  ['a URL without its end, with a host', 'http://198.18.0.1:8080:user:P4SSmk'],
  ['a URL in a query', 'https://h/?proxy=http%3A%2F%2Fuser%3AP4SSmk%40h%3A8080'],
  ['a URL in a query, encoded twice', 'https://h/?u=http%253A%252F%252Fuser%253AP4SSmk%2540h'],
  ['no scheme', 'proxy user:P4SSmk@h:1 refused'],
  ['no scheme, and a space', 'proxy user:P4 SSmk@h:1 refused'],
  ['no scheme, in JSON', '{"proxy":"user:P4SSmk@h:1","page":2}'],
  ['no scheme, in an assignment', 'proxy=user:P4SSmk@h:1'],
  ['a line of a list', 'bad line 198.18.0.1:8080:user:P4SSmk'],
  ['a line of a list, with an at sign', 'bad line 198.18.0.1:8080:user:P4@SSmk'],
  ['a line of a list, with a name', 'line 7: "gate.example.com:8080:user:P4SSmk",'],
  ['a line of a list, with IPv6', 'bad line [2001:db8::1]:80:user:P4SSmk'],
  ['a line of a list, the other way round', 'bad line user:P4SSmk:198.18.0.1:8080'],
  ['a header', `Proxy-Authorization: Basic ${BASIC}`],
  ['headers of Node.js', `{ 'Proxy-Authorization': 'Basic ${BASIC}', host: 'h' }`],
  ['headers of undici', `[ 'proxy-authorization', 'Basic ${BASIC}', 'accept', '*/*' ]`],
  ['headers of axios, as JSON', `{"headers":{"Authorization":["Basic ${BASIC}"],"Accept":"*/*"}}`],
  ['headers of Python', `[(b'Proxy-Authorization', b'Basic ${BASIC}')]`],
  ['headers of Go', `map[Proxy-Authorization:[Basic ${BASIC}]]`],
  ['headers of curl -v', `> CONNECT example.com:443 HTTP/1.1\r\n> Proxy-Authorization: Basic ${BASIC}\r\n> Host: h`],
  ['an option of curl with a header', `curl -H "Proxy-Authorization: Basic ${BASIC}" http://h`],
  ['Digest', 'Authorization: Digest username="P4SSmk", realm="r", response="SSmk"'],
  ['Bearer', 'authorization: Bearer eyJhbGciOi.P4SSmk.c2ln'],
  ['a scheme nobody knows', 'authorization: Custom P4SSmk'],
  ['a token without a header', `sent Basic ${BASIC} and got 407`],
  ['cookies', 'Cookie: a=b; sid=P4SSmk'],
  ['cookies that are set', "{ 'set-cookie': [ 'sid=P4SSmk; Path=/', 'b=c' ] }"],
  ['-U', 'curl -x h -U user:P4SSmk https://example.com'],
  ['-U with no space', 'curl -Uuser:P4SSmk https://example.com'],
  ['-U behind other letters', 'curl -sSU user:P4SSmk https://example.com'],
  ['-u, quoted', "curl -u 'user:P4 SSmk' https://example.com"],
  ['a list of arguments', '["curl","-U","user:P4SSmk","https://example.com"]'],
  ['--proxy-user', 'curl --proxy-user user:P4SSmk https://example.com'],
  ['--proxy-user=', 'curl --proxy-user=user:P4SSmk https://example.com'],
  ['--user in a list of arguments', "spawn curl [ '--user', 'user:P4SSmk' ]"],
  ['an option nobody knows', "error: unknown option '--password=P4SSmk'"],
  ['a query', 'GET https://example.com/list?page=2&password=P4SSmk&x=1'],
  ['a query of an API', 'https://example.com/?api_key=P4SSmk'],
  ['a query with a key', 'https://example.com/list?key=P4SSmk'],
  ['a query of Python requests', 'Max retries exceeded with url: /list?access_token=P4SSmk (Caused by ProxyError())'],
  ['a variable', 'PROXY_PASSWORD=P4 SSmk'],
  ['YAML', 'username: user\npassword: P4SSmk\nport: 8080'],
  ['YAML on one line', '- {name: a, server: h, port: 1, username: u, password: P4SSmk}'],
  ['JSON', '{"username":"user","password":"P4\\"SSmk","port":1}'],
  ['JSON in JSON', '{"body":"{\\"password\\":\\"P4SSmk\\"}"}'],
  ['options of Playwright', "proxy: { server: 'http://h:1', username: 'SSmk', password: 'P4SSmk' }"],
  ['options of axios', "auth: { username: 'SSmk', password: 'P4SSmk' }"],
  ['options of got', "username: 'SSmk'"],
  ['BasicAuth of aiohttp', "BasicAuth(login='SSmk', password='P4SSmk', encoding='latin1')"],
  ['a tuple of requests', "auth=('user', 'P4SSmk')"],
  ['a constant of PHP', 'CURLOPT_PROXYUSERPWD => user:P4SSmk'],
  ['a quotation', "Proxy auth using Basic with user 'SSmk'"],
  ['a quotation of a password', 'wrong password "P4SSmk" for this proxy'],
  [
    'an invalid URL of Node.js',
    "TypeError: Invalid URL { code: 'ERR_INVALID_URL', input: 'http://user:P4 SSmk@h:port' }",
  ],
  ['aiohttp', 'InvalidProxyURL: http://user:P4SSmk@:8080'],
  ['httpx', "httpx.InvalidURL: Invalid port: 'P4SSmk@h'"],
  ['http.client', "InvalidURL: nonnumeric port: 'P4SSmk'"],
  ['urllib', "ValueError: Port could not be cast to integer value as 'P4SSmk'"],
  ['a proxy server of Chromium', '--proxy-server=http://user:P4SSmk@h:1 is not supported'],
  ['a header of an API', 'x-api-key: P4SSmk'],
  ['a secret of OAuth', 'client_secret=P4SSmk&grant_type=client_credentials'],
];

const HARMLESS: readonly string[] = [
  'manual',
  'provider-a',
  'https://example.com/list.txt',
  'https://example.com/?page=2',
  'https://unpkg.com/react@19/umd/list.txt',
  'github:user/repo@main',
  'npm:@scope/name@1.2.3',
  'connect ECONNREFUSED 198.18.0.1:8080',
  'http://198.18.0.1:8080',
  'socks5://gate.example.com:1080 timed out after 30000 ms',
  'https://gate.example.com:8080: 407 Proxy Authentication Required',
  'http://[2001:db8::1]:8080/',
  'http://[fe80::1%eth0]:8080',
  'connect ETIMEDOUT 2001:db8::1:2:3:8080',
  'squid:3128 is down',
  '12:34:56',
  '[10:20:30] retry 3 of 5',
  '2026-06-01T12:34:56.789+02:00',
  'C:\\Users\\ann\\node_modules\\undici@7.1.0\\lib\\client.js:10:5',
  'at Socket.<anonymous> (file:///app/node_modules/.pnpm/undici@7.1.0/node_modules/undici/lib/client.js:10:5)',
  'at connect (file.js:10:5)',
  'at node:internal/process/task_queues:105:5',
  'TLS: certificate has expired',
  '@pw/cache-cli and pnpm@12',
  'git@github.com:user/repo.git',
  'contact ann@example.com',
  'mailto:ann@example.com',
  'https://example.com/ failed, contact bob@example.com',
  'connect to http://198.18.0.1:8080 failed, contact bob@example.com',
  'Basic authentication required',
  'WWW-Authenticate: Basic realm="proxy"',
  'Bearer token expired',
  `Unexpected token '<', "<!DOCTYPE "... is not valid JSON`,
  'net::ERR_PROXY_CONNECTION_FAILED at https://example.com/',
  "Cannot connect to host h:1 ssl:default [Connect call failed ('198.18.0.1', 8080)]",
  'getaddrinfo ENOTFOUND gate.example.com',
  'password authentication failed',
  '"username":null,"password":null',
  '--proxy-bypass=localhost',
  '00:1a:2b:3c:4d:5e',
  'must begin with one of http://, https://, socks5://',
  '',
];

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

  it.each(LEAKY)('changes nothing more when %s is masked again', (_from, text) => {
    const masked = maskCredentials(text);
    expect(maskCredentials(masked)).toBe(masked);
  });

  it.each(HARMLESS)('leaves %j as it is', (text) => {
    expect(maskCredentials(text)).toBe(text);
  });

  it('leaves what stands around the credentials', () => {
    expect(maskCredentials('connect to http://user:P4SSmk@h.example:8080/ failed: 407')).toBe(
      'connect to http://**********@h.example:8080/ failed: 407',
    );
    expect(maskCredentials('http://h:1/?page=2&password=P4SSmk&x=1')).toBe(
      'http://h:1/?page=2&password=**********&x=1',
    );
    expect(maskCredentials('198.18.0.1:8080:user:P4SSmk is no URL')).toBe('198.18.0.1:8080:********** is no URL');
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
    ['in a form', 'x=S3cret+p4ss'],
    ['with escapes', 'S3cret\\u0020p4ss'],
    ['in base64', `sent ${Buffer.from('ann:S3cret p4ss').toString('base64')}`],
    ['in base64 of more', `sent ${Buffer.from('{"a":"S3cret p4ss"}').toString('base64')}`],
    ['in base64 for URLs', `sent ${Buffer.from('??>S3cret p4ss?>').toString('base64url')}`],
  ])('are masked where they stand %s', (_how, text) => {
    expect(mask(text, 'ann', 'S3cret p4ss')).not.toMatch(/s3cret|%53%33|UzNjcmV0|MzY3JldC|TM2NyZX|c3JldC/i);
    expect(mask(text, 'ann', 'S3cret p4ss')).toContain(SECRET_MASK);
  });

  it('are not looked for within each other', () => {
    expect(mask('longsecret and long', 'long', 'longsecret')).toBe('********** and **********');
    expect(mask('aaaaaaa', 'aaaa')).toBe(SECRET_MASK);
  });

  it('of three characters are masked as words of their own', () => {
    expect(mask('bob was refused by bobby', 'bob')).toBe('********** was refused by bobby');
  });

  it('of one or two characters are masked beside what parts credentials, and nowhere else', () => {
    expect(mask("a cat: user='a', at a@h, not a: b", 'a')).toBe(
      "a cat: user='**********', at **********@h, not **********: b",
    );
    expect(mask('connect ECONNREFUSED 198.18.0.1:80', '80')).toBe('connect ECONNREFUSED 198.18.0.1:80');
    expect(mask('ann:80 refused', 'ann', '80')).not.toContain('ann');
  });

  it('are given as text, as a Secret or as nothing', () => {
    expect(maskCredentials('got hunter2', [null, undefined, '', Secret.of('hunter2')])).toBe('got **********');
  });

  it('that no key opens are passed over', () => {
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

  it('are not opened where there is no text', () => {
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
    ['socks5://[2001:db8::1]:1080', 'socks5://[2001:db8::1]:1080'],
    ['not a URL', 'not a URL'],
  ])('shows %j as %j', (url, shown) => {
    expect(maskProxyUrl(url)).toBe(shown);
  });
});

/** Anything but what ends a line, as a password in a URL or a header cannot hold it. */
const anything = fc.string({ unit: 'grapheme-ascii', minLength: 6, maxLength: 24 });
/** What stands in a word. */
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
/** The forms that hold any password. */
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
/** The forms that end at a space. */
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

  it('does not survive in any form that holds all passwords, whatever stands around it', () => {
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

  it('does not survive in any form that ends at a space', () => {
    const forms = fc.constantFrom(...WORD_FORMS);
    fc.assert(
      fc.property(forms, user, word, before, after, (form, name, password, start, end) => {
        const text = `${start}${form(name, password)}${end}`;
        expect(maskCredentials(text).includes(password), text).toBe(false);
      }),
      { numRuns: 3000 },
    );
  });

  it('survives nowhere once it is known', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', minLength: 6, maxLength: 24 }),
        fc.string(),
        fc.string(),
        (password, before, after) => {
          // Not %2 before 0: that would be a space, and none of the password.
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
  it('is masked without an error, and what is left of it stands in the text', () => {
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
