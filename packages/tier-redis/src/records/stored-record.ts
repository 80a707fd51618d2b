import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import {
  CacheCorruptionError,
  type CacheEntry,
  CacheError,
  CacheValidationError,
  type CredentialCipher,
  entryToRecord,
  recordToEntry,
} from '@pw/cache-models';
import { type AccessUpdate, formatInstant } from '@pw/cache-models/tier';
import { MAX_RECORD_BYTES } from '../limits.ts';
import { type Stored, UNFIT } from '../replies/reply-parsers.ts';

/**
 * The value of an entry on the server: a head of fixed width, a newline, then the record as JSON.
 *
 *     1 cccccccc ssssssssssssssss 0000000000000042 0        1780272000000 \n {"key":…}
 *     | checksum stamp            access count     | deadline
 *     format                                       evicted from the first tier
 *
 * The stamp identifies one put. Access counts are stored under a name of their own, so that counting a read does not
 * notify other processes of a change; they apply to the record only while they carry its stamp. Scripts read the head
 * by offset.
 */
export const FORMAT = '1';

const STAMP_AT = 9;
const COUNT_AT = 25;
const FLAG_AT = 41;
const DEADLINE_AT = 42;
const HEAD_END = 62;

const COUNTS = [
  'accessCount',
  'failureCount',
  'consecutiveHealthFailures',
  'consecutiveHealthSuccesses',
  'recoveryAttempt',
  'totalHealthChecks',
  'totalHealthCheckFailures',
] as const;

/** Creates stamps that are unique across processes. */
export class Stamps {
  readonly #own = randomBytes(6).toString('base64url');
  #count = 0;

  next(): string {
    return this.#own + (this.#count++).toString(36).padStart(8, '0');
  }
}

/**
 * Throws a CacheValidationError for credentials without a cipher, and for a record of more than 1 MiB, which could not
 * be read back.
 */
export function encodeRecord(entry: CacheEntry, cipher: CredentialCipher | undefined, stamp: string): string {
  const record = JSON.stringify(entryToRecord(entry, cipher));
  const count = String(entry.accessCount).padStart(FLAG_AT - COUNT_AT, '0');
  const deadline = String(entry.expiresAt).padStart(HEAD_END - DEADLINE_AT, ' ');
  const head = `${stamp}${count}${entry.evictedFromL1 ? 1 : 0}${deadline}\n`;
  const stored = `${FORMAT}${checksum(head, record)}${head}${record}`;
  // A UTF-16 code unit takes at most three bytes.
  if (stored.length * 3 > MAX_RECORD_BYTES && Buffer.byteLength(stored) > MAX_RECORD_BYTES)
    throw new CacheValidationError(
      `entry: its record must have at most ${MAX_RECORD_BYTES} bytes; shorten its metadata or labels`,
    );
  return stored;
}

/** Arguments of the script ACCESS for one record; an undefined flag keeps the stored one. */
export function encodeAccess({ hits, lastAccessed, evictedFromL1 }: AccessUpdate): readonly string[] {
  return [String(hits), evictedFromL1 === undefined ? '-' : evictedFromL1 ? '1' : '0', formatInstant(lastAccessed)];
}

/**
 * Throws a CacheCorruptionError for a damaged record, and the error of {@link recordToEntry} for credentials that no
 * key can decrypt. Neither quotes a value.
 */
export function decodeRecord(
  key: string,
  stored: Stored,
  access: string | null,
  cipher: CredentialCipher | undefined,
): CacheEntry {
  if (stored === null || stored === UNFIT)
    throw new CacheCorruptionError('stored record: is not a string, or is too long');
  if (stored[0] !== FORMAT) throw new CacheCorruptionError('stored record: has an unknown format');
  const line = stored.indexOf('\n');
  const text = stored.slice(line + 1);
  if (checksum(stored.slice(STAMP_AT, line + 1), text) !== stored.slice(1, STAMP_AT))
    throw new CacheCorruptionError('stored record: has a wrong checksum');
  const record = parse(text);
  if (record === null || record['key'] !== key) throw new CacheCorruptionError('stored record: belongs to another key');
  if (access !== null && stored.startsWith(access.slice(0, COUNT_AT - STAMP_AT), STAMP_AT)) {
    record['access_count'] = Number(access.slice(16, 32));
    record['evicted_from_l1'] = access[32] === '1';
    const time = access.slice(33);
    const before = record['last_accessed'];
    // Both are in the same format, in which the order of the texts is that of the times.
    if (!(typeof before === 'string' && before > time)) record['last_accessed'] = time;
  }
  return checkCounts(toEntry(record, cipher));
}

/** An unreadable record counts as damaged, never as a fault of the server. */
function toEntry(record: Record<string, unknown>, cipher: CredentialCipher | undefined): CacheEntry {
  try {
    return recordToEntry(record, cipher);
  } catch (error) {
    if (error instanceof CacheError) throw error;
    throw new CacheCorruptionError('stored record: cannot be read');
  }
}

function checkCounts(entry: CacheEntry): CacheEntry {
  for (const name of COUNTS) {
    if (!(Number.isSafeInteger(entry[name]) && entry[name] >= 0))
      throw new CacheCorruptionError(`stored record: ${name} is not a whole number from 0 to 2^53 - 1`);
  }
  return entry;
}

/** The ASCII part of the head of a record, by which a script recognises the record even if it is not valid UTF-8. */
export function asciiHead(stored: Stored): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the range is exactly ASCII.
  return typeof stored === 'string' ? stored.slice(0, HEAD_END).replace(/[^\x00-\x7f]/g, '') : '';
}

/** The error of `JSON.parse` would quote the record, so it is replaced. */
function parse(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    throw new CacheCorruptionError('stored record: is not JSON');
  }
}

/** The checksum of the concatenation, without concatenating. */
function checksum(line: string, record: string): string {
  return crc32(record, crc32(line)).toString(16).padStart(8, '0');
}
