import { isUtf8 } from 'node:buffer';
import type { Mark } from './marks.ts';

/** A decoded view of a text, and the way to mark the source of its characters. */
export interface TextView {
  readonly text: string;
  /** Marks the source of a range of the view in the original text. */
  readonly mark: Mark;
}

const BACKSLASH = /\\(?:u\{[\da-f]{1,6}\}|u[\da-f]{4}|x[\da-f]{2}|[^ux])/iy;
const CONTROLS: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f', v: '\v', '0': '\0' };

/** The text itself, and its views after percent-decoding (once and twice) and after resolving backslash escapes. */
export function viewsOf(text: string, mark: Mark): TextView[] {
  const plain = { text, mark };
  const views: TextView[] = [plain];
  const decoded = text.includes('%') ? decode(plain, PERCENT) : undefined;
  if (decoded !== undefined) views.push(decoded);
  const twice = decoded?.text.includes('%') ? decode(decoded, PERCENT) : undefined;
  if (twice !== undefined) views.push(twice);
  const unescaped = text.includes('\\') ? decode(plain, BACKSLASHES) : undefined;
  if (unescaped !== undefined) views.push(unescaped);
  return views;
}

/** Receives decoded text, and the number of source characters that it was decoded from. */
type Take = (text: string, length: number) => void;

/** A way to escape characters. */
interface Encoding {
  /** The first character of each escape. */
  readonly sign: string;
  /** The end of a run of escapes that begins at `at`; `at` itself if there is none. */
  readonly endOf: (text: string, at: number) => number;
  readonly takeParts: (escapes: string, take: Take) => void;
}

const PERCENT: Encoding = { sign: '%', endOf: endOfPercent, takeParts: percentParts };
const BACKSLASHES: Encoding = { sign: '\\', endOf: endOfBackslash, takeParts: backslashParts };

function decode({ text, mark }: TextView, { sign, endOf, takeParts }: Encoding): TextView | undefined {
  const pieces: string[] = [];
  // The source index of each character of the view, then the end of the source. No escape is shorter than its decoded
  // text.
  const starts = new Uint32Array(text.length + 1);
  let size = 0;
  let from = 0;
  const take: Take = (part, length) => {
    for (let i = 0; i < part.length; i++) starts[size++] = from;
    pieces.push(part);
    from += length;
  };
  for (let at = text.indexOf(sign); at >= 0; at = text.indexOf(sign, at)) {
    const end = endOf(text, at);
    if (end === at) at++;
    else {
      if (from < at) pieces.push(text.slice(from, at));
      while (from < at) starts[size++] = from++;
      takeParts(text.slice(at, end), take);
      at = end;
    }
  }
  if (from === 0) return undefined;
  pieces.push(text.slice(from));
  while (from <= text.length) starts[size++] = from++;
  return { text: pieces.join(''), mark: (start, end) => start < end && mark(starts[start]!, starts[end]!) };
}

function endOfPercent(text: string, at: number): number {
  let end = at;
  while (text[end] === '%' && isHex(text.charCodeAt(end + 1)) && isHex(text.charCodeAt(end + 2))) end += 3;
  return end;
}

/** True for the code of a hexadecimal digit; false for NaN, which is returned beyond the end of a string. */
function isHex(code: number): boolean {
  const lower = code | 0x20;
  return (code >= 0x30 && code <= 0x39) || (lower >= 0x61 && lower <= 0x66);
}

function endOfBackslash(text: string, at: number): number {
  BACKSLASH.lastIndex = at;
  return BACKSLASH.test(text) ? BACKSLASH.lastIndex : at;
}

/** Decodes UTF-8 where the bytes are valid UTF-8, and other bytes as Latin-1. */
function percentParts(escapes: string, take: Take): void {
  if (escapes.length === 3) {
    // A single byte: the usual case, without a Buffer.
    take(String.fromCharCode(Number.parseInt(escapes.slice(1), 16)), 3);
    return;
  }
  const bytes = Buffer.from(escapes.replaceAll('%', ''), 'hex');
  for (let i = 0; i < bytes.length; ) {
    const size = sizeAt(bytes, i);
    take(size === 1 ? String.fromCharCode(bytes[i]!) : bytes.toString('utf8', i, i + size), size * 3);
    i += size;
  }
}

/** The number of bytes of the UTF-8 character at an index; 1 if it is not valid. */
function sizeAt(bytes: Buffer, at: number): number {
  const lead = bytes[at]!;
  const size = lead < 0xc2 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 1;
  return size > 1 && at + size <= bytes.length && isUtf8(bytes.subarray(at, at + size)) ? size : 1;
}

function backslashParts(sequence: string, take: Take): void {
  const hex = /[\da-f]{2,}|(?<=\{)[\da-f]/i.exec(sequence.slice(2))?.[0];
  const isCode = /^\\[ux]/i.test(sequence) && hex !== undefined;
  const code = isCode ? Number.parseInt(hex, 16) : 0;
  const char = sequence.slice(1);
  const text = isCode ? (code > 0x10ffff ? '\uFFFD' : String.fromCodePoint(code)) : (CONTROLS[char] ?? char);
  take(text, sequence.length);
}
