import Papa from 'papaparse';
import type { TextLine } from './text-lines.ts';

/** One record: its cells, or why it has none. */
export type CsvRecord =
  | { readonly line: number; readonly cells: readonly string[] }
  | { readonly line: number; readonly problem: string };

const DELIMITERS = [',', ';', '\t', '|'] as const;

// A record of more lines is a quote that nobody closed: it must not swallow the rest of the file.
const MAX_RECORD_LINES = 100;

/** The delimiter that a header line uses most; a comma if it uses none. */
export function guessDelimiter(header: string): string {
  const count = (delimiter: string): number => header.split(delimiter).length;
  return DELIMITERS.reduce((best, next) => (count(next) > count(best) ? next : best));
}

/**
 * Joins the lines of quoted records and takes them apart. A line without a quote needs no parser; what has one is
 * Papa Parse's. A quote that is not closed costs its own line, and reading goes on with the next.
 */
export class CsvRecords {
  readonly #delimiter: string;
  #open: TextLine[] = [];

  constructor(delimiter: string) {
    this.#delimiter = delimiter;
  }

  push(line: TextLine): CsvRecord[] {
    if (line.problem !== undefined) return [...this.end(), { line: line.line, problem: line.problem }];
    const quoted = line.text.includes('"');
    if (this.#open.length === 0 && !quoted) {
      return line.text.trim() === '' ? [] : [{ line: line.line, cells: line.text.split(this.#delimiter) }];
    }
    this.#open.push(line);
    const record = quoted ? this.#parse() : undefined;
    if (record !== undefined) {
      this.#open = [];
      return [record];
    }
    return this.#open.length >= MAX_RECORD_LINES ? this.#giveUp() : [];
  }

  /** What is left when the file is at its end. */
  end(): CsvRecord[] {
    const records: CsvRecord[] = [];
    while (this.#open.length > 0) records.push(...this.#giveUp());
    return records;
  }

  #giveUp(): CsvRecord[] {
    const [first, ...rest] = this.#open;
    this.#open = [];
    const record: CsvRecord = { line: first!.line, problem: 'has a quote that is not closed' };
    return [record, ...rest.flatMap((line) => this.push(line))];
  }

  /** The open lines as one record; `undefined` while a quote is open. */
  #parse(): CsvRecord | undefined {
    const text = this.#open.map((line) => line.text).join('\n');
    const { data, errors } = Papa.parse<string[]>(text, { delimiter: this.#delimiter, newline: '\n', quoteChar: '"' });
    if (errors.some(({ code }) => code === 'MissingQuotes')) return undefined;
    const { line } = this.#open[0]!;
    if (errors.length > 0 || data.length !== 1) return { line, problem: 'has a misplaced quote' };
    return { line, cells: data[0]! };
  }
}
