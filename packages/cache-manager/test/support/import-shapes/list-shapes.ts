import type { ImportShape } from './import-shape.ts';

const URL = 'http://198.18.0.1:8080';
const ONE = { url: URL };
const ANN = { url: URL, username: 'ann', password: 'secret' };

const FORMS = 'must be host:port, host:port:user:password, user:password@host:port or a URL with a port';
const BRACKETS = 'must have its IPv6 address in brackets, such as [2001:db8::1]:8080';
const NO_PORT = 'must end with a port, such as host:8080, and have no path';
const MAY_BE_CREDENTIALS = 'has text after the port that may be a user and password: write host:port:user:password';
const AMBIGUOUS =
  'has a host and port on both sides, and either could be the user and password: write scheme://user:password@host:port, with %2E for each dot in the user';
const TEXT_BEFORE =
  'has text before the proxy that may be part of it: write the proxy alone or first, with %20, %2C, %3B or %7C for a space, comma, semicolon or bar in the user or password';
const ONE_PART =
  'has only one part after the port, where a user and a password belong: write user@host:port, or host:port:user:password';
const SINGLE =
  'has a host without a dot, which is accepted only in a URL: write scheme://user:password@host:port, or allow such names (bareNames, --bare-names)';
const OTHER_LINK =
  'is a link for another protocol (such as vmess, vless, trojan or Shadowsocks), not an HTTP or SOCKS proxy';

const shape = (
  title: string,
  content: string,
  loads: ImportShape['loads'],
  more: Pick<ImportShape, 'problems' | 'note'> = {},
): ImportShape => ({ title, format: 'list', content, loads, ...more });

