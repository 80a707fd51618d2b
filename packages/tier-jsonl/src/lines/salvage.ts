import { isJson } from './json-scanner.ts';
import { HeadReader, type LineHead } from './line-head.ts';
import { matchesChecksum, parseRaw } from './record-line.ts';

/** A part of a line that could not be read as a whole. */
export interface Piece {
  readonly start: number;
  readonly end: number;
  readonly head: LineHead;
}

const BEGINNING = Buffer.from('{"key":');
const CHECKSUM = Buffer.from('"checksum":');
/** Nothing shorter can be a record. */
const SHORTEST = '{"key":"","expires_at":0,"checksum":"01234567"}';
const [CLOSE, SPACE] = [0x7d, 0x20];
/** Bytes between two points at which the event loop may get a turn. */
const REST_AFTER = 16 * 1024;

/** True if a line is long enough to contain a record besides the bytes that make it unreadable. */
export function maySalvage(length: number): boolean {
  return length > SHORTEST.length;
}

/**
 * If the newline between two records is corrupted, they become one unreadable line. A record in it that matches its
 * checksum is still valid; the bytes between such records are damaged. A line without any such record is damaged as a
 * whole.
 *
 * A record is searched for between one opening and the next, so that no byte is inspected twice: the work is
 * proportional to the length of the line. Yields now and then.
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

/** The record from `start` to the last brace before `limit`, if it has a checksum and matches it. */
function recordIn(line: Buffer, start: number, limit: number): Piece | undefined {
  const bytes = line.subarray(start, limit);
  const length = bytes.lastIndexOf(CLOSE) + 1;
  // Cheap tests first: most pieces of a damaged line that begin like a record are not records.
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
