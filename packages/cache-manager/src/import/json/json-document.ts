import { isUtf8 } from 'node:buffer';
import { MAX_JSON_VALUES, MAX_ROW_BYTES } from '../import-limits.ts';
import { excessOf, extentOf } from './json-extent.ts';

/** A document is parsed in parts of so many bytes, and of no more values: each takes a millisecond or two at most. */
const PART_BYTES = 64 * 1024;
/** Rows of so many values in all are kept as they were parsed; those of a larger document are parsed once more when it is their turn. */
const MOST_KEPT = 1_000_000;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** Rows that stand one behind the other, or one that exceeds a limit. */
type Part =
  | {
      readonly first: number;
      readonly start: number;
      readonly end: number;
      readonly rows: readonly unknown[] | undefined;
    }
  | { readonly first: number; readonly problem: string };

/** Rows that stand one behind the other, while they are being found. */
interface Run {
  readonly first: number;
  readonly start: number;
  end: number;
  values: number;
}

/** A row of a document, by its place in the list from 1, or why it is not read. */
export type DocumentRow =
  | { readonly place: number; readonly row: unknown }
  | { readonly place: number; readonly problem: string };

/** What keeps a document from being read. The message says what it is instead. */
class DocumentProblem extends Error {}

const NOT_JSON = 'is not JSON';
const NOT_UTF8 = 'is not UTF-8';
const LONG_NAME = 'has a member whose name is longer than 1 MiB, the most that is read';
const NO_ROWS = 'is neither a JSON array of rows nor an object with an array of "proxies"';
const TOO_MANY = `has more than ${MAX_JSON_VALUES.toLocaleString('en')} members beside its rows, the most that are read`;

/**
 * A JSON document of rows: an array, or an object with one as its member `proxies`, the last if there are several. It is checked as a whole
 * before the first row is read, but in steps. Of a row that exceeds a limit only the end is looked for.
 */
export class JsonDocument {
  readonly #bytes: Buffer;
  #at = 0;
  #parts: Part[] = [];
  #kept = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** Checks all of it, step by step; gives why it cannot be read, if it cannot. */
  *check(): Generator<undefined, string | undefined> {
    try {
      yield* this.#space();
      const hasRows = yield* this.#document();
      yield* this.#space();
      if (this.#at < this.#bytes.length) return NOT_JSON;
      return hasRows ? undefined : NO_ROWS;
    } catch (error) {
      if (error instanceof DocumentProblem) return error.message;
      throw error;
    }
  }

  /** The rows of a document that was checked. */
  *rows(): Generator<DocumentRow> {
    for (const part of this.#parts) {
      if ('problem' in part) yield { place: part.first, problem: part.problem };
      else {
        const rows = part.rows ?? this.#parseRows(part.start, part.end);
        for (const [i, row] of rows.entries()) yield { place: part.first + i, row };
      }
    }
  }

  *#document(): Generator<undefined, boolean> {
    const first = this.#bytes[this.#at];
    if (first === OPEN_BRACKET) {
      yield* this.#list();
      return true;
    }
    if (first === OPEN_BRACE) return yield* this.#object();
    yield* this.#value();
    return false;
  }

  *#object(): Generator<undefined, boolean> {
    let hasRows = false;
    this.#at++;
    yield* this.#space();
    if (this.#takes(CLOSE_BRACE)) return false;
    for (let count = 1; ; count++) {
      if (count > MAX_JSON_VALUES) throw new DocumentProblem(TOO_MANY);
      const name = this.#name();
      yield* this.#space();
      this.#expect(COLON);
      yield* this.#space();
      if (name === 'proxies') {
        this.#parts = [];
        this.#kept = 0;
        hasRows = this.#bytes[this.#at] === OPEN_BRACKET;
      }
      if (name === 'proxies' && hasRows) yield* this.#list();
      else yield* this.#value();
      yield undefined;
      yield* this.#space();
      if (this.#takes(CLOSE_BRACE)) return hasRows;
      this.#expect(COMMA);
      yield* this.#space();
    }
  }

  /** The name of a member. */
  #name(): string {
    const start = this.#at;
    this.#expect(QUOTE);
    const limit = start + MAX_ROW_BYTES;
    while (this.#at < limit && this.#bytes[this.#at] !== QUOTE) this.#at += this.#bytes[this.#at] === BACKSLASH ? 2 : 1;
    if (this.#at >= limit) throw new DocumentProblem(LONG_NAME);
    this.#expect(QUOTE);
    return this.#parse(start, this.#at) as string;
  }

  /** A value that is no row: nobody needs it, but it must be JSON. */
  *#value(): Generator<undefined, void> {
    const start = this.#at;
    const extent = yield* extentOf(this.#bytes, start);
    this.#at = extent.end;
    if (start === extent.end) throw new DocumentProblem(NOT_JSON);
    if (excessOf(extent.end - start, extent) === undefined) this.#parse(start, extent.end);
  }

  *#list(): Generator<undefined, void> {
    this.#at++;
    yield* this.#space();
    if (this.#takes(CLOSE_BRACKET)) return;
    let run = this.#beginRun(1);
    for (let place = 1, isLast = false; !isLast; place++) {
      const start = this.#at;
      const extent = yield* extentOf(this.#bytes, start);
      if (extent.end === start) throw new DocumentProblem(NOT_JSON);
      this.#at = extent.end;
      yield* this.#space();
      isLast = !this.#isFollowed();
      const problem = excessOf(extent.end - start, extent);
      if (problem === undefined) {
        run.end = extent.end;
        run.values += extent.values + 1;
        if (!isLast && run.end - run.start < PART_BYTES && run.values < MAX_JSON_VALUES) continue;
      }
      this.#endRun(run);
      if (problem !== undefined) this.#parts.push({ first: place, problem });
      if (!isLast) yield* this.#space();
      run = this.#beginRun(place + 1);
      yield undefined;
    }
  }

  /** Takes the comma behind a row, or the bracket behind the last. */
  #isFollowed(): boolean {
    if (this.#takes(CLOSE_BRACKET)) return false;
    this.#expect(COMMA);
    return true;
  }

  #beginRun(first: number): Run {
    return { first, start: this.#at, end: this.#at, values: 0 };
  }

  /** Checks the rows of a run, if there are any. */
  #endRun({ first, start, end, values }: Run): void {
    if (start === end) return;
    const rows = this.#parseRows(start, end);
    this.#kept += values;
    this.#parts.push({ first, start, end, rows: this.#kept <= MOST_KEPT ? rows : undefined });
  }

  #parseRows(start: number, end: number): readonly unknown[] {
    return parseJson(`[${this.#text(start, end)}]`) as readonly unknown[];
  }

  #parse(start: number, end: number): unknown {
    return parseJson(this.#text(start, end));
  }

  #text(start: number, end: number): string {
    const bytes = this.#bytes.subarray(start, end);
    if (!isUtf8(bytes)) throw new DocumentProblem(NOT_UTF8);
    return bytes.toString('utf8');
  }

  *#space(): Generator<undefined, void> {
    for (let steps = 1; isSpace(this.#bytes[this.#at]); steps++) {
      this.#at++;
      if (steps % PART_BYTES === 0) yield undefined;
    }
  }

  #takes(byte: number): boolean {
    if (this.#bytes[this.#at] !== byte) return false;
    this.#at++;
    return true;
  }

  #expect(byte: number): void {
    if (!this.#takes(byte)) throw new DocumentProblem(NOT_JSON);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message quotes its input.
    throw new DocumentProblem(NOT_JSON);
  }
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
