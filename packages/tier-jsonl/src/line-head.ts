import { isUtf8 } from 'node:buffer';
import { CacheCorruptionError, fromEpochSeconds, isInstant, isTooLongKey, parseInstant } from '@pw/cache-models';
import { isJson } from './is-json.ts';
import { LONG_LINE, MOST_VALUES } from './limits.ts';
import { noteKey, parseLine, type RawRecord } from './record-line.ts';
import type { SlotFacts } from './slot.ts';

/** What a line is, as far as the index must know. */
export type LineHead =
  | { readonly kind: 'record'; readonly key: string; readonly facts: SlotFacts }
  | { readonly kind: 'deleted' | 'moved'; readonly key: string }
  | { readonly kind: 'shards'; readonly numShards: number }
  /** `blank`: nothing. `other`: JSON that is no record and that ProxyWhirl skips. */
  | { readonly kind: 'blank' | 'other' | 'damaged' };

const [SPACE, TAB, RETURN] = [0x20, 0x09, 0x0d];
const [OPEN, CLOSE, OPEN_LIST, CLOSE_LIST] = [0x7b, 0x7d, 0x5b, 0x5d];
/** The first of its three bytes. */
const BYTE_ORDER_MARK = 0xef;

const DAMAGED: LineHead = { kind: 'damaged' };
const OTHER: LineHead = { kind: 'other' };

/**
 * Reads what the index needs from the bytes `start` to `end` (without the newline), by parsing them. A line that `isSuspect` is
 * looked at before it is parsed, which is cheaper if it is damaged and dearer if it is not.
 */
export function readLineHead(bytes: Buffer, start: number, end: number, isSuspect = false): LineHead {
  const { from, to } = withoutBlanks(bytes, start, end);
  if (from === to) return { kind: 'blank' };
  // A bare value stops ProxyWhirl from starting: it is set aside like a damaged line.
  if (!mayBegin(bytes[from]!) || !mayEnd(bytes[to - 1]!)) return DAMAGED;
  const line = bytes.subarray(from, to);
  // A byte order mark is the parser's business.
  const isChecked = (isSuspect || line.length > LONG_LINE) && bytes[from]! < 0x80;
  if (!isChecked) return parseHead(line);
  const isList = bytes[from] === OPEN_LIST;
  if (!isJson(bytes, from, to, isList ? undefined : MOST_VALUES)) return DAMAGED;
  // Whatever is in it is nothing to us.
  if (isList) return isUtf8(line) ? OTHER : DAMAGED;
  return parseHead(line, isChecked);
}

/** The part of a line between what JSON takes for blank. */
function withoutBlanks(bytes: Buffer, start: number, end: number): { readonly from: number; readonly to: number } {
  let from = start;
  let to = end;
  while (from < to && isBlank(bytes[from]!)) from++;
  while (to > from && isBlank(bytes[to - 1]!)) to--;
  return { from, to };
}

function parseHead(line: Buffer, isChecked = false): LineHead {
  let value: unknown;
  try {
    value = parseLine(line, isChecked);
  } catch (error) {
    if (error instanceof CacheCorruptionError) return DAMAGED;
    throw error;
  }
  if (typeof value !== 'object' || value === null) return DAMAGED;
  // A list ProxyWhirl passes over.
  if (Array.isArray(value)) return OTHER;
  const raw = value as RawRecord;
  if (Object.hasOwn(raw, 'key')) return recordHead(raw);
  for (const kind of ['deleted', 'moved'] as const) {
    const noted = noteKey(raw, `pw_${kind}`);
    if (noted !== undefined) return noted === null || isTooLongKey(noted) ? DAMAGED : { kind, key: noted };
  }
  if (typeof raw['pw_shards'] === 'number') return { kind: 'shards', numShards: raw['pw_shards'] };
  // What carries our checksum was a record once.
  return { kind: Object.hasOwn(raw, 'checksum') ? 'damaged' : 'other' };
}

function recordHead(raw: RawRecord): LineHead {
  const key = raw['key'];
  const expiresAt = time(raw['expires_at']);
  if (typeof key !== 'string' || isTooLongKey(key) || expiresAt === undefined) return DAMAGED;
  const given = raw['access_count'] ?? 0;
  const count = typeof given === 'object' ? 0 : Number(given);
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

function mayBegin(byte: number): boolean {
  return byte === OPEN || byte === OPEN_LIST || byte === BYTE_ORDER_MARK;
}

function mayEnd(byte: number): boolean {
  return byte === CLOSE || byte === CLOSE_LIST;
}

function isBlank(byte: number): boolean {
  return byte === SPACE || byte === TAB || byte === RETURN;
}
