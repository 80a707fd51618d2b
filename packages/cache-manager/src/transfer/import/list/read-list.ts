import type { FileItem, FileItems } from '../file-item.ts';
import type { ByteSource } from '../input/byte-source.ts';
import { readLines, type TextLine } from '../input/text-lines.ts';
import type { PlainLineOptions, PlainLineResult } from './plain-line-result.ts';
import { readLine } from './read-line.ts';
import { FORMS, IN_COMMENT } from './token/reasons.ts';

/**
 * The proxies of a list, line by line, in the forms that {@link readLine} reads. Blank lines and comments are ignored:
 * text after a `#` at the beginning of a line or after a space, and lines that begin with `;` or `//`.
 */
export async function* readList(source: ByteSource, options: PlainLineOptions): AsyncGenerator<FileItems> {
  for await (const lines of readLines(source)) yield itemsOf(lines, options);
}

function* itemsOf(lines: Iterable<TextLine>, options: PlainLineOptions): Generator<FileItem | undefined> {
  for (const { line, text, problem } of lines) {
    if (problem !== undefined) yield { line, fate: 'failed', reason: problem };
    else {
      const uncommented = withoutComment(text);
      const entry = uncommented.trim();
      if (entry === '' || isComment(entry)) yield undefined;
      else if (isSection(entry)) yield { line, fate: 'skipped', reason: FORMS };
      else
        for (const result of readLine(entry, options)) yield result && toItem(line, result, text, uncommented.length);
    }
  }
}

function toItem(line: number, result: PlainLineResult, text: string, end: number): FileItem {
  if (!result.ok) {
    // If the # is part of a user or password, the line is not a heading.
    const isCut =
      result.fate === 'skipped' &&
      end < text.length &&
      /[^\s@]:\d+\s*$/.test(text.slice(-80)) &&
      text.includes('@', end);
    return isCut ? { line, fate: 'failed', reason: IN_COMMENT } : { line, fate: result.fate, reason: result.reason };
  }
  const { url, username, password, labels } = result.value;
  if (labels !== undefined) return { line, row: { proxy_url: url, username, password, labels } };
  return { line, row: { proxy_url: url, username, password } };
}

function isComment(entry: string): boolean {
  return entry.startsWith(';') || entry.startsWith('//');
}

/** A section header such as `[ProxyList]`. */
function isSection(entry: string): boolean {
  return entry.length < 64 && /^\[[a-z][\w -]*\]$/i.test(entry);
}

/** Uses no regular expression: one that searches for the end of the line after each `#` takes quadratic time. */
function withoutComment(text: string): string {
  for (let at = text.indexOf('#'); at >= 0; at = text.indexOf('#', at + 1)) {
    if (at === 0 || isSpaceAt(text, at - 1)) return text.slice(0, at);
  }
  return text;
}

/** A line may contain a million `#`, so no string is created for printable ASCII, which is never white space. */
function isSpaceAt(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  return (unit <= 0x20 || unit > 0x7e) && text[at]!.trim() === '';
}
