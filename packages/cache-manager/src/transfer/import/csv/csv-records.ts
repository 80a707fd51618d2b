import { MAX_CSV_COLUMNS, MAX_CSV_RECORD_LINES, MAX_ROW_BYTES } from '../import-limits.ts';
import type { TextLine } from '../input/text-lines.ts';
import { type Continuation, continuationOf, splitCells } from './csv-cells.ts';

/** One record: its cells, or why it has none. */
export type CsvRecord =
  | { readonly line: number; readonly cells: readonly string[] }
  | { readonly line: number; readonly problem: string };

const DELIMITERS = [',', ';', '\t', '|'] as const;

const NOT_CLOSED = 'has a quote that is not closed';
const TOO_MANY_LINES = `${NOT_CLOSED} within ${MAX_CSV_RECORD_LINES} lines, the most that a record may have`;
const TOO_LONG = `${NOT_CLOSED} within 1 MiB, the most that a record may have`;
const MISPLACED = 'has a misplaced quote';
const MISPLACED_LATER = `${NOT_CLOSED}, or one that is misplaced in a later line`;
const TOO_WIDE = `has more than ${MAX_CSV_COLUMNS.toLocaleString('en')} columns, the most that are read`;

/** The delimiter that a header line uses most; a comma if it uses none. */
export function guessDelimiter(header: string): string {
  return DELIMITERS.reduce((best, next) => (countOf(header, next) > countOf(header, best) ? next : best));
}

function countOf(text: string, char: string): number {
  let count = 0;
  for (let at = text.indexOf(char); at >= 0; at = text.indexOf(char, at + 1)) count++;
  return count;
}

/** A line that may be gone through again, as the beginning of a record: what it does to an open one is told once. */
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
 * Joins the lines of quoted records and takes them apart. A quote that is not closed costs its own line, and reading goes on with the
 * next. Each line is looked at twice at most, whatever the quotes: once as the first of a record, once as a further one.
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
    if (this.#open.length > 0) return this.#goThrough([new OpenLine(line)]);
    const record = this.#begin(line);
    if (record === undefined) return NONE;
    return record === 'open' ? this.#goThrough([new OpenLine(line)]) : [record];
  }

  /** What is left when the file is at its end. */
  end(): readonly CsvRecord[] {
    const records: CsvRecord[] = [];
    while (this.#open.length > 0) records.push(...this.#goThrough(this.#giveUp(NOT_CLOSED, records)));
    return records;
  }

  #goThrough(lines: readonly OpenLine[]): CsvRecord[] {
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

  /** Takes the next line; gives the problem of the first one that is open. */
  #take(line: OpenLine, records: CsvRecord[]): string | undefined {
    if (this.#open.length === 0) {
      const record = this.#begin(line);
      if (record === 'open') this.#keep(line);
      else if (record !== undefined) records.push(record);
      return undefined;
    }
    this.#keep(line);
    // Known at once, where looking at a line of a megabyte takes milliseconds.
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

  /** The first line of a record, whole in most files; `undefined` for a blank one. */
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
    // Its last line closed the quote, and none of them misplaced one.
    return typeof cells === 'string' ? { line, problem: TOO_WIDE } : { line, cells };
  }

  /** The first of the open lines is a record with a problem; gives the others, to be gone through again. */
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
