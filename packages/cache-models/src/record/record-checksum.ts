import { crc32 } from 'node:zlib';
import { type ArgumentKind, Kinds } from '../arguments/argument-kinds.ts';
import { checkArgument } from '../arguments/check-argument.ts';
import { type ProxyRecord, RECORD_MEMBERS } from './record.ts';

/**
 * CRC-32 of a record's values, as 8 hex digits: it detects accidental damage, not forgery. It covers the values and
 * their order, not the bytes, so it stays valid if another program prints the same values differently. It covers the
 * key together with the tokens, so tokens that were swapped between two records are detected. Throws a
 * CacheValidationError for a value that is not a record.
 */
export function recordChecksum(record: Partial<ProxyRecord>): string {
  return crc32(checksumText(record)).toString(16).padStart(8, '0');
}

const RECORD: ArgumentKind = Object.freeze({
  ...Kinds.object,
  wanted: 'must be a record of values that JSON can represent',
});

/**
 * The input of the checksum: the values as JSON, the key first. Throws a CacheValidationError for values that JSON
 * cannot represent, or that are nested thousands of levels deep.
 */
export function checksumText(record: Partial<ProxyRecord>): string {
  if (!Kinds.object.isRight(record)) checkArgument('record', record, RECORD);
  const values: unknown[] = [];
  for (const member of RECORD_MEMBERS) values.push(record[member] ?? null);
  // A record without labels has the same checksum as before labels existed.
  if (record.labels !== undefined) values.push(record.labels);
  // In an object, so that no label looks like a version.
  if (record.pw_version !== undefined) values.push({ version: record.pw_version });
  try {
    return JSON.stringify(values);
  } catch {
    checkArgument('record', undefined, RECORD);
    return '';
  }
}
