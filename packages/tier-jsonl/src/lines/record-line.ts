import { isAscii, isUtf8 } from 'node:buffer';
import { CacheCorruptionError, type ProxyRecord, recordChecksum } from '@pw/cache-models';
import { hasRottedKey, isVersion } from '@pw/cache-models/tier';
import { LONG_LINE, MOST_VALUES } from '../limits.ts';
import { isAt } from './is-at.ts';
import { isJson } from './json-scanner.ts';
import { hasPlainValues } from './plain-values.ts';
import type { RawRecord } from './raw-record.ts';

/** The checksum of the values. ProxyWhirl ignores this member, and keeps it when it rewrites a shard. */
const CHECKSUM = 'checksum';
const VERSION = 'pw_version';
const BYTE_ORDER_MARK = '\uFEFF';
const MARK = Buffer.from(BYTE_ORDER_MARK);
const NOT_ASCII = /[^\0-\x7f]/;
const EACH_NOT_ASCII = /[^\0-\x7f]/g;

/**
 * A record as one line without its newline, in ASCII as Python writes it: one byte per character. A `version` of 0 is
 * not written.
 */
export function encodeLine(record: ProxyRecord, version: number): string {
  return encodeMembers(version === 0 ? { ...record } : { ...record, [VERSION]: version });
}

/**
 * The version of a record, 0 without one. A version counts only with a checksum: a program that changed the values and
 * does not know the member wrote another value.
 */
export function versionIn(raw: RawRecord): number {
  const version = raw[VERSION];
  return version !== undefined && raw[CHECKSUM] !== undefined && isVersion(version) ? version : 0;
}

/** Like {@link encodeLine}, for a parsed record: unknown members are kept, an old checksum is replaced. */
export function encodeRaw(raw: RawRecord): string {
  return encodeMembers(withoutChecksum(raw));
}

/** Without a version that does not count: a new checksum would make it valid. */
function withoutChecksum(raw: RawRecord): RawRecord {
  const { [CHECKSUM]: checksum, ...members } = raw;
  if (checksum === undefined) delete members[VERSION];
  return members;
}

/** A parsed record with its credentials sealed again. Everything else is kept, except credentials in plain text. */
export function encodeResealed(raw: RawRecord, sealed: ProxyRecord): string {
  const { username: _username, password: _password, ...members } = withoutChecksum(raw);
  const { username_encrypted, password_encrypted } = sealed;
  return encodeMembers({ ...members, username_encrypted, password_encrypted });
}

function encodeMembers(members: RawRecord): string {
  const text = JSON.stringify(members);
  return escapeNonAscii(`${text.slice(0, -1)},"${CHECKSUM}":"${recordChecksum(members as Partial<ProxyRecord>)}"}`);
}

/** Notes: lines of our own that ProxyWhirl skips, since they have no `key`. */
export const noteLine = {
  /** The key is deleted, in every shard. */
  deleted: (key: string): string => escapeNonAscii(JSON.stringify({ pw_deleted: key, checksum: noteChecksum(key) })),
  /** The lines of the key in this shard are superseded; another shard may have the key. */
  moved: (key: string): string => escapeNonAscii(JSON.stringify({ pw_moved: key, checksum: noteChecksum(key) })),
  /** From here on the directory has this number of shards. */
  shards: (numShards: number): string => JSON.stringify({ pw_shards: numShards }),
};

/** The key of a note; `undefined` if this is not a note of that name, `null` for a damaged one. */
export function noteKey(raw: RawRecord, name: 'pw_deleted' | 'pw_moved'): string | null | undefined {
  const key = raw[name];
  if (typeof key !== 'string') return undefined;
  return raw[CHECKSUM] === noteChecksum(key) ? key : null;
}

/** Parses a line. Throws a CacheCorruptionError that does not quote the line. */
function parseLine(bytes: Buffer): unknown {
  if (bytes.length > LONG_LINE) checkValues(bytes);
  const ascii = isAscii(bytes);
  if (!ascii && !isUtf8(bytes)) throw new CacheCorruptionError('stored line is not UTF-8');
  const text = bytes.toString(ascii ? 'latin1' : 'utf8');
  try {
    return JSON.parse(text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text);
  } catch {
    // The error of the parser quotes its input.
    throw new CacheCorruptionError('stored line is not JSON');
  }
}

