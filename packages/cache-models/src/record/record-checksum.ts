import { crc32 } from 'node:zlib';
import { type ArgumentKind, Kinds } from '../arguments/argument-kinds.ts';
import { checkArgument } from '../arguments/check-argument.ts';
import { type ProxyRecord, RECORD_MEMBERS } from './record.ts';

/**
 * CRC-32 of a record's values, as 8 hex characters: it notices rot, not malice. It covers the values and their order,
 * not the bytes, so a program that prints the same values another way keeps it valid; and the key and the tokens
 * together, so tokens swapped between two records are noticed.
 */
export function recordChecksum(record: Partial<ProxyRecord>): string {
  return crc32(checksumText(record)).toString(16).padStart(8, '0');
}

const RECORD: ArgumentKind = Object.freeze({ ...Kinds.object, wanted: 'must be a record, of values that JSON has' });

/** What is summed up: the values as JSON, the key first. Throws a CacheValidationError for values that JSON has not, or that are thousands of levels deep. */
export function checksumText(record: Partial<ProxyRecord>): string {
  if (!Kinds.object.isRight(record)) checkArgument('record', record, RECORD);
  const values: unknown[] = [];
  for (const member of RECORD_MEMBERS) values.push(record[member] ?? null);
  // A record without labels has the sum that it had before there were any.
  if (record.labels !== undefined) values.push(record.labels);
  try {
    return JSON.stringify(values);
  } catch {
    checkArgument('record', undefined, RECORD);
    return '';
  }
}
