import type { ShardFile } from './shard-file.ts';

const CHUNK = 1024 * 1024;
/** A longer line is taken for damaged and never parsed. */
const MAX_LINE = 64 * 1024 * 1024;
const NEWLINE = 0x0a;

/** Told of each line: its bytes `start` to `end` of a buffer, and its offset in the file. */
export interface LineVisitor {
  line(bytes: Buffer, start: number, end: number, offset: number): void;
  /** A line too long to be held. */
  tooLong(offset: number, length: number): void;
  /** What stands after the last newline. */
  tail(bytes: Buffer, offset: number): void;
}

/** Reads the lines of a file between two offsets, the first of which begins a line; rests after each chunk. */
export function* scanLines(file: ShardFile, from: number, to: number, visitor: LineVisitor): Generator<void, void> {
  let buffer = Buffer.allocUnsafe(Math.min(CHUNK, Math.max(to - from, 1)));
  let position = from;
  while (position < to) {
    const wanted = Math.min(buffer.length, to - position);
    const got = file.readInto(buffer.subarray(0, wanted), position);
    const used = visitLines(buffer.subarray(0, got), position, visitor);
    position += used;
    if (got < wanted || position + (got - used) >= to) {
      if (got > used) visitor.tail(buffer.subarray(used, got), position);
      return;
    }
    if (used === 0 && buffer.length < MAX_LINE) buffer = Buffer.allocUnsafe(buffer.length * 2);
    else if (used === 0) position = skipLine(file, position, to, buffer, visitor);
    yield;
  }
}

function visitLines(bytes: Buffer, position: number, visitor: LineVisitor): number {
  let start = 0;
  for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
    visitor.line(bytes, start, end, position + start);
    start = end + 1;
  }
  return start;
}

function skipLine(file: ShardFile, from: number, to: number, buffer: Buffer, visitor: LineVisitor): number {
  for (let position = from; position < to; ) {
    const got = file.readInto(buffer.subarray(0, Math.min(buffer.length, to - position)), position);
    const end = buffer.subarray(0, got).indexOf(NEWLINE);
    if (end >= 0 || got === 0) {
      visitor.tooLong(from, position + Math.max(end, 0) - from);
      return end < 0 ? to : position + end + 1;
    }
    position += got;
  }
  visitor.tooLong(from, to - from);
  return to;
}
