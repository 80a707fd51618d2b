import { MAX_ROW_BYTES } from '../import-limits.ts';
import type { ByteSource } from './byte-source.ts';
import { decodeLine } from './decode-line.ts';

/** One line of a text file, without its line ending. */
export interface TextLine {
  /** Counted from 1. */
  readonly line: number;
  readonly text: string;
  /** Why the line cannot be used; `text` is then empty. */
  readonly problem?: string;
}

const LF = 10;
const CR = 13;

/**
 * The lines of a file in groups, one per chunk; iterate each group to the end before the next. Lines end with LF, CR LF
 * or CR, and are UTF-8 or else Windows-1252.
 */
export async function* readLines(source: ByteSource): AsyncGenerator<Iterable<TextLine>> {
  const splitter = new LineSplitter();
  for await (const chunk of source.chunks()) yield splitter.push(chunk);
  yield splitter.end();
}

class LineSplitter {
  #line = 0;
  #carry: Buffer[] = [];
  #carried = 0;
  /** The last chunk ended with a CR, so an LF at the beginning of the next one belongs to that line ending. */
  #skipLf = false;

  *push(chunk: Buffer): Generator<TextLine> {
    let start = this.#skipLf && chunk[0] === LF ? 1 : 0;
    this.#skipLf = false;
    let lf = chunk.indexOf(LF, start);
    let cr = chunk.indexOf(CR, start);
    while (lf >= 0 || cr >= 0) {
      const end = lf < 0 || (cr >= 0 && cr < lf) ? cr : lf;
      yield this.#finish(chunk.subarray(start, end));
      start = end + 1;
      if (end === cr && chunk[start] === LF) start++;
      else if (end === cr && start === chunk.length) this.#skipLf = true;
      if (lf >= 0 && lf < start) lf = chunk.indexOf(LF, start);
      if (cr >= 0 && cr < start) cr = chunk.indexOf(CR, start);
    }
    this.#keep(chunk.subarray(start));
  }

  end(): TextLine[] {
    return this.#carried === 0 ? [] : [this.#finish(Buffer.alloc(0))];
  }

  #keep(rest: Buffer): void {
    if (rest.length === 0) return;
    this.#carried += rest.length;
    // Only the length of an oversized line is kept.
    if (this.#carried > MAX_ROW_BYTES) this.#carry = [];
    else this.#carry.push(rest);
  }

  #finish(tail: Buffer): TextLine {
    const length = this.#carried + tail.length;
    const bytes = this.#carry.length === 0 ? tail : Buffer.concat([...this.#carry, tail]);
    this.#carry = [];
    this.#carried = 0;
    const line = ++this.#line;
    if (length > MAX_ROW_BYTES) return { line, text: '', problem: 'is longer than 1 MiB, the limit for a line' };
    return { line, text: decodeLine(bytes) };
  }
}
