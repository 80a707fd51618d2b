const CLOSING = /[)\]}>,;.:!?'"`\\|]/;
const AFTER_QUOTE = /[\s,;:)}\]>.!?&|\\=]/;

/** The end of a range without closing punctuation, such as that of a sentence, list or quotation. */
export function withoutClosing(text: string, start: number, end: number): number {
  let last = end;
  while (last > start && CLOSING.test(text[last - 1]!)) last--;
  return last;
}

export function isQuote(char: string | undefined): boolean {
  return char === '"' || char === "'" || char === '`';
}

const LINE_END = /[\n\r\u2028\u2029]/g;

/**
 * The end of a quotation whose contents begin at `start`: the next unescaped `quote` in the line that is followed by a
 * comma, bracket, space or similar character; -1 if there is none before `limit`. A quotation that was opened by an
 * escaped quote (`isNested`) ends at the first quote.
 */
export function endOfQuote(text: string, start: number, limit: number, quote: string, isNested: boolean): number {
  let escapes = 0;
  for (let i = start; i < limit; i++) {
    const char = text[i]!;
    if (char === '\n' || char === '\r') return -1;
    const isEscaped = !isNested && escapes % 2 === 1;
    escapes = char === '\\' ? escapes + 1 : 0;
    if (char !== quote || isEscaped) continue;
    if (i + 1 >= limit || AFTER_QUOTE.test(text[i + 1]!)) return i;
  }
  return -1;
}

export function endOfLine(text: string, start: number): number {
  LINE_END.lastIndex = start;
  return LINE_END.exec(text)?.index ?? text.length;
}

/** Calls `use` for each line, with its offset. */
export function forEachLine(text: string, use: (line: string, offset: number) => void): void {
  const ends = /[\n\r\u2028\u2029]+|$/g;
  let from = 0;
  for (const { 0: match, index } of text.matchAll(ends)) {
    if (index > from) use(text.slice(from, index), from);
    from = index + match.length;
  }
}
