import type { Random } from './random.ts';

/** The formats that an import reads. */
export type LineFormat = 'list' | 'csv' | 'json' | 'jsonl';

/** The password in every line that has one: it must not appear in any message. */
export const PASSWORD = 'hunter2hunter2';

const PIECES: readonly string[] = [
  ...'"\'\\,;:|@#/[]{}()<>=%&?*+-._ \t\u0000\u2028\u200b\u00e9\ufffd\ud800'.split(''),
  ...[
    '""',
    '\\"',
    '\\u0041',
    '%41',
    '%',
    '://',
    'http://',
    'socks5://',
    '10.0.0.1',
    ':8080',
    ':99999',
    '::1',
    '[::1]:80',
    'a.b',
    'xn--a',
  ],
  ...[
    'null',
    'true',
    '0',
    '-1',
    '1e999',
    '[[[[',
    '{"a":',
    '{"proxy_url":"',
    '"ip":"a","port":1',
    '\u2705',
    'x'.repeat(300),
    '['.repeat(1100),
  ],
  ...['password=', 'Bearer ', '"key":"k",', '"status":"healthy"', '__proto__', 'proxies', PASSWORD, `u:${PASSWORD}@`],
];

/** A line in the given format for the n-th proxy; every third proxy has credentials. */
export function wellFormedLine(format: LineFormat, number: number): string {
  const url = urlOf(number);
  const password = number % 3 === 0 ? PASSWORD : undefined;
  if (format === 'list') return password === undefined ? url : url.replace('://', `://u:${password}@`);
  if (format === 'csv') return password === undefined ? url : `${url},u,${password},"a ""source"""`;
  return JSON.stringify(password === undefined ? { proxy_url: url } : { proxy_url: url, username: 'u', password });
}

export function urlOf(number: number): string {
  return `http://10.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}:8080`;
}

/** A line of random pieces, or a well-formed line with parts replaced, doubled or removed; without its line end. */
export function oddLine(format: LineFormat, random: Random): string {
  let line = random.percent(30) ? '' : wellFormedLine(format, 0xff_00_00 + random.below(60_000));
  for (let changes = 1 + random.below(6); changes > 0; changes--) {
    const at = random.below(line.length + 1);
    const cut = random.percent(50) ? random.below(8) : 0;
    const piece = random.percent(20) ? line.slice(at, at + random.below(20)) : random.pick(PIECES);
    line = line.slice(0, at) + piece + line.slice(at + cut);
  }
  return line;
}
