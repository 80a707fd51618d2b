import { MAX_CSV_COLUMNS, MAX_CSV_RECORD_LINES, MAX_ROW_BYTES } from '../import-limits.ts';
import type { TextLine } from '../input/text-lines.ts';
import { type Continuation, continuationOf, splitCells } from './csv-cells.ts';

/** One record: its cells, or why it has none. */
export type CsvRecord =
  | { readonly line: number; readonly cells: readonly string[] }
  | { readonly line: number; readonly problem: string };

const DELIMITERS = [',', ';', '\t', '|'] as const;

const NOT_CLOSED = 'has a quote that is not closed';
const TOO_MANY_LINES = `${NOT_CLOSED} within ${MAX_CSV_RECORD_LINES} lines, the limit for a record`;
const TOO_LONG = `${NOT_CLOSED} within 1 MiB, the limit for a record`;
const MISPLACED = 'has a misplaced quote: put the whole value in quotes, and double each quote inside it';
const MISPLACED_LATER = `${NOT_CLOSED}, or a misplaced one in a later line`;
const TOO_WIDE = `has more than ${MAX_CSV_COLUMNS.toLocaleString('en')} columns, the limit`;

/** The most frequent delimiter of a header line; a comma if there is none. */
export function guessDelimiter(header: string): string {
  return DELIMITERS.reduce((best, next) => (countOf(header, next) > countOf(header, best) ? next : best));
}

function countOf(text: string, char: string): number {
  let count = 0;
  for (let at = text.indexOf(char); at >= 0; at = text.indexOf(char, at + 1)) count++;
  return count;
}

/**
 * A line of an open record. If that record is given up, the line is read again and may continue another one, so its
 * effect on an open record is cached.
 */
class OpenLine {
  readonly line: number;
  readonly text: string;
  #continuation: Continuation | undefined;

  constructor({ line, text }: TextLine) {
    this.line = line;
    this.text = text;
  }

  continuation(delimiter: string): Continuation {
    this.#continuation ??= continuationOf(this.text, delimiter);
    return this.#continuation;
  }
}

/**
 * Joins the lines of quoted records and splits them into cells. An unclosed quote costs only its own line; reading
 * continues with the next. Each line is scanned at most twice, whatever its quotes: as the first line of a record, and
 * as a continuation.
 */
export class CsvRecords {
  readonly #delimiter: string;
  #open: OpenLine[] = [];
  #characters = 0;

  constructor(delimiter: string) {
    this.#delimiter = delimiter;
  }

  push(line: TextLine): readonly CsvRecord[] {
    if (line.problem !== undefined) return [...this.end(), { line: line.line, problem: line.problem }];
    if (this.#open.length > 0) return this.#readAll([new OpenLine(line)]);
    const record = this.#begin(line);
    if (record === undefined) return NONE;
    return record === 'open' ? this.#readAll([new OpenLine(line)]) : [record];
  }

  /** The remaining records at the end of the file. */
  end(): readonly CsvRecord[] {
    const records: CsvRecord[] = [];
    while (this.#open.length > 0) records.push(...this.#readAll(this.#giveUp(NOT_CLOSED, records)));
    return records;
  }

  #readAll(lines: readonly OpenLine[]): CsvRecord[] {
    const records: CsvRecord[] = [];
    let waiting = lines;
    for (let i = 0; i < waiting.length; i++) {
      const problem = this.#take(waiting[i]!, records);
      if (problem === undefined) continue;
      waiting = [...this.#giveUp(problem, records), ...waiting.slice(i + 1)];
      i = -1;
    }
    return records;
  }

  /** Takes the next line. Returns the problem to report for the first line of the open record, if there is one. */
  #take(line: OpenLine, records: CsvRecord[]): string | undefined {
    if (this.#open.length === 0) {
      const record = this.#begin(line);
      if (record === 'open') this.#keep(line);
      else if (record !== undefined) records.push(record);
      return undefined;
    }
    this.#keep(line);
    // Checked before the line is scanned: a line of a megabyte takes milliseconds.
    if (this.#characters > MAX_ROW_BYTES) return TOO_LONG;
    const continuation = line.continuation(this.#delimiter);
    if (continuation === 'misplaced') return MISPLACED_LATER;
    if (continuation === 'open') return this.#open.length >= MAX_CSV_RECORD_LINES ? TOO_MANY_LINES : undefined;
    records.push(this.#close());
    return undefined;
  }

  #keep(line: OpenLine): void {
    this.#open.push(line);
    this.#characters += line.text.length;
  }

  /** Reads the first line of a record, which in most files is the whole record; `undefined` for a blank line. */
  #begin({ line, text }: { readonly line: number; readonly text: string }): CsvRecord | 'open' | undefined {
    const cells = splitCells(text, this.#delimiter);
    if (cells === 'open') return cells;
    if (cells === 'misplaced') return { line, problem: MISPLACED };
    if (cells === 'wide') return { line, problem: TOO_WIDE };
    return cells[0]!.trim() === '' && text.trim() === '' ? undefined : { line, cells };
  }

  #close(): CsvRecord {
    const { line } = this.#open[0]!;
    const cells = splitCells(this.#open.map(({ text }) => text).join('\n'), this.#delimiter);
    this.#forget();
    // The quotes are known to be closed and well placed, so `wide` is the only possible problem.
    return typeof cells === 'string' ? { line, problem: TOO_WIDE } : { line, cells };
  }

  /** Reports the first open line as a record with a problem; returns the others, to be read again. */
  #giveUp(problem: string, records: CsvRecord[]): readonly OpenLine[] {
    const [first, ...rest] = this.#open;
    this.#forget();
    records.push({ line: first!.line, problem });
    return rest;
  }

  #forget(): void {
    this.#open = [];
    this.#characters = 0;
  }
}

const NONE: readonly CsvRecord[] = [];
