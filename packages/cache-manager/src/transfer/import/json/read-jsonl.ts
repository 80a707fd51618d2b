import type { FileItem, FileItems } from '../file-item.ts';
import { MAX_JSON_LEVELS } from '../import-limits.ts';
import type { ByteSource } from '../input/byte-source.ts';
import { readLines, type TextLine } from '../input/text-lines.ts';
import { excessOf, extentOf } from './json-extent.ts';
import { NOT_JSON } from './json-syntax.ts';
import { isShortJson } from './short-json.ts';

/** A line of this length is within all limits: each level takes two characters, and each value at least one. */
const SURELY_WITHIN = 2 * MAX_JSON_LEVELS;
/** The length of the shortest object that is a proxy. Shorter lines are checked before they are parsed. */
const SHORTEST_ROW = '{"ip":"a","port":1}'.length;

/**
 * One JSON value per line. Blank lines are ignored, as are the brackets and commas of an array with one row per line, a
 * common variant.
 */
export async function* readJsonLines(source: ByteSource): AsyncGenerator<FileItems> {
  for await (const lines of readLines(source)) yield itemsOf(lines);
}

function* itemsOf(lines: Iterable<TextLine>): Generator<FileItem | undefined> {
  for (const line of lines) {
    const text = line.problem === undefined ? withoutList(line.text.trim()) : '';
    yield line.problem === undefined && text === '' ? undefined : toItem({ ...line, text });
  }
}

/** Strips array syntax by inspecting only the ends of the line. */
function withoutList(text: string): string {
  if (text === '[' || text === ']' || text === '],') return '';
  const row = text.startsWith('[{') && !text.endsWith(']') ? text.slice(1) : text;
  const end = row.startsWith('{') && row.endsWith('}]') ? -1 : undefined;
  return row.endsWith(',') ? row.slice(0, -1) : row.slice(0, end);
}

function toItem({ line, text, problem }: TextLine): FileItem {
  if (problem !== undefined) return { line, fate: 'failed', reason: problem };
  if (text.length > SURELY_WITHIN) {
    const excess = excessIn(text);
    if (excess !== undefined) return { line, fate: 'failed', reason: excess };
  }
  if (text.length < SHORTEST_ROW && !isShortJson(text)) return { line, fate: 'failed', reason: NOT_JSON };
  try {
    return { line, row: JSON.parse(text) as unknown };
  } catch {
    // The parser's own message quotes its input.
    return { line, fate: 'failed', reason: NOT_JSON };
  }
}

function excessIn(text: string): string | undefined {
  const bytes = Buffer.from(text);
  const steps = extentOf(bytes, 0);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return excessOf(step.value.end, step.value);
  }
}
