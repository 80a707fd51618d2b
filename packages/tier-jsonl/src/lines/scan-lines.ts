import { MAX_LINE } from '../limits.ts';
import type { ShardFile } from '../shard/shard-file.ts';
import { TimeSlice } from '../shard/slice.ts';
import { isSpace } from './json-scanner.ts';

const CHUNK = 1024 * 1024;
const NEWLINE = 0x0a;
/** Bytes of lines between two checks of the time. */
const BYTES_PER_TIME_CHECK = 4096;
/**
 * If the previous line was shorter than this, the end of a line is searched for in JavaScript up to this distance: a
 * native search would cost as much.
 */
const NEAR = 48;

/** Receives each line: its bytes `start` to `end` of a buffer, and its offset in the file. */
export interface LineVisitor {
  /** Blank lines between two offsets in the file. */
  blank(from: number, to: number): void;
  /** Long work is returned as steps, which are all taken before the next line. */
  line(bytes: Buffer, start: number, end: number, offset: number): Iterable<void> | undefined;
  /** A line too long to be held in memory. */
  tooLong(offset: number, length: number): void;
  /** The bytes after the last newline. */
  tail(bytes: Buffer, offset: number): void;
  /** Like `tail`, if it is too long to be held in memory. */
  longTail(offset: number, length: number): void;
}

/** Reads the lines of a file between two offsets, the first of which starts a line; yields every few milliseconds. */
export function* scanLines(file: ShardFile, from: number, to: number, visitor: LineVisitor): Generator<void, void> {
  let buffer = Buffer.allocUnsafe(Math.min(CHUNK, Math.max(to - from, 1)));
  let position = from;
  const slice = new TimeSlice();
  while (position < to) {
    const wanted = Math.min(buffer.length, to - position);
    const got = file.readInto(buffer.subarray(0, wanted), position);
    const used = yield* visitLines(buffer.subarray(0, got), position, visitor, slice);
    position += used;
    if (got < wanted || position + (got - used) >= to) {
      if (got > used) visitor.tail(buffer.subarray(used, got), position);
      return;
    }
    if (used === 0 && buffer.length < MAX_LINE) buffer = Buffer.allocUnsafe(Math.min(buffer.length * 2, MAX_LINE));
    else if (used === 0) position = yield* skipLine(file, position, to, buffer, visitor, slice);
    if (slice.renewIfOver()) yield;
  }
}

/** Returns the number of bytes in whole lines. */
function* visitLines(
  bytes: Buffer,
  position: number,
  visitor: LineVisitor,
  slice: TimeSlice,
): Generator<void, number, undefined> {
  const some = new LineLoop(bytes, position, visitor);
  while (some.visit()) {
    if (some.steps !== undefined) for (const _ of some.steps) if (slice.renewIfOver()) yield;
    if (slice.renewIfOver()) yield;
  }
  return some.start;
}

/** The loop over the lines, outside a generator, where it is compiled better. */
class LineLoop {
  readonly #bytes: Buffer;
  readonly #position: number;
  readonly #visitor: LineVisitor;
  #isNear = false;
  /** Start of the next line. */
  start = 0;
  /** Steps of the last line, to be taken before the next one. */
  steps: Iterable<void> | undefined;

  constructor(bytes: Buffer, position: number, visitor: LineVisitor) {
    this.#bytes = bytes;
    this.#position = position;
    this.#visitor = visitor;
  }

  /** Visits lines up to the next check of the time; false once no whole line is left. */
  visit(): boolean {
    const bytes = this.#bytes;
    const position = this.#position;
    const visitor = this.#visitor;
    this.steps = undefined;
    let { start } = this;
    let isNear = this.#isNear;
    const until = Math.min(start + BYTES_PER_TIME_CHECK, bytes.length);
    // Never read beyond the end of the buffer: one such access makes all of them slower.
    while (start < until) {
      if (isSpace(bytes[start]!)) {
        const first = afterBlankLines(bytes, start);
        if (first > start) {
          visitor.blank(position + start, position + first);
          start = first;
          continue;
        }
      }
      const end = newlineAt(bytes, start, isNear);
      if (end < 0) {
        this.start = start;
        return false;
      }
      isNear = end - start < NEAR;
      const steps = visitor.line(bytes, start, end, position + start);
      start = end + 1;
      if (steps === undefined) continue;
      this.steps = steps;
      break;
    }
    this.start = start;
    this.#isNear = isNear;
    return start < bytes.length || this.steps !== undefined;
  }
}

/** Start of the first line that is not blank, or not complete. */
function afterBlankLines(bytes: Buffer, from: number): number {
  let start = from;
  for (let at = from; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (byte === NEWLINE) start = at + 1;
    else if (!isSpace(byte)) break;
  }
  return start;
}

/** Position of the next newline; negative if there is none. */
function newlineAt(bytes: Buffer, from: number, isNear: boolean): number {
  let at = from;
  if (isNear)
    for (const end = Math.min(from + NEAR, bytes.length); at < end; at++) if (bytes[at] === NEWLINE) return at;
  return bytes.indexOf(NEWLINE, at);
}

function* skipLine(
  file: ShardFile,
  from: number,
  to: number,
  buffer: Buffer,
  visitor: LineVisitor,
  slice: TimeSlice,
): Generator<void, number, undefined> {
  for (let position = from; position < to; ) {
    const got = file.readInto(buffer.subarray(0, Math.min(buffer.length, to - position)), position);
    const end = buffer.subarray(0, got).indexOf(NEWLINE);
    if (end >= 0) {
      visitor.tooLong(from, position + end - from);
      return position + end + 1;
    }
    if (got === 0) break;
    position += got;
    if (slice.renewIfOver()) yield;
  }
  visitor.longTail(from, to - from);
  return to;
}
