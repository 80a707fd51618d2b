import type { ByteSource } from './byte-source.ts';
import type { FileItem } from './file-item.ts';
import { type PlainLineOptions, parsePlainLine } from './plain-line.ts';
import { readLines, type TextLine } from './text-lines.ts';

/** One proxy a line; blank lines and what follows a `#` at the beginning of a line or after a space are passed over. */
export async function* readList(source: ByteSource, options: PlainLineOptions): AsyncGenerator<FileItem[]> {
  for await (const lines of readLines(source)) {
    const items: FileItem[] = [];
    for (const line of lines) {
      const item = toItem(line, options);
      if (item !== undefined) items.push(item);
    }
    yield items;
  }
}

function toItem({ line, text, problem }: TextLine, options: PlainLineOptions): FileItem | undefined {
  if (problem !== undefined) return { line, fate: 'failed', reason: problem };
  const entry = text.replace(/(?:^|\s)#.*$/, '').trim();
  if (entry === '') return undefined;
  const result = parsePlainLine(entry, options);
  if (!result.ok) return { line, fate: result.fate, reason: result.reason };
  const { url, username, password } = result.value;
  return { line, row: { proxy_url: url, username, password } };
}
