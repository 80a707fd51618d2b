import { MAX_KEY_BYTES } from '@pw/cache-models';
import { encodeRaw } from '../../src/lines/record-line.ts';

/** A stored record with a wrong checksum and these additional members. */
export function damagedLine(key: string, members = '', expiry = '2999-01-01T00:00:00+00:00'): string {
  return (
    `{"key":${JSON.stringify(key)},"proxy_url":"http://a:1","source":"s"${members},"fetch_time":"2026-01-01T00:00:00+00:00",` +
    `"last_accessed":"2026-01-01T00:00:00+00:00","access_count":0,"ttl_seconds":1,"expires_at":"${expiry}",` +
    `"health_status":"unknown","failure_count":0,"checksum":"00000000"}\n`
  );
}

export const validLine = (key: string) =>
  `${encodeRaw({ ...(JSON.parse(damagedLine(key)) as Record<string, unknown>), source: 'another source' })}\n`;
export const lists = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
export const upTo = (bytes: number, piece: string) => piece.repeat(Math.ceil(bytes / piece.length));

/** Different lines, at least this many bytes in total. */
function linesUpTo(bytes: number, line: (n: number) => string): string {
  const lines: string[] = [];
  for (let n = 0, length = 0; length < bytes; n++) {
    lines.push(line(n));
    length += lines[n]!.length;
  }
  return lines.join('');
}

/** Records that match their checksums, as a tier writes them. Made once for each size, as their checksums take a while. */
export function wellFormed(bytes: number): string {
  const text = made.get(bytes) ?? linesUpTo(bytes, (n) => validLine(`key-${n}`));
  made.set(bytes, text);
  return text;
}

const made = new Map<number, string>();
const expiry2020 = '2020-01-01T00:00:00+00:00';
const validExpiredLine = `${encodeRaw(JSON.parse(damagedLine('k', '', expiry2020)) as Record<string, unknown>)}\n`;

export interface HostileKind {
  /** Hostile input of about this many bytes. */
  readonly make: (bytes: number) => string;
  /** Well-formed input of about as many bytes. Default: records with different keys. */
  readonly benign?: (bytes: number) => string;
}

export const HOSTILE_KINDS: Readonly<Record<string, HostileKind>> = {
  'openings of records in one line': { make: (bytes) => `${upTo(bytes, '{"key":"')}\n` },
  'small objects in one line': { make: (bytes) => `${upTo(bytes, '{"key":"a","checksum":"00000000"}')}\n` },
  'short lines that are not JSON': { make: (bytes) => upTo(bytes, 'rubbish\n') },
  'short lines that begin like JSON': { make: (bytes) => upTo(bytes, '{xxxxxxx}\n') },
  'only newlines': { make: (bytes) => upTo(bytes, '\n') },
  'empty objects, one per line': { make: (bytes) => upTo(bytes, '{}\n') },
  'alternating damaged and foreign lines, as short as possible': { make: (bytes) => upTo(bytes, 'x\n[]\n') },
  'only whitespace': { make: (bytes) => upTo(bytes, ' \t \r\n') },
  'short objects that are not records': { make: (bytes) => upTo(bytes, '{"a":[1,null]}\n') },
  'short lists': { make: (bytes) => upTo(bytes, '["a",1.5]\n') },
  'lines that are not UTF-8': { make: (bytes) => upTo(bytes, '{"a":"some words in Latin-1: caf\xe9"}\n') },
  'names with escapes': { make: (bytes) => upTo(bytes, '{"\\u006aey":"some words"}\n') },
  'lines that are damaged, blank and foreign in turn': {
    make: (bytes) => upTo(bytes, 'some words that are rubbish\n\n{"a":"some words in a foreign line"}\n'),
  },
  'records without an expiry': { make: (bytes) => upTo(bytes, '{"key":"abc","x":1}\n') },
  'notes without a checksum': { make: (bytes) => upTo(bytes, '{"pw_deleted":"abc"}\n') },
  'lines of one long key with a wrong checksum': {
    make: (bytes) => upTo(bytes, damagedLine('k'.repeat(MAX_KEY_BYTES))),
    benign: (bytes) => upTo(bytes, validLine('k'.repeat(MAX_KEY_BYTES))),
  },
  'lines of a key with a wrong checksum': {
    make: (bytes) => upTo(bytes, damagedLine('k')),
    benign: (bytes) => upTo(bytes, validLine('k')),
  },
  'expired lines with a wrong checksum': {
    make: (bytes) => upTo(bytes, damagedLine('k', '', expiry2020)),
    benign: (bytes) => upTo(bytes, validExpiredLine),
  },
  'deeply nested lists': { make: (bytes) => upTo(bytes, damagedLine('k', `,"x":${lists(5000)}`)) },
  'many members': { make: (bytes) => upTo(bytes, `{${Array.from({ length: 500 }, (_, n) => `"m${n}":1`).join()}}\n`) },
  'NUL bytes': { make: (bytes) => `${'\0'.repeat(bytes)}\n` },
  'one line longer than the limit': { make: (bytes) => 'x'.repeat(bytes * 4) },
};
