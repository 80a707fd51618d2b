import { isUtf8 } from 'node:buffer';
import { MAX_FIELD_CHARACTERS, MAX_JSON_VALUES, MAX_ROW_BYTES } from '../import-limits.ts';
import type { RowFate } from '../import-tally.ts';
import { MemberNames } from '../rows/members/member-names.ts';
import type { RowHint } from '../rows/row-hint.ts';
import { excessOf, extentOf } from './json-extent.ts';
import { hintOf, isNamedLink, isOtherScheme, isProxy, isRow, isWrapper, MAX_NAME } from './json-shapes.ts';
import {
  BACKSLASH,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  NOT_JSON,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
} from './json-syntax.ts';

/** Bytes of a document that are parsed in one step, which takes a millisecond or two at most. */
const PART_BYTES = 64 * 1024;
/** The most values of parsed rows kept in memory; further rows are parsed again when they are read. */
const MOST_KEPT = 1_000_000;

/** The depth to which objects such as `{ "response": { "data": […] } }` are searched for rows. */
const MAX_LEVELS_OF_ROWS = 4;
/** The number of rows of a member that are inspected to decide whether it contains proxies. */
const MAX_INSPECTED = 20;
/** A row known only by the name of its member. */
const NAMED_ROW = Object.freeze({});

/** Consecutive rows, or one row that cannot be read. */
type Part = { readonly hint: RowHint | undefined } & (
  | {
      readonly start: number;
      readonly end: number;
      readonly rows: readonly unknown[] | undefined;
    }
  | { readonly problem: string; readonly fate: RowFate }
);

/**
 * Rows of an object's members, by name. If any of these members has a known name, the rows of the others are not read.
 */
interface MemberRows {
  readonly wrappers: Map<string, readonly Part[]>;
  readonly others: Map<string, readonly Part[]>;
  /** The name of a member outside the rows that may apply to all of them: a credential or the scheme. */
  missed?: string;
}

/** Consecutive rows that are still being collected. */
interface Run {
  readonly start: number;
  end: number;
  values: number;
}

/** A row of a document with its position, counted from 1, or why it cannot be read. */
export type DocumentRow =
  | { readonly place: number; readonly row: unknown; readonly hint: RowHint | undefined }
  | { readonly place: number; readonly problem: string; readonly fate: RowFate };

/** Thrown if a document cannot be read. The message is a reason that continues "the file …". */
class DocumentProblem extends Error {}

const CREDENTIALS: ReadonlySet<unknown> = new Set(['username', 'password', 'credentials']);
const OUTSIDE_ROWS = 'is outside the rows and was not read: if it applies to all of them, add it to each row';
const UNDER_ADDRESS =
  'is an address whose value is a string that may be a user and password: write {"username": …, "password": …} instead';
const NOT_UTF8 = 'is not valid UTF-8';
const LONG_NAME = 'has a member whose name is longer than 1 MiB, the limit';
const NO_ROWS =
  'is neither a JSON array of rows, nor a row, nor an object that contains rows, such as {"proxies": […]}, {"http": […]} or {"host:port": {…}}';
const UNKNOWN_MEMBER =
  'has rows in a member with an unknown name, which were not read because another member with rows has a known name: put them in a separate file';
/** Parts that are collected in one step. */
const MOST_IN_A_STEP = 1024;
const TOO_MANY = `has more than ${MAX_JSON_VALUES.toLocaleString('en')} members outside its rows, the limit`;

/**
 * A JSON document of rows: an array, an object that is a row, or an object with rows in its members (see
 * `json-shapes.ts`). If a name occurs twice, its last member counts. The whole document is validated, in steps, before
 * the first row is read, so that a broken one loads nothing. A row that exceeds a limit is skipped without being
 * parsed.
 */
