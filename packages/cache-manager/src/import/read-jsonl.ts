import type { ByteSource } from './byte-source.ts';
import type { FileItem } from './file-item.ts';
import { readLines, type TextLine } from './text-lines.ts';

/** One JSON value a line; blank lines are passed over. */
export async function* readJsonLines(source: ByteSource): AsyncGenerator<FileItem[]> {
  for await (const lines of readLines(source)) {
    const items: FileItem[] = [];
    for (const line of lines) {
      if (line.problem !== undefined || line.text.trim() !== '') items.push(toItem(line));
    }
    yield items;
  }
}

function toItem({ line, text, problem }: TextLine): FileItem {
  if (problem !== undefined) return { line, fate: 'failed', reason: problem };
  try {
    return { line, row: JSON.parse(text) as unknown };
  } catch {
    // The parser's own message quotes its input.
    return { line, fate: 'failed', reason: 'is not JSON' };
  }
}
