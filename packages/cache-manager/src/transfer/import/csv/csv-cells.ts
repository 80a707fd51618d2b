import { MAX_CSV_COLUMNS } from '../import-limits.ts';

const QUOTE = 0x22;

/** The cells of a record, or why there are none: a quote is `open` at the end, or something but a delimiter is behind a closing one. */
export type SplitCells = readonly string[] | 'open' | 'misplaced' | 'wide';

/**
 * Takes a record apart, as RFC 4180 has it: a quote opens a cell only at its beginning, and two stand for one in a quoted cell. White space
 * around a cell, and around its quotes, is none of it; what is between quotes is. Looks at each character a few times at most.
 */
export function splitCells(text: string, delimiter: string): SplitCells {
  if (!text.includes('"')) {
    const cells = text.split(delimiter, MAX_CSV_COLUMNS + 1);
    return cells.length > MAX_CSV_COLUMNS ? 'wide' : trimmedCells(cells);
  }
  const cells: string[] = [];
  for (let at = 0; cells.length < MAX_CSV_COLUMNS; at++) {
    const start = behindSpace(text, at, delimiter);
    if (text[start] === '"') {
      const end = endOfQuoted(text, start + 1);
      if (end < 0) return 'open';
      cells.push(unescaped(text.slice(start + 1, end)));
      at = behindSpace(text, end + 1, delimiter);
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
    // Most have nothing to trim, and need no call to find that out.
    if (cell.length > 0 && !(isPlain(cell.charCodeAt(0)) && isPlain(cell.charCodeAt(cell.length - 1))))
      cells[i] = cell.trim();
  }
  return cells;
}

function isPlain(unit: number): boolean {
  return unit > 0x20 && unit < 0x7f;
}

/** What a further line does to a record whose quote is open. */
export type Continuation = 'open' | 'closed' | 'misplaced';

export function continuationOf(line: string, delimiter: string): Continuation {
  const end = endOfQuoted(line, 0);
  if (end < 0) return 'open';
  const at = behindSpace(line, end + 1, delimiter);
  if (at === line.length) return 'closed';
  if (line[at] !== delimiter) return 'misplaced';
  const rest = splitCells(line.slice(at + 1), delimiter);
  return rest === 'open' || rest === 'misplaced' ? rest : 'closed';
}

/** Replacing keeps a number for each place that is found: half a million take ten times as long as all else that is done to their line. */
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

/** Where the quote stands that closes a cell; -1 if none does. A search for each quote of a line of nothing else would take too long. */
function endOfQuoted(text: string, start: number): number {
  let end = text.indexOf('"', start);
  while (end >= 0 && text.charCodeAt(end + 1) === QUOTE) {
    end += 2;
    if (text.charCodeAt(end) !== QUOTE) end = text.indexOf('"', end);
  }
  return end;
}

function behindSpace(text: string, start: number, delimiter: string): number {
  let at = start;
  while (at < text.length && text[at] !== delimiter && isSpace(text, at)) at++;
  return at;
}

/** Most characters are printable ASCII, which no space is: no text is made of them. */
function isSpace(text: string, at: number): boolean {
  return !isPlain(text.charCodeAt(at)) && text[at]!.trim() === '';
}