/** The forms of a list line, including those that are refused. */
export const LIST_SHAPES: readonly ImportShape[] = [
  shape('Host and port', '198.18.0.1:8080', [ONE]),
  shape('A host name', 'gate.example.com:8080', [{ url: 'http://gate.example.com:8080' }]),
  shape('A URL', 'socks5://198.18.0.1:1080', [{ url: 'socks5://198.18.0.1:1080' }]),
  shape('A URL with credentials', 'http://ann:secret@198.18.0.1:8080', [ANN], {
    note: 'Before the `@`, user and password may be percent-encoded.',
  }),
  shape('A URL with a comma in the user', 'http://groups-RES,country-US:secret@198.18.0.1:8080', [
    { ...ANN, username: 'groups-RES,country-US' },
  ]),
  shape('A URL with four parts', 'http://198.18.0.1:8080:ann:secret\nhttp://ann:secret:198.18.0.2:8080', [
    ANN,
    { ...ANN, url: 'http://198.18.0.2:8080' },
  ]),
  shape('host:port:user:password', '198.18.0.1:8080:ann:secret', [ANN], {
    note: 'Between colons, user and password are taken literally; nothing is decoded.',
  }),
  shape('user:password:host:port', 'ann:secret:198.18.0.1:8080', [ANN]),
  shape('user:password@host:port', 'ann:secret@198.18.0.1:8080', [ANN]),
  shape('host:port@user:password', '198.18.0.1:8080@ann:secret', [ANN]),
  shape('A password of digits', '198.18.0.1:8080@ann:12345\nann:12345:198.18.0.2:8080', [
    { url: URL, username: 'ann', password: '12345' },
    { url: 'http://198.18.0.2:8080', username: 'ann', password: '12345' },
  ]),
  shape('Another colon is part of the password', '198.18.0.1:8080:ann:secret:US', [
    { url: URL, username: 'ann', password: 'secret:US' },
  ]),
  shape('A user without a password', 'ann@198.18.0.1:8080', [{ url: URL, username: 'ann' }]),
  shape('A host and port on both sides', 'john.doe:12345:198.18.0.1:8080', [], { problems: [AMBIGUOUS] }),
  shape('The same, made unambiguous', 'john%2Edoe:12345@198.18.0.1:8080', [
    { url: URL, username: 'john.doe', password: '12345' },
  ]),
  shape('A user or a password is missing', '198.18.0.1:8080:ann', [], { problems: [ONE_PART] }),
  shape('An IPv6 address', '[2001:db8::1]:8080\n[2001:db8::2]:8080:ann:secret', [
    { url: 'http://[2001:db8::1]:8080' },
    { url: 'http://[2001:db8::2]:8080', username: 'ann', password: 'secret' },
  ]),
  shape('An IPv6 address without brackets', '2001:db8::1:8080\nann:secret@2001:db8::1:8080', [], {
    problems: [BRACKETS, BRACKETS],
  }),
  shape(
    'Host and port in separate parts',
    '198.18.0.1 8080\n198.18.0.2\t8080\n198.18.0.3,8080\n198.18.0.4;8080\n198.18.0.5|8080',
    [1, 2, 3, 4, 5].map((i) => ({ url: `http://198.18.0.${i}:8080` })),
  ),
  shape(
    'proxychains.conf',
    '[ProxyList]\n# meanwhile\nsocks5 198.18.0.1 1080 ann secret\nhttp\t198.18.0.2\t8080',
    [{ url: 'socks5://198.18.0.1:1080', username: 'ann', password: 'secret' }, { url: 'http://198.18.0.2:8080' }],
    { problems: [FORMS] },
  ),
  shape(
    'A scheme next to the address',
    '198.18.0.1:1080 SOCKS5\nsocks4 198.18.0.2:1080\n198.18.0.3:8080 HTTP, HTTPS, SOCKS5\n198.18.0.4:1080:socks5',
    [
      { url: 'socks5://198.18.0.1:1080' },
      { url: 'socks4://198.18.0.2:1080' },
      { url: 'http://198.18.0.3:8080' },
      { url: 'socks5://198.18.0.4:1080' },
    ],
    { note: 'If several are named, the first of http, socks5, socks5h, https, socks4a and socks4 is used.' },
  ),
  shape('A country after the address', '198.18.0.1:8080 CO-N-S! +\n198.18.0.2:8080:US\n198.18.0.3:8080,DE,12ms', [
    { url: URL, labels: { country: 'CO' } },
    { url: 'http://198.18.0.2:8080', labels: { country: 'US' } },
    { url: 'http://198.18.0.3:8080', labels: { country: 'DE' } },
  ]),
  shape(
    'Other text after the address',
    '198.18.0.1:8080 => success\n198.18.0.2:8080:ann:secret [Some ISP, Inc.]',
    [ONE, { ...ANN, url: 'http://198.18.0.2:8080' }],
    { note: 'It never becomes part of a password.' },
  ),
  shape('Text that may be credentials', '198.18.0.1:8080 ann:secret\n198.18.0.1 8080 ann secret', [], {
    problems: [MAY_BE_CREDENTIALS, MAY_BE_CREDENTIALS],
  }),
  shape(
    'Flags, bullets, quotes and commas',
    '🇺🇸 198.18.0.1:8080 ✅\n- 198.18.0.2:8080\n"198.18.0.3:8080",\n198.18.0.4:8080;',
    [1, 2, 3, 4].map((i) => ({ url: `http://198.18.0.${i}:8080` })),
  ),
  shape('Comments', '# ours\n; ours\n// ours\n198.18.0.1:8080 # the fast one\n198.18.0.2:8080#tag', [
    ONE,
    { url: 'http://198.18.0.2:8080' },
  ]),
  shape('Several proxies on a line', '198.18.0.1:8080,198.18.0.2:8080 US | ann:secret@198.18.0.3:8080', [
    ONE,
    { url: 'http://198.18.0.2:8080', labels: { country: 'US' } },
    { ...ANN, url: 'http://198.18.0.3:8080' },
  ]),
  shape('A separator in a password', 'ann:se,cret@198.18.0.1:8080', [], { problems: [TEXT_BEFORE] }),
  shape('The same, percent-encoded', 'ann:se%2Ccret@198.18.0.1:8080', [
    { url: URL, username: 'ann', password: 'se,cret' },
  ]),
  shape('PAC', 'PROXY 198.18.0.1:8080; SOCKS5 198.18.0.2:1080; SOCKS 198.18.0.3:1080; DIRECT', [
    ONE,
    { url: 'socks5://198.18.0.2:1080' },
    { url: 'socks4://198.18.0.3:1080' },
  ]),
  shape('curl', 'curl -x http://198.18.0.1:8080 -U ann:secret https://example.com', [ANN]),
  shape('An environment variable', 'export http_proxy="http://198.18.0.1:8080"', [ONE]),
  shape('A host without a dot', 'squid:3128', [], { problems: [SINGLE] }),
  shape('A host without a dot in a URL', 'http://squid:3128', [{ url: 'http://squid:3128' }]),
  shape('Headings and prose', 'Total:402\nFree proxies of today', [], { problems: [FORMS, FORMS] }),
  shape('No port', '198.18.0.1', [], { problems: [NO_PORT] }),
  shape('Links of other protocols', 'ss://YWVzLTI1Ni1nY206cGFzcw@198.18.0.2:8388#x', [], { problems: [OTHER_LINK] }),
];
