import { crc32 } from 'node:zlib';
import { type ArgumentKind, Kinds } from './arguments/argument-kinds.ts';
import { checkArgument } from './arguments/check-argument.ts';
import { type ProxyRecord, RECORD_MEMBERS } from './record.ts';

/**
 * CRC-32 of a record's values, as 8 hex characters: it notices rot, not malice. It covers the values and their order,
 * not the bytes, so a program that prints the same values another way keeps it valid; and the key and the tokens
 * together, so tokens swapped between two records are noticed.
 */
export function recordChecksum(record: Partial<ProxyRecord>): string {
  if (!Kinds.object.isRight(record)) checkArgument('record', record, RECORD);
  return crc32(jsonOf(record)).toString(16).padStart(8, '0');
}

/** What is summed up: the values as JSON, the key first. Throws what JSON.stringify throws, such as a RangeError for values of thousands of levels. */
export function checksumText(record: Partial<ProxyRecord>): string {
  const values: unknown[] = [];
  for (const member of RECORD_MEMBERS) values.push(record[member] ?? null);
  return JSON.stringify(values);
}

const RECORD: ArgumentKind = Object.freeze({ ...Kinds.object, wanted: 'must be a record, of values that JSON has' });

/** What holds itself, or a bigint, has no JSON. */
function jsonOf(record: Partial<ProxyRecord>): string {
  try {
    return checksumText(record);
  } catch {
    checkArgument('record', undefined, RECORD);
    return '';
  }
}
