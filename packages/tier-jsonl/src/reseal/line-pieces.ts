import { readSync } from 'node:fs';

const CHUNK = 512 * 1024;
/** A longer line comes in pieces: no record is that long. */
const MAX_LINE = 256 * 1024;
const NEWLINE = 0x0a;

/** A line without its newline, or a piece of a longer one, valid until the next is requested. */
export interface LinePiece {
  readonly bytes: Buffer;
  readonly isWholeLine: boolean;
  /** False for a piece that continues, and for a last line without newline. */
  readonly endsWithNewline: boolean;
}

/**
 * The lines of an open file from its current position, in bounded memory whatever their length. Throws the system's
 * error.
 */
export function* linePieces(fd: number): Generator<LinePiece> {
  const buffer = Buffer.allocUnsafe(CHUNK);
  let length = 0;
  let isInside = false;
  for (;;) {
    const got = readSync(fd, buffer, length, CHUNK - length, null);
    const end = length + got;
    let start = 0;
    for (let at = buffer.subarray(0, end).indexOf(NEWLINE); at >= 0; ) {
      yield { bytes: buffer.subarray(start, at), isWholeLine: !isInside, endsWithNewline: true };
      isInside = false;
      start = at + 1;
      at = buffer.subarray(0, end).indexOf(NEWLINE, start);
    }
    length = end - start;
    if (length > MAX_LINE || (got === 0 && length > 0)) {
      const isLast = got === 0;
      yield { bytes: buffer.subarray(start, end), isWholeLine: isLast && !isInside, endsWithNewline: false };
      isInside = !isLast;
      length = 0;
    } else buffer.copyWithin(0, start, end);
    if (got === 0) return;
  }
}
