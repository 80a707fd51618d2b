import { CacheCorruptionError, fromEpochSeconds, isInstant, parseInstant } from '@pw/cache-models';
import { noteKey, parseLine, type RawRecord } from './record-line.ts';
import type { SlotFacts } from './slot.ts';

/** What a line is, as far as the index must know. */
export type LineHead =
  | { readonly kind: 'record'; readonly key: string; readonly facts: SlotFacts }
  | { readonly kind: 'deleted' | 'moved'; readonly key: string }
  | { readonly kind: 'shards'; readonly numShards: number }
  /** `blank`: nothing. `other`: JSON that is no record and that ProxyWhirl skips. */
  | { readonly kind: 'blank' | 'other' | 'damaged' };

const OURS = Buffer.from('{"key":"');
const PYTHONS = Buffer.from('{"key": "');
const EXPIRES_AT = Buffer.from('"expires_at"');
const KEY = Buffer.from('"key"');
const [QUOTE, BACKSLASH, BRACE, SPACE, COLON] = [0x22, 0x5c, 0x7d, 0x20, 0x3a];

/**
 * Reads what the index needs from the bytes `start` to `end` (without the newline). A line that begins and ends as records
 * do is not parsed, unless the facts for an eviction order are wanted (`full`): the key and the expiry are cut out of it.
 */
export function readLineHead(bytes: Buffer, start: number, end: number, full: boolean): LineHead {
  let from = start;
  let to = end;
  while (from < to && isBlank(bytes[from]!)) from++;
  if (from === to) return { kind: 'blank' };
  while (isBlank(bytes[to - 1]!)) to--;
  return (full ? undefined : cutHead(bytes, from, to)) ?? parseHead(bytes.subarray(from, to));
}

/** The fast way; `undefined` where anything is unusual. A quoted name cannot stand inside a value: its quotes would be escaped. */
function cutHead(bytes: Buffer, from: number, to: number): LineHead | undefined {
  const opening = startsWith(bytes, OURS, from) ? OURS : startsWith(bytes, PYTHONS, from) ? PYTHONS : undefined;
  if (opening === undefined || bytes[to - 1] !== BRACE) return undefined;
  const keyStart = from + opening.length;
  const keyEnd = bytes.indexOf(QUOTE, keyStart);
  if (keyEnd < 0 || keyEnd >= to || !isPlain(bytes, keyStart, keyEnd)) return undefined;
  const again = bytes.indexOf(KEY, keyEnd + 1);
  if (again >= 0 && again < to) return undefined;
  const expiresAt = cutTime(bytes, bytes.indexOf(EXPIRES_AT, keyEnd), to);
  if (expiresAt === undefined) return undefined;
  const key = bytes.toString('latin1', keyStart, keyEnd);
  return { kind: 'record', key, facts: { expiresAt, lastAccessed: 0, accessCount: 0, fetchTime: 0 } };
}

function cutTime(bytes: Buffer, nameAt: number, to: number): number | undefined {
  if (nameAt < 0 || nameAt >= to) return undefined;
  let at = nameAt + EXPIRES_AT.length;
  if (bytes[at++] !== COLON) return undefined;
  if (bytes[at] === SPACE) at++;
  if (bytes[at++] !== QUOTE) return undefined;
  const end = bytes.indexOf(QUOTE, at);
  return end < 0 || end >= to ? undefined : parseInstant(bytes.toString('latin1', at, end));
}

function parseHead(line: Buffer): LineHead {
  let value: unknown;
  try {
    value = parseLine(line);
  } catch (error) {
    if (error instanceof CacheCorruptionError) return { kind: 'damaged' };
    throw error;
  }
  // A bare value stops ProxyWhirl from starting: it is set aside like a damaged one. A list it passes over.
  if (typeof value !== 'object' || value === null) return { kind: 'damaged' };
  if (Array.isArray(value)) return { kind: 'other' };
  const raw = value as RawRecord;
  if (Object.hasOwn(raw, 'key')) return recordHead(raw);
  for (const kind of ['deleted', 'moved'] as const) {
    const noted = noteKey(raw, `pw_${kind}`);
    if (noted !== undefined) return noted === null ? { kind: 'damaged' } : { kind, key: noted };
  }
  if (typeof raw['pw_shards'] === 'number') return { kind: 'shards', numShards: raw['pw_shards'] };
  // What carries our checksum was a record once.
  return { kind: Object.hasOwn(raw, 'checksum') ? 'damaged' : 'other' };
}

function recordHead(raw: RawRecord): LineHead {
  const key = raw['key'];
  const expiresAt = time(raw['expires_at']);
  if (typeof key !== 'string' || expiresAt === undefined) return { kind: 'damaged' };
  const count = Number(raw['access_count'] ?? 0);
  return {
    kind: 'record',
    key,
    facts: {
      expiresAt,
      lastAccessed: time(raw['last_accessed']) ?? 0,
      accessCount: Number.isFinite(count) ? count : 0,
      fetchTime: time(raw['fetch_time']) ?? 0,
    },
  };
}

function time(value: unknown): number | undefined {
  const instant =
    typeof value === 'string' ? parseInstant(value) : typeof value === 'number' ? fromEpochSeconds(value) : undefined;
  return instant !== undefined && isInstant(instant) ? instant : undefined;
}

/** What JSON takes for blank. */
function isBlank(byte: number): boolean {
  return byte === SPACE || byte === 0x09 || byte === 0x0d;
}

function startsWith(bytes: Buffer, text: Buffer, at: number): boolean {
  return bytes.length >= at + text.length && bytes.compare(text, 0, text.length, at, at + text.length) === 0;
}

/** True for printable ASCII without an escape: what needs no decoding. */
function isPlain(bytes: Buffer, from: number, to: number): boolean {
  for (let at = from; at < to; at++) {
    const byte = bytes[at]!;
    if (byte < SPACE || byte > 0x7e || byte === BACKSLASH) return false;
  }
  return true;
}
