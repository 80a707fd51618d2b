import type { ImportShape } from './import-shape.ts';

const ANN = { username: 'ann', password: 'secret' };

/** Some shapes of a plain list. */
export const LIST_SAMPLES: readonly ImportShape[] = [
  { title: 'Host and port', format: 'list', content: '198.18.0.1:8080', loads: [{ url: 'http://198.18.0.1:8080' }] },
  {
    title: 'host:port:user:password',
    format: 'list',
    content: '198.18.0.1:8080:ann:secret\n[2001:db8::1]:8080:ann:se|cret',
    loads: [
      { url: 'http://198.18.0.1:8080', ...ANN },
      { url: 'http://[2001:db8::1]:8080', username: 'ann', password: 'se|cret' },
    ],
    note: 'Between colons credentials are taken as they stand.',
  },
  {
    title: 'An IPv6 address without brackets',
    format: 'list',
    content: '2001:db8::1:8080',
    loads: [],
    problems: ['must have its IPv6 address in brackets, such as [2001:db8::1]:8080'],
  },
  {
    title: 'Invisible characters',
    format: 'list',
    content: '\ufeff198.18.0.1:8080\u00a0',
    loads: [{ url: 'http://198.18.0.1:8080' }],
  },
];

/** Some shapes of rows. */
export const ROW_SAMPLES: readonly ImportShape[] = [
  {
    title: 'Columns by name',
    format: 'csv',
    content: 'ip,port,username,password,country\n198.18.0.1,8080,ann,secret,DE',
    loads: [{ url: 'http://198.18.0.1:8080', ...ANN, labels: { country: 'DE' } }],
  },
  {
    title: 'An array of objects',
    format: 'json',
    content: '[{ "ip": "198.18.0.1", "port": 1080, "protocol": "socks5" }]',
    loads: [{ url: 'socks5://198.18.0.1:1080' }],
  },
  {
    title: 'One object a line',
    format: 'jsonl',
    content: '{"ip":"198.18.0.1","port":8080}\n{"ip":"198.18.0.2","port":8080}',
    loads: [{ url: 'http://198.18.0.1:8080' }, { url: 'http://198.18.0.2:8080' }],
  },
];
