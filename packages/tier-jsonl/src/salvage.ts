import { recordChecksum } from '@pw/cache-models';
import { type LineHead, readLineHead } from './line-head.ts';
import { isIntact, type RawRecord } from './record-line.ts';

/** A stretch of a line that could not be read as a whole. */
export interface Piece {
  readonly start: number;
  readonly end: number;
  readonly head: LineHead;
}

const BEGINNING = /\{"key": ?"/g;

/**
 * Two records become one unreadable line when the newline between them rots. A record in it that fits its checksum is as
 * good as ever; what lies between is damaged. Without such a record all of the line is.
 */
export function salvage(line: Buffer): Piece[] {
  const text = line.toString('latin1');
  const starts = Array.from(text.matchAll(BEGINNING), (match) => match.index);
  const pieces: Piece[] = [];
  let end = 0;
  const damagedUpTo = (start: number) => {
    if (!/^ *$/.test(text.slice(end, start))) pieces.push({ start: end, end: start, head: DAMAGED });
  };
  for (const [at, start] of starts.entries()) {
    const close = text.lastIndexOf('}', (starts[at + 1] ?? text.length) - 1) + 1;
    if (close <= start || !isIntact(line.subarray(start, close))) continue;
    damagedUpTo(start);
    pieces.push({ start, end: close, head: readLineHead(line, start, close) });
    end = close;
  }
  damagedUpTo(text.length);
  return pieces;
}

const DAMAGED: LineHead = { kind: 'damaged' };

/**
 * True if one wrong bit in its key is what makes a record not fit its checksum: then it is another key's record, and must
 * not replace this one's.
 */
export function hasForeignKey(raw: RawRecord): boolean {
  const key = Buffer.from(String(raw['key']));
  for (let bit = 0; bit < key.length * 8; bit++) {
    const at = bit >> 3;
    key[at] = key[at]! ^ (1 << (bit & 7));
    const other = recordChecksum({ ...raw, key: key.toString() });
    key[at] = key[at]! ^ (1 << (bit & 7));
    if (other === raw['checksum']) return true;
  }
  return false;
}