/** Counts the values of a long line before the parser makes objects of them. */
function checkValues(bytes: Buffer): void {
  const from = bytes[0] === MARK[0] ? MARK.length : 0;
  if (!isJson(bytes, from, bytes.length, { values: MOST_VALUES }))
    throw new CacheCorruptionError('stored line is not JSON, or has too many values');
}

/** The record in the line of a key. Throws a CacheCorruptionError, also if the values do not match their checksum. */
export function decodeLine(bytes: Buffer, key: string): RawRecord {
  const value = parseLine(bytes);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new CacheCorruptionError('stored line is not a record');
  const raw = value as RawRecord;
  if (raw['key'] !== key) throw new CacheCorruptionError('stored record has another key');
  if (!hasPlainValues(raw)) throw new CacheCorruptionError('stored record has lists or objects where none belong');
  if (!valuesMatchChecksum(raw)) throw new CacheCorruptionError('stored record does not match its checksum');
  return raw;
}

/** The object in a line, whatever its values; `undefined` for anything else. */
export function parseRaw(bytes: Buffer): RawRecord | undefined {
  try {
    const value = parseLine(bytes);
    return typeof value === 'object' && value !== null ? (value as RawRecord) : undefined;
  } catch {
    return undefined;
  }
}

/** True if the values are plain and match the checksum, if there is one: ProxyWhirl writes updated records without. */
export function matchesChecksum(raw: RawRecord): boolean {
  return hasPlainValues(raw) && valuesMatchChecksum(raw);
}

/** For a record with plain values. */
function valuesMatchChecksum(raw: RawRecord): boolean {
  const checksum = raw[CHECKSUM];
  return checksum === undefined || checksum === recordChecksum(raw as Partial<ProxyRecord>);
}

/**
 * True if a single flipped bit in the key explains why a record does not match its checksum: then it is the record of
 * another key, and must not replace the record of this one.
 */
export function hasForeignKey(raw: RawRecord): boolean {
  return hasPlainValues(raw) && hasRottedKey(raw as Partial<ProxyRecord>, raw[CHECKSUM]);
}

function noteChecksum(key: string): string {
  return recordChecksum({ key });
}

/** A text of JSON in ASCII, with the same value. */
export function escapeNonAscii(text: string): string {
  if (!NOT_ASCII.test(text)) return text;
  return text.replace(EACH_NOT_ASCII, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

const VERSION_NAME = Buffer.from(`"${VERSION}"`);
/** The end of a line with a version, as we and Python print it. */
const AT_END = /"pw_version": ?(\d+), ?"checksum": ?"[0-9a-f]{8}"\}\s*$/;
const LONGEST_VERSION_END = 64;
const VERSION_MEMBER = Buffer.from(`"${VERSION}":`);
const CHECKSUM_MEMBER = Buffer.from(`"${CHECKSUM}":`);
/** Length of `"checksum":"01234567"}`, without the space that Python prints. */
const CHECKSUM_AT = 22;
const [SPACE, COMMA, ZERO, NINE] = [0x20, 0x2c, 0x30, 0x39];

/**
 * True if the line in the bytes `start` to `end` is known to have a version, because it ends as we and Python print
 * one. False for any other line, which may have one all the same. Called for each line of a file.
 */
export function endsWithVersion(bytes: Buffer, start: number, end: number): boolean {
  let at = end - CHECKSUM_AT;
  if (!isAt(bytes, CHECKSUM_MEMBER, at) && !isAt(bytes, CHECKSUM_MEMBER, --at)) return false;
  if (bytes[--at] === SPACE) at--;
  if (bytes[at] !== COMMA) return false;
  const last = --at;
  while (at > start && bytes[at]! >= ZERO && bytes[at]! <= NINE) at--;
  if (at === last) return false;
  if (bytes[at] === SPACE) at--;
  const name = at - VERSION_MEMBER.length + 1;
  return name > start && isAt(bytes, VERSION_MEMBER, name);
}

/** The version in the line of a record ({@link versionIn}), mostly without parsing it. */
export function versionOfLine(line: Buffer): number {
  const end = AT_END.exec(line.toString('latin1', Math.max(0, line.length - LONGEST_VERSION_END)));
  if (end !== null && Number.isSafeInteger(Number(end[1]))) return Number(end[1]);
  return line.includes(VERSION_NAME) ? versionIn(parseRaw(line) ?? {}) : 0;
}
