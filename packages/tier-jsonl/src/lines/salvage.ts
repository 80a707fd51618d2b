import { isJson } from './json-scanner.ts';
import { HeadReader, type LineHead } from './line-head.ts';
import { matchesChecksum, parseRaw } from './record-line.ts';

/** A stretch of a line that could not be read as a whole. */
export interface Piece {
  readonly start: number;
  readonly end: number;
  readonly head: LineHead;
}

const BEGINNING = Buffer.from('{"key":');
const CHECKSUM = Buffer.from('"checksum":');
/** No record that is worth anything is shorter. */
const SHORTEST = '{"key":"","expires_at":0,"checksum":"01234567"}';
const [CLOSE, SPACE] = [0x7d, 0x20];
/** Bytes of a line between two moments at which the event loop may have a turn. */
const REST_AFTER = 16 * 1024;

/** True if a line is long enough to hold a record beside what makes it unreadable. */
export function maySalvage(length: number): boolean {
  return length > SHORTEST.length;
}

/**
 * Two records become one unreadable line when the newline between them rots. A record in it that fits its checksum is as
 * good as ever; what lies between is damaged. Without such a record all of the line is.
 *
 * A record is looked for between one beginning and the next, so no byte is looked at for two of them: the work is in proportion to the
 * line. Rests now and then.
 */
export function* salvage(line: Buffer): Generator<void, Piece[]> {
  const pieces: Piece[] = [];
  let end = 0;
  let restAt = REST_AFTER;
  for (let start = line.indexOf(BEGINNING); start >= 0; ) {
    const next = line.indexOf(BEGINNING, start + 1);
    const piece = recordIn(line, start, next < 0 ? line.length : next);
    if (piece !== undefined) {
      addDamaged(pieces, line, end, start);
      pieces.push(piece);
      end = piece.end;
    }
    start = next;
    if (start < restAt) continue;
    restAt = start + REST_AFTER;
    yield;
  }
  addDamaged(pieces, line, end, line.length);
  return pieces;
}

/** The record that begins at `start` and ends with the last brace before `limit`, if it has a checksum and fits it. */
function recordIn(line: Buffer, start: number, limit: number): Piece | undefined {
  const bytes = line.subarray(start, limit);
  const length = bytes.lastIndexOf(CLOSE) + 1;
  // Cheap questions first: most of what begins like a record in a damaged line is none.
  if (length === 0 || !bytes.includes(CHECKSUM) || !isJson(bytes, 0, length)) return undefined;
  const record = bytes.subarray(0, length);
  const head = new HeadReader().read(record, 0, length);
  if (head.kind !== 'record') return undefined;
  const raw = parseRaw(record);
  if (raw?.['checksum'] === undefined || !matchesChecksum(raw)) return undefined;
  return { start, end: start + length, head };
}

function addDamaged(pieces: Piece[], line: Buffer, start: number, end: number): void {
  let at = start;
  while (at < end && line[at] === SPACE) at++;
  if (at < end) pieces.push({ start, end, head: DAMAGED });
}

const DAMAGED: LineHead = { kind: 'damaged' };
