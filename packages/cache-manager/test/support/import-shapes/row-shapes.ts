import type { ImportShape } from './import-shape.ts';

const HTTP = { url: 'http://198.18.0.1:8080' };
const ANN = { ...HTTP, username: 'ann', password: 'secret' };
const SOCKS = { url: 'socks5://198.18.0.2:1080' };

const CSV_SHAPES: readonly ImportShape[] = [
  {
    title: 'A table with a header',
    format: 'csv',
    content: 'ip,port,protocol,username,password\n198.18.0.1,8080,http,ann,secret\n198.18.0.2,1080,socks5,,\n',
    loads: [ANN, SOCKS],
    note: 'The columns may have any of the names above, in any order.',
  },
  {
    title: 'A column for the whole proxy',
    format: 'csv',
    content: 'proxy\nhttp://ann:secret@198.18.0.1:8080\nsocks5://198.18.0.2:1080\n',
    loads: [ANN, SOCKS],
    note: 'Each value is read like a line of a list. If it is the only column, no delimiter splits it.',
  },
  {
    title: 'Other delimiters, names, spaces and ports',
    format: 'csv',
    content: 'IP Address ; Port ; Login ; Pass\n198.18.0.1 ; 8080.0 ; ann ; "secret"\n',
    loads: [ANN],
    note: 'The delimiter is a comma, semicolon, tab or bar. Spaces around a cell are dropped; those inside quotes are kept.',
  },
  {
    title: 'The columns of a list on a web page',
    format: 'csv',
    content:
      'IP Address,Port,Code,Country,Anonymity,Google,Https,Last Checked\n198.18.0.1,8080,NL,Netherlands,elite proxy,no,yes,2 seconds ago\n',
    loads: [{ ...HTTP, labels: { anonymity: 'elite proxy', country: 'NL' } }],
    note: '`Https` means an HTTP proxy that also carries HTTPS.',
  },
  {
    title: 'A table without a header',
    format: 'csv',
    content: '198.18.0.1,8080,ann,secret\n198.18.0.2,1080,Brazil,Elite,SOCKS5\n',
    loads: [ANN, { ...SOCKS, labels: { anonymity: 'Elite', country: 'Brazil' } }],
    note: 'Cells are recognized by their content: a host and a port, two strings after them (user and password), a scheme, a country, a level of anonymity. Two capitalized words such as `Berlin,Telekom` may or may not be user and password, so they fail.',
  },
  {
    title: 'Several schemes in one cell',
    format: 'csv',
    content: 'ip,port,type\n198.18.0.1,8080,HTTP/HTTPS\n198.18.0.2,1080,"SOCKS4, SOCKS5"\n198.18.0.3,1080,socks\n',
    loads: [HTTP, SOCKS, { url: 'socks5://198.18.0.3:1080' }],
    note: 'If several are named, the first of http, socks5, socks5h, https, socks4a and socks4 is used.',
  },
  {
    title: 'No column that names a proxy',
    format: 'csv',
    content: 'name,email\nann,ann.example\n',
    loads: [],
    problems: [
      'the file has no column that names a proxy (found: name, email): rename its columns to ip, host, server or address, and port, protocol, type, username and password, or use one column proxy_url, proxy or url for the whole proxy',
    ],
  },
  {
    title: 'A delimiter in a value',
    format: 'csv',
    content: 'ip,port,username,password\n198.18.0.1,8080,ann,"sec,ret"\n198.18.0.2,8080,ann,sec,ret\n',
    loads: [{ ...HTTP, username: 'ann', password: 'sec,ret' }],
    problems: ['has more cells than the header has columns: put each value that contains the delimiter in quotes'],
  },
];

