import { fromEpochSeconds, isInstant, isTooLongKey, parseInstant } from '@pw/cache-models/tier';
import type { RecordFacts } from '../index/record-id.ts';
import { LONG_LINE, MOST_VALUES } from '../limits.ts';
import { isAt } from './is-at.ts';
import { isUtf8At } from './is-utf8-at.ts';
import { isSpace, type JsonLimits, JsonScanner } from './json-scanner.ts';
import type { RawRecord } from './raw-record.ts';
import { noteKey } from './record-line.ts';

/** The facts about a line that the index needs. */
export type LineHead =
  | { readonly kind: 'record'; readonly key: string; readonly facts: RecordFacts }
  | { readonly kind: 'deleted' | 'moved'; readonly key: string }
  | { readonly kind: 'shards'; readonly numShards: number }
  /** `blank`: nothing. `other`: JSON that is not a record, which ProxyWhirl skips. */
  | { readonly kind: 'blank' | 'other' | 'damaged' };

const [OPEN, CLOSE, OPEN_LIST, CLOSE_LIST, QUOTE, BACKSLASH, UNICODE] = [0x7b, 0x7d, 0x5b, 0x5d, 0x22, 0x5c, 0x75];
const MARK = Buffer.from('\uFEFF');

const BLANK: LineHead = { kind: 'blank' };
const DAMAGED: LineHead = { kind: 'damaged' };
const OTHER: LineHead = { kind: 'other' };

/** Members that make an object one of ours, one bit each. */
const NAMES = ['key', 'expires_at', 'checksum', 'pw_deleted', 'pw_moved', 'pw_shards'];
const OURS = NAMES.map((name) => Buffer.from(name));
const [KEY, EXPIRES_AT, CHECKSUM, DELETED, MOVED, SHARDS] = [1, 2, 4, 8, 16, 32];
const FEW_VALUES: JsonLimits = { values: MOST_VALUES };
const NOTES = DELETED | MOVED | SHARDS;
/** Length of our longest name with every character escaped. */
const LONGEST_NAME = 6 * 'expires_at'.length;

/**
 * Reads what the index needs from the bytes of a line. Lines that are not records are recognised in one pass, without
 * parsing: foreign content in a file costs little more than our own lines.
 */
export class HeadReader {
  readonly #scanner = new JsonScanner((bytes, start, end, value) => this.#member(bytes, start, end, value));
  /** Bits of our members at the top level of the last object. */
  #members = 0;
  /** Bits of those members whose values are strings. */
  #strings = 0;

  /**
   * Reads the bytes `start` to `end`, without the newline. A line that `isSuspect`, because the previous one is
   * damaged, is subject to the same limit of values as a long one.
   */
  read(bytes: Buffer, start: number, end: number, isSuspect = false): LineHead {
    let from = start;
    let to = end;
    while (from < to && isSpace(bytes[from]!)) from++;
    while (to > from && isSpace(bytes[to - 1]!)) to--;
    if (from === to) return BLANK;
    if (bytes[from] === MARK[0] && isAt(bytes, MARK, from)) {
      from += MARK.length;
      while (from < to && isSpace(bytes[from]!)) from++;
    }
    const first = bytes[from];
    const last = bytes[to - 1];
    // A bare value prevents ProxyWhirl from starting: it is set aside like a damaged line.
    if ((first !== OPEN || last !== CLOSE) && (first !== OPEN_LIST || last !== CLOSE_LIST)) return DAMAGED;
    this.#members = 0;
    this.#strings = 0;
    const most = first === OPEN && (isSuspect || to - from > LONG_LINE) ? FEW_VALUES : undefined;
    if (!this.#scanner.scan(bytes, from, to, most)) return DAMAGED;
    const { isAscii } = this.#scanner;
    if (!isAscii && !isUtf8At(bytes, from, to)) return DAMAGED;
    // ProxyWhirl skips a list, whatever it contains.
    if (first === OPEN_LIST || this.#members === 0) return OTHER;
    if (this.#isPlainlyDamaged()) return DAMAGED;
    return headOf(JSON.parse(bytes.toString(isAscii ? 'latin1' : 'utf8', from, to)) as RawRecord);
  }

  /** True for an object that has only some of the members that make a record or a note. */
  #isPlainlyDamaged(): boolean {
    const members = this.#members;
    if ((members & KEY) !== 0) return (members & EXPIRES_AT) === 0 || (this.#strings & KEY) === 0;
    // An object with our checksum was once a record.
    if ((members & NOTES) === 0) return (members & CHECKSUM) !== 0;
    return (members & CHECKSUM) === 0 && (members & this.#strings & (DELETED | MOVED)) !== 0;
  }

  #member(bytes: Uint8Array, start: number, end: number, value: number): void {
    const bit = ourMember(bytes, start, end);
    this.#members |= bit;
    // If a name occurs more than once, the last member counts.
    if (bytes[value] === QUOTE) this.#strings |= bit;
    else this.#strings &= ~bit;
  }
}

/** The bit of a name; 0 if it is not ours. */
function ourMember(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  if (length > LONGEST_NAME || !mayBeginOurs(bytes[start]!)) return 0;
  for (let at = start; at < end; at++) if (bytes[at] === BACKSLASH) return escapedMember(bytes, start, end);
  for (let n = 0; n < OURS.length; n++) if (OURS[n]!.length === length && isAt(bytes, OURS[n]!, start)) return 1 << n;
  return 0;
}

function mayBeginOurs(byte: number): boolean {
  return byte === 0x6b || byte === 0x65 || byte === 0x63 || byte === 0x70 || byte === BACKSLASH;
}

function escapedMember(bytes: Uint8Array, start: number, end: number): number {
  let name = '';
  for (let at = start; at < end; at++) {
    let unit = bytes[at]!;
    if (unit === BACKSLASH) {
      // None of our names contains a character with a short escape.
      if (bytes[at + 1] !== UNICODE) return 0;
      unit = hex(bytes, at + 2);
      at += 5;
    }
    name += String.fromCharCode(unit);
  }
  const n = NAMES.indexOf(name);
  return n < 0 ? 0 : 1 << n;
}

/** For an object with a member of ours at its top level. */
function headOf(raw: RawRecord): LineHead {
  if (Object.hasOwn(raw, 'key')) return recordHead(raw);
  for (const kind of ['deleted', 'moved'] as const) {
    const noted = noteKey(raw, `pw_${kind}`);
    if (noted !== undefined) return noted === null || isTooLongKey(noted) ? DAMAGED : { kind, key: noted };
  }
  if (typeof raw['pw_shards'] === 'number') return { kind: 'shards', numShards: raw['pw_shards'] };
  return Object.hasOwn(raw, 'checksum') ? DAMAGED : OTHER;
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

function hex(bytes: Uint8Array, from: number): number {
  let unit = 0;
  for (let at = from; at < from + 4; at++) {
    const byte = bytes[at]!;
    unit = unit * 16 + (byte > 0x39 ? (byte | 0x20) - 0x57 : byte - 0x30);
  }
  return unit;
}
