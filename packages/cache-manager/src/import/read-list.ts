import type { ByteSource } from './byte-source.ts';
import type { FileItem, FileItems } from './file-item.ts';
import { MAX_FIELD_CHARACTERS } from './import-limits.ts';
import { type PlainLineOptions, parsePlainLine } from './plain-line.ts';
import { readLines, type TextLine } from './text-lines.ts';

const TOO_LONG = `is longer than ${MAX_FIELD_CHARACTERS.toLocaleString('en')} characters, the most of a proxy with its credentials`;

/** One proxy a line; blank lines and what follows a `#` at the beginning of a line or after a space are passed over. */
export async function* readList(source: ByteSource, options: PlainLineOptions): AsyncGenerator<FileItems> {
  for await (const lines of readLines(source)) yield itemsOf(lines, options);
}

function* itemsOf(lines: Iterable<TextLine>, options: PlainLineOptions): Generator<FileItem | undefined> {
  for (const line of lines) yield toItem(line, options);
}

function toItem({ line, text, problem }: TextLine, options: PlainLineOptions): FileItem | undefined {
  if (problem !== undefined) return { line, fate: 'failed', reason: problem };
  const entry = withoutComment(text).trim();
  if (entry === '') return undefined;
  if (entry.length > MAX_FIELD_CHARACTERS) return { line, fate: 'failed', reason: TOO_LONG };
  const result = parsePlainLine(entry, options);
  if (!result.ok) return { line, fate: result.fate, reason: result.reason };
  const { url, username, password } = result.value;
  return { line, row: { proxy_url: url, username, password } };
}

/** Not by an expression: one that looks for the end of the line behind each `#` takes time in proportion to the square of the length. */
function withoutComment(text: string): string {
  for (let at = text.indexOf('#'); at >= 0; at = text.indexOf('#', at + 1)) {
    if (at === 0 || isSpaceAt(text, at - 1)) return text.slice(0, at);
  }
  return text;
}

/** A line may hold a million `#`: only what is no printable ASCII character, which no space is, is made a text of its own. */
function isSpaceAt(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  return (unit <= 0x20 || unit > 0x7e) && text[at]!.trim() === '';
}
