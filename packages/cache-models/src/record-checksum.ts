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
  const values: unknown[] = [];
  for (const member of RECORD_MEMBERS) values.push(record[member] ?? null);
  return crc32(jsonOf(values)).toString(16).padStart(8, '0');
}

const RECORD: ArgumentKind = Object.freeze({ ...Kinds.object, wanted: 'must be a record, of values that JSON has' });

/** What holds itself, or a bigint, has no JSON. */
function jsonOf(values: readonly unknown[]): string {
  try {
    return JSON.stringify(values);
  } catch {
    checkArgument('record', undefined, RECORD);
    return '';
  }
}
