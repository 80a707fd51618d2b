import { MAX_CSV_COLUMNS } from '../import-limits.ts';

const QUOTE = 0x22;

/**
 * The cells of a record, or why there are none: a quote is still `open` at the end, a closing quote is `misplaced`
 * because no delimiter follows it, or the record is too `wide`.
 */
export type SplitCells = readonly string[] | 'open' | 'misplaced' | 'wide';

/**
 * Splits a record as in RFC 4180: a quote opens a cell only at its beginning, and a doubled quote inside a quoted cell
 * is one quote. White space around cells and around quotes is dropped; inside quotes it is kept. Linear in the length.
 */
export function splitCells(text: string, delimiter: string): SplitCells {
  if (!text.includes('"')) {
    const cells = text.split(delimiter, MAX_CSV_COLUMNS + 1);
    return cells.length > MAX_CSV_COLUMNS ? 'wide' : trimmedCells(cells);
  }
  const cells: string[] = [];
  for (let at = 0; cells.length < MAX_CSV_COLUMNS; at++) {
    const start = skipSpace(text, at, delimiter);
    if (text[start] === '"') {
      const end = endOfQuoted(text, start + 1);
      if (end < 0) return 'open';
      cells.push(unescaped(text.slice(start + 1, end)));
      at = skipSpace(text, end + 1, delimiter);
    } else {
      const end = text.indexOf(delimiter, start);
      cells.push(text.slice(start, end < 0 ? text.length : end).trimEnd());
      at = end < 0 ? text.length : end;
    }
    if (at === text.length) return cells;
    if (text[at] !== delimiter) return 'misplaced';
  }
  return 'wide';
}

function trimmedCells(cells: string[]): string[] {
  for (let i = 0; i < cells.length; i++) {
    const cell = cells[i]!;
    // Usually there is nothing to trim, and the check is cheaper than the call.
    if (cell.length > 0 && !(isPlain(cell.charCodeAt(0)) && isPlain(cell.charCodeAt(cell.length - 1))))
      cells[i] = cell.trim();
  }
  return cells;
}

function isPlain(unit: number): boolean {
  return unit > 0x20 && unit < 0x7f;
}

/** The effect of a further line on a record whose quote is open. */
export type Continuation = 'open' | 'closed' | 'misplaced';

export function continuationOf(line: string, delimiter: string): Continuation {
  const end = endOfQuoted(line, 0);
  if (end < 0) return 'open';
  const at = skipSpace(line, end + 1, delimiter);
  if (at === line.length) return 'closed';
  if (line[at] !== delimiter) return 'misplaced';
  const rest = splitCells(line.slice(at + 1), delimiter);
  return rest === 'open' || rest === 'misplaced' ? rest : 'closed';
}

/**
 * Longer cells are unescaped without `replaceAll`, which records every match: half a million of them take ten times as
 * long as all other work on the line.
 */
const MOST_REPLACED = 16_384;

function unescaped(text: string): string {
  if (text.length <= MOST_REPLACED) return text.replaceAll('""', '"');
  const bytes = Buffer.from(text, 'utf16le');
  let length = 0;
  for (let at = 0; at < bytes.length; at += 2, length += 2) {
    const [low, high] = [bytes[at]!, bytes[at + 1]!];
    bytes[length] = low;
    bytes[length + 1] = high;
    if (low === QUOTE && high === 0) at += 2;
  }
  return bytes.toString('utf16le', 0, length);
}

/**
 * The position of the closing quote; -1 if there is none. Skips runs of quotes, because a search for each would be too
 * slow.
 */
function endOfQuoted(text: string, start: number): number {
  let end = text.indexOf('"', start);
  while (end >= 0 && text.charCodeAt(end + 1) === QUOTE) {
    end += 2;
    if (text.charCodeAt(end) !== QUOTE) end = text.indexOf('"', end);
  }
  return end;
}

function skipSpace(text: string, start: number, delimiter: string): number {
  let at = start;
  while (at < text.length && text[at] !== delimiter && isSpace(text, at)) at++;
  return at;
}

/** Avoids creating a string for printable ASCII, which is never white space. */
function isSpace(text: string, at: number): boolean {
  return !isPlain(text.charCodeAt(at)) && text[at]!.trim() === '';
}