export class JsonDocument {
  readonly #bytes: Buffer;
  readonly #names = new MemberNames();
  #at = 0;
  #parts: readonly Part[] = [];
  #kept = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** Validates the document step by step; returns the reason if it cannot be read. */
  *check(): Generator<undefined, string | undefined> {
    try {
      yield* this.#space();
      const parts = yield* this.#rowsOf(undefined, 0);
      yield* this.#space();
      if (this.#at < this.#bytes.length) return NOT_JSON;
      this.#parts = parts ?? [];
      return parts === undefined ? NO_ROWS : undefined;
    } catch (error) {
      if (error instanceof DocumentProblem) return error.message;
      throw error;
    }
  }

  /** The rows, once the document has been checked. */
  *rows(): Generator<DocumentRow> {
    let place = 0;
    for (const part of this.#parts) {
      if ('problem' in part) yield { place: ++place, problem: part.problem, fate: part.fate };
      else {
        const rows = part.rows ?? this.#parseRows(part.start, part.end);
        for (const row of rows) yield { place: ++place, row, hint: part.hint };
      }
    }
  }

  /** Consumes a value. Returns its rows, or `undefined` if it cannot contain any. */
  *#rowsOf(hint: RowHint | undefined, level: number): Generator<undefined, readonly Part[] | undefined> {
    const first = this.#bytes[this.#at];
    if (first === OPEN_BRACKET) return yield* this.#list(hint);
    if (first === OPEN_BRACE && level <= MAX_LEVELS_OF_ROWS) return yield* this.#object(hint, level);
    yield* this.#value();
    return undefined;
  }

