import type { Mark } from './marks.ts';

/** A text as a reader that undoes an encoding sees it, and where each of its characters comes from. */
export interface TextView {
  readonly text: string;
  /** Marks what stands behind a part of the view in the text that it is a view of. */
  readonly mark: Mark;
}

const PERCENT = /(?:%[\da-f]{2})+/gi;
const BACKSLASH = /\\(?:u\{[\da-f]{1,6}\}|u[\da-f]{4}|x[\da-f]{2}|[^ux])/gi;
const CONTROLS: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f', v: '\v', '0': '\0' };

/** The text itself, and what percent-decoding (once and twice) and undoing backslash escapes make of it. */
export function viewsOf(text: string, mark: Mark): TextView[] {
  const plain = { text, mark };
  const views: TextView[] = [plain];
  const decoded = text.includes('%') ? decode(plain, PERCENT, percentParts) : undefined;
  if (decoded !== undefined) views.push(decoded);
  const twice = decoded?.text.includes('%') ? decode(decoded, PERCENT, percentParts) : undefined;
  if (twice !== undefined) views.push(twice);
  const unescaped = text.includes('\\') ? decode(plain, BACKSLASH, backslashParts) : undefined;
  if (unescaped !== undefined) views.push(unescaped);
  return views;
}

/** What one match stands for: texts, and how many characters of the source each takes. */
type Parts = readonly (readonly [text: string, length: number])[];

function decode({ text, mark }: TextView, pattern: RegExp, partsOf: (match: string) => Parts): TextView | undefined {
  const pieces: string[] = [];
  // Where each character of the view begins in the source, and at last where the source ends.
  const starts: number[] = [];
  let from = 0;
  for (const { 0: match, index } of text.matchAll(pattern)) {
    for (let i = from; i < index; i++) starts.push(i);
    pieces.push(text.slice(from, index));
    from = index;
    for (const [part, length] of partsOf(match)) {
      for (let i = 0; i < part.length; i++) starts.push(from);
      pieces.push(part);
      from += length;
    }
  }
  if (from === 0) return undefined;
  for (let i = from; i <= text.length; i++) starts.push(i);
  pieces.push(text.slice(from));
  return { text: pieces.join(''), mark: (start, end) => start < end && mark(starts[start]!, starts[end]!) };
}

/** UTF-8 where the bytes are UTF-8, else a byte is the character of its number, as in Latin-1. */
function percentParts(escapes: string): Parts {
  const bytes = Buffer.from(escapes.replaceAll('%', ''), 'hex');
  const parts: [string, number][] = [];
  for (let i = 0; i < bytes.length; ) {
    const lead = bytes[i]!;
    const size = lead < 0xc2 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 1;
    const char = bytes.toString('utf8', i, i + size);
    const isWhole = size > 1 && Buffer.from(char).equals(bytes.subarray(i, i + size));
    parts.push(isWhole ? [char, size * 3] : [String.fromCharCode(lead), 3]);
    i += isWhole ? size : 1;
  }
  return parts;
}

function backslashParts(sequence: string): Parts {
  const hex = /[\da-f]{2,}|(?<=\{)[\da-f]/i.exec(sequence.slice(2))?.[0];
  const isCode = /^\\[ux]/i.test(sequence) && hex !== undefined;
  const code = isCode ? Number.parseInt(hex, 16) : 0;
  const char = sequence.slice(1);
  const text = isCode ? (code > 0x10ffff ? '\uFFFD' : String.fromCodePoint(code)) : (CONTROLS[char] ?? char);
  return [[text, sequence.length]];
}
