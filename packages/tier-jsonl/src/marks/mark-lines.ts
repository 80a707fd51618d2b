import { crc32 } from 'node:zlib';
import { isTooLongKey, isVersion } from '@pw/cache-models/tier';
import { escapeNonAscii } from '../lines/record-line.ts';

/** A key, or `null` for everything. */
export type MarkKey = string | null;

/** A change of a mark: its new value, or `undefined` to remove it. */
export interface MarkChange {
  readonly key: MarkKey;
  readonly value: number | undefined;
}

/** A change as one line of ASCII without its newline: `{"pw_mark":["key",0],"checksum":"01234567"}`. */
export function markLine({ key, value }: MarkChange): string {
  const text = escapeNonAscii(JSON.stringify(value === undefined ? [key] : [key, value]));
  return `{"pw_mark":${text},"checksum":"${checksumOf(text)}"}`;
}

/** The change in a line; `undefined` for a damaged one. */
export function parseMarkLine(line: string): MarkChange | undefined {
  const [, text = '', checksum] = LINE.exec(line) ?? [];
  if (checksum === undefined || checksum !== checksumOf(text)) return undefined;
  try {
    const [key, value] = JSON.parse(text) as [unknown, unknown];
    const isRight = (key === null || (typeof key === 'string' && !isTooLongKey(key))) && isValue(value);
    return isRight ? { key, value } : undefined;
  } catch {
    return undefined;
  }
}

const LINE = /^\{"pw_mark":(.*),"checksum":"([0-9a-f]{8})"\}$/s;

function isValue(value: unknown): value is number | undefined {
  return value === undefined || isVersion(value);
}

function checksumOf(text: string): string {
  return crc32(text).toString(16).padStart(8, '0');
}