  /** An object is a row or contains rows. */
  *#object(hint: RowHint | undefined, level: number): Generator<undefined, readonly Part[] | undefined> {
    const start = this.#at;
    // A document larger than any row is not a row itself. The factor two allows for white space.
    const extent =
      level === 0 && this.#bytes.length - start > 2 * MAX_ROW_BYTES ? undefined : yield* extentOf(this.#bytes, start);
    if (extent !== undefined && excessOf(extent.end - start, extent) === undefined) {
      const row = this.#parse(start, extent.end);
      if (isRow(row, hint, this.#names)) {
        this.#at = extent.end;
        this.#kept += extent.values + 1;
        return [{ hint, start, end: extent.end, rows: this.#kept <= MOST_KEPT ? [row] : undefined }];
      }
      yield undefined;
    }
    const { wrappers, others, missed } = yield* this.#members(hint, level);
    if (wrappers.size + others.size === 0) return undefined;
    const parts: Part[] = [];
    for (const held of (wrappers.size > 0 ? wrappers : others).values()) {
      for (const part of held) if (parts.push(part) % MOST_IN_A_STEP === 0) yield undefined;
    }
    if (wrappers.size > 0 && others.size > 0) parts.push({ hint, problem: UNKNOWN_MEMBER, fate: 'failed' });
    if (missed !== undefined) parts.push({ hint, problem: `${missed} ${OUTSIDE_ROWS}`, fate: 'skipped' });
    return parts;
  }

  /** The members of an object that contain rows. */
  *#members(hint: RowHint | undefined, level: number): Generator<undefined, MemberRows> {
    const found: MemberRows = { wrappers: new Map(), others: new Map() };
    this.#at++;
    yield* this.#space();
    if (this.#takes(CLOSE_BRACE)) return found;
    for (let idle = 0; ; ) {
      const name = this.#name();
      yield* this.#space();
      this.#expect(COLON);
      yield* this.#space();
      const inner = hintOf(name, hint);
      const start = this.#at;
      const parts =
        (yield* this.#rowsOf(inner, level + 1)) ?? this.#named(inner, start) ?? this.#link(name, inner, start);
      const isKnown = isWrapper(name);
      if (parts !== undefined && (isKnown || this.#mayBeRows(parts))) {
        const held = isKnown ? found.wrappers : found.others;
        // The rows are at the position of the last member of this name.
        held.delete(name);
        held.set(name, parts);
      } else if (parts === undefined && this.#mayApplyToAll(name, start)) found.missed ??= shownName(name, this.#names);
      else if (++idle > MAX_JSON_VALUES) throw new DocumentProblem(TOO_MANY);
      yield undefined;
      yield* this.#space();
      if (this.#takes(CLOSE_BRACE)) return found;
      this.#expect(COMMA);
      yield* this.#space();
    }
  }

  /** False if none of the first rows is a proxy: a list of tags, for example. */
  #mayBeRows(parts: readonly Part[]): boolean {
    const [first] = parts;
    if (first === undefined || 'problem' in first || first.rows === undefined) return first !== undefined;
    return first.rows.slice(0, MAX_INSPECTED).some((row) => isProxy(row, first.hint, this.#names));
  }

  /** A member whose name is an address is a row, whatever its value. */
  #named(hint: RowHint | undefined, start: number): readonly Part[] | undefined {
    if (hint?.address === undefined) return undefined;
    // A note has no colon; a string with one may be credentials.
    if (this.#bytes[start] === QUOTE && this.#bytes.subarray(start, this.#at).includes(COLON))
      return [{ hint, problem: UNDER_ADDRESS, fate: 'failed' }];
    return [{ hint, start, end: start, rows: [NAMED_ROW] }];
  }

  /**
   * True for a member outside the rows that has the name of a credential and is not empty, or that names a scheme other
   * than `http`.
   */
  #mayApplyToAll(name: string, start: number): boolean {
    const first = this.#bytes[start];
    if (this.#at - start <= 2 || (first !== QUOTE && first !== OPEN_BRACE)) return false;
    const role = this.#names.roleOf(name);
    if (role === undefined) return false;
    if (role.field === 'scheme')
      return first === QUOTE && this.#at - start < MAX_NAME && isOtherScheme(this.#parse(start, this.#at));
    return CREDENTIALS.has(role.field) || (role.isUnread && !/protocol|scheme|type/i.test(name));
  }

  /** A string in a member named after a scheme is a row if it is a proxy. */
  #link(name: string, hint: RowHint | undefined, start: number): readonly Part[] | undefined {
    if (this.#bytes[start] !== QUOTE || this.#at - start > MAX_FIELD_CHARACTERS) return undefined;
    const text = this.#parse(start, this.#at);
    return isNamedLink(name, text) ? [{ hint, start, end: this.#at, rows: [text] }] : undefined;
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

  /** Consumes a value that is not a row. It is not needed, but must be valid JSON. */
  *#value(): Generator<undefined, void> {
    const start = this.#at;
    const extent = yield* extentOf(this.#bytes, start);
    this.#at = extent.end;
    if (start === extent.end) throw new DocumentProblem(NOT_JSON);
    if (excessOf(extent.end - start, extent) === undefined) this.#parse(start, extent.end);
  }

  *#list(hint: RowHint | undefined): Generator<undefined, readonly Part[]> {
    const parts: Part[] = [];
    this.#at++;
    yield* this.#space();
    if (this.#takes(CLOSE_BRACKET)) return parts;
    let run = this.#beginRun();
    for (let isLast = false; !isLast; ) {
      const start = this.#at;
      const extent = yield* extentOf(this.#bytes, start);
      if (extent.end === start) throw new DocumentProblem(NOT_JSON);
      this.#at = extent.end;
      yield* this.#space();
      isLast = !this.#takeSeparator();
      const problem = excessOf(extent.end - start, extent);
      if (problem === undefined) {
        run.end = extent.end;
        run.values += extent.values + 1;
        if (!isLast && run.end - run.start < PART_BYTES && run.values < MAX_JSON_VALUES) continue;
      }
      this.#endRun(run, parts, hint);
      if (problem !== undefined) parts.push({ hint, problem, fate: 'failed' });
      if (!isLast) yield* this.#space();
      run = this.#beginRun();
      yield undefined;
    }
    return parts;
  }

  /** Consumes the comma after a row or the closing bracket; returns true if another row follows. */
  #takeSeparator(): boolean {
    if (this.#takes(CLOSE_BRACKET)) return false;
    this.#expect(COMMA);
    return true;
  }

  #beginRun(): Run {
    return { start: this.#at, end: this.#at, values: 0 };
  }

  /** Parses the rows of a run, if there are any. */
  #endRun({ start, end, values }: Run, parts: Part[], hint: RowHint | undefined): void {
    if (start === end) return;
    const rows = this.#parseRows(start, end);
    this.#kept += values;
    parts.push({ hint, start, end, rows: this.#kept <= MOST_KEPT ? rows : undefined });
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

/** The name as a message may show it. */
function shownName(name: string, names: MemberNames): string {
  return names.roleOf(name)?.name || 'a member';
}