const JSON_SHAPES: readonly ImportShape[] = [
  {
    title: 'An array of strings',
    format: 'json',
    content: '["198.18.0.1:8080:ann:secret", "socks5://198.18.0.2:1080"]',
    loads: [ANN, SOCKS],
    note: 'Each is read like a line of a list.',
  },
  {
    title: 'An array of objects',
    format: 'json',
    content:
      '[{"host": "198.18.0.1", "port": "8080", "user": "ann", "pass": "secret", "type": "http"},\n {"server": "198.18.0.2", "port": 1080, "type": "SOCKS5"}]',
    loads: [ANN, SOCKS],
  },
  {
    title: 'A list in a member',
    format: 'json',
    content: '{"total": 1, "data": [{"ip": "198.18.0.1", "port": "8080", "protocols": ["http", "https"]}]}',
    loads: [HTTP],
    note: 'The member may be `proxies`, `data`, `results`, `items`, `list`, `rows`, `records`, `servers` or a similar name, or any other member whose first rows are proxies.',
  },
  {
    title: 'Lists by scheme',
    format: 'json',
    content: '{"http": ["198.18.0.1:8080"], "socks5": [{"ip": "198.18.0.2", "port": 1080}]}',
    loads: [HTTP, SOCKS],
  },
  {
    title: 'One proxy per scheme',
    format: 'json',
    content: '{"http": "http://198.18.0.1:8080", "https": "socks5://198.18.0.2:1080"}',
    loads: [HTTP, SOCKS],
  },
  {
    title: 'One proxy per scheme, in a row',
    format: 'json',
    content: '[{"http": "http://198.18.0.1:8080", "https": "socks5://198.18.0.2:1080"}]',
    loads: [HTTP],
    problems: ['https names a different proxy than http and was not read: write it as a separate row'],
  },
  {
    title: 'Objects by address',
    format: 'json',
    content: '{"198.18.0.1:8080": {"country": "DE"}, "socks5://198.18.0.2:1080": {}}',
    loads: [{ ...HTTP, labels: { country: 'DE' } }, SOCKS],
  },
  {
    title: 'Objects by id',
    format: 'json',
    content:
      '{"status": "yes", "list": {"15": {"id": "15", "host": "198.18.0.1", "port": "8080", "user": "ann", "pass": "secret", "type": "http"}}}',
    loads: [ANN],
  },
  { title: 'One object', format: 'json', content: '{"ip": "198.18.0.1", "port": 8080}', loads: [HTTP] },
  {
    title: 'Protocols with ports of their own',
    format: 'json',
    content:
      '[{"ip": "198.18.0.1", "port": 80, "protocols": [{"type": "socks4", "port": 4153}, {"type": "http", "port": 8080}]}]',
    loads: [HTTP],
    note: 'One of them is used, by the rule for several schemes (see CSV), with its own port.',
  },
  {
    title: 'ProxyBroker',
    format: 'json',
    content:
      '[{"host": "198.18.0.1", "port": 8080, "geo": {"country": {"code": "US"}}, "types": [{"type": "HTTP", "level": "Transparent"}]}]',
    loads: [{ ...HTTP, labels: { country: 'US' } }],
  },
  {
    title: 'Proxifly',
    format: 'json',
    content:
      '[{"proxy": "socks5://198.18.0.2:1080", "protocol": "socks5", "ip": "198.18.0.2", "port": 1080, "https": false, "geolocation": {"country": "US"}}]',
    loads: [{ ...SOCKS, labels: { country: 'US' } }],
  },
  {
    title: 'FoxyProxy',
    format: 'json',
    content:
      '{"mode": "patterns", "proxySettings": [{"title": "a", "type": 3, "hostname": "198.18.0.2", "port": 1080, "active": true},\n {"title": "b", "type": 1, "address": "198.18.0.1", "port": 8080, "username": "ann", "password": "secret", "active": true}]}',
    loads: [SOCKS, ANN],
    note: 'FoxyProxy writes types as numbers. They are recognized in rows that have the members `active` and `title`.',
  },
  {
    title: 'Credentials in one member',
    format: 'json',
    content:
      '[{"ip": "198.18.0.1", "port": 8080, "auth": "ann:secret"}, {"ip": "198.18.0.3", "port": 8080, "auth": {"user": "ann", "pass": "secret"}}]',
    loads: [ANN, { url: 'http://198.18.0.3:8080', username: 'ann', password: 'secret' }],
  },
  {
    title: 'Numbers as credentials',
    format: 'json',
    content:
      '[{"ip": "198.18.0.1", "port": 8080, "username": "ann", "password": 12345}, {"ip": "198.18.0.2", "port": 8080, "username": "ann", "password": 12345678901234567890}]',
    loads: [{ ...HTTP, username: 'ann', password: '12345' }],
    problems: ['password is a number that may have lost digits: write it as a string'],
  },
  {
    title: 'A member with an unknown name',
    format: 'json',
    content: '[{"ip": "198.18.0.1", "port": 8080, "password2": "secret"}]',
    loads: [HTTP],
    problems: [
      'password2 looks like a credential or a scheme, but is not read, here and in later rows: if it is one, rename it to username, password or protocol',
    ],
    note: 'It is reported once per file.',
  },
  {
    title: 'A row that is almost a proxy',
    format: 'json',
    content: '[{"ip": "198.18.0.256", "port": 8080}, {"ip": "198.18.0.1"}, {"host": "198.18.0.1", "port": 0}]',
    loads: [],
    problems: [
      'ip must have an IPv4 address of four numbers from 0 to 255 without leading zeros, or a name that does not end in a number',
      'has ip but no port',
      'port must be a whole number from 1 to 65535',
    ],
  },
];

const JSONL_SHAPES: readonly ImportShape[] = [
  {
    title: 'One row per line',
    format: 'jsonl',
    content:
      '{"proxy_url": "http://198.18.0.1:8080", "username": "ann", "password": "secret"}\n"socks5://198.18.0.2:1080"\n',
    loads: [ANN, SOCKS],
  },
  {
    title: 'An array with one row per line',
    format: 'jsonl',
    content: '[\n{"ip": "198.18.0.1", "port": 8080},\n{"proxy": "198.18.0.2:1080", "type": "socks5"},\n]\n',
    loads: [HTTP, SOCKS],
    note: 'Brackets, and commas at the end of lines, are ignored.',
  },
];

/** Every supported form of CSV, JSON and JSON Lines, and examples that are refused. */
export const ROW_SHAPES: readonly ImportShape[] = [...CSV_SHAPES, ...JSON_SHAPES, ...JSONL_SHAPES];
