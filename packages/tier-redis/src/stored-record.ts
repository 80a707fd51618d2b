import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import {
  CacheCorruptionError,
  type CacheEntry,
  type CredentialCipher,
  entryToRecord,
  formatInstant,
  recordToEntry,
} from '@pw/cache-models';

/**
 * What stands on the server for an entry: a head of fixed width, a line, the record as JSON.
 *
 *     1 cccccccc ssssssssssssssss 0000000000000042 0        1780272000000 \n {"key":…}
 *     | checksum stamp            access count     | deadline
 *     format                                       evicted from the first tier
 *
 * The stamp tells one put from another: accesses are stored beside the record, so that a read that is counted is no change
 * for those who watch it, and belong to it only while their stamp is the record's. Scripts read the head by its places.
 */
export const FORMAT = '1';

const STAMP_AT = 9;
const COUNT_AT = 25;
const FLAG_AT = 41;
const DEADLINE_AT = 42;
const HEAD_END = 62;

/** Makes stamps: no two are equal, in any process. */
export class Stamps {
  readonly #own = randomBytes(6).toString('base64url');
  #count = 0;

  next(): string {
    return this.#own + (this.#count++).toString(36).padStart(8, '0');
  }
}

/** Throws a CacheValidationError for credentials without a cipher. */
export function encodeRecord(entry: CacheEntry, cipher: CredentialCipher | undefined, stamp: string): string {
  const record = JSON.stringify(entryToRecord(entry, cipher));
  const count = String(entry.accessCount).padStart(FLAG_AT - COUNT_AT, '0');
  const deadline = String(entry.expiresAt).padStart(HEAD_END - DEADLINE_AT, ' ');
  const head = `${stamp}${count}${entry.evictedFromL1 ? 1 : 0}${deadline}\n`;
  return `${FORMAT}${checksum(head, record)}${head}${record}`;
}

/** Accesses of the record with a stamp; a flag that is not known leaves the one that was there. */
export function encodeAccess(accessCount: number, lastAccessed: number, flag: boolean | undefined): readonly string[] {
  return [
    String(accessCount).padStart(FLAG_AT - COUNT_AT, '0'),
    flag === undefined ? '-' : flag ? '1' : '0',
    formatInstant(lastAccessed),
  ];
}

/**
 * Throws a CacheCorruptionError for a damaged record, and what {@link recordToEntry} throws for credentials that no key
 * opens. Neither shows a value.
 */
export function decodeRecord(
  key: string,
  stored: string,
  access: string | null,
  cipher: CredentialCipher | undefined,
): CacheEntry {
  if (stored[0] !== FORMAT) throw new CacheCorruptionError('stored record: has an unknown format');
  const line = stored.indexOf('\n');
  const text = stored.slice(line + 1);
  if (checksum(stored.slice(STAMP_AT, line + 1), text) !== stored.slice(1, STAMP_AT))
    throw new CacheCorruptionError('stored record: has a wrong checksum');
  const record = parse(text);
  if (record['key'] !== key) throw new CacheCorruptionError('stored record: stands under another key');
  if (access !== null && stored.startsWith(access.slice(0, COUNT_AT - STAMP_AT), STAMP_AT)) {
    record['access_count'] = Number(access.slice(16, 32));
    record['evicted_from_l1'] = access[32] === '1';
    record['last_accessed'] = access.slice(33);
  }
  return recordToEntry(record, cipher);
}

/** What `JSON.parse` throws would quote the record: it is not passed on. */
function parse(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    throw new CacheCorruptionError('stored record: is not JSON');
  }
}

/** Of both texts as one, without making one of them. */
function checksum(line: string, record: string): string {
  return crc32(record, crc32(line)).toString(16).padStart(8, '0');
}
