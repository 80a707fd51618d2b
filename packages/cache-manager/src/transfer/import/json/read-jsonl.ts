import type { FileItem, FileItems } from '../file-item.ts';
import { MAX_JSON_LEVELS } from '../import-limits.ts';
import type { ByteSource } from '../input/byte-source.ts';
import { readLines, type TextLine } from '../input/text-lines.ts';
import { excessOf, extentOf } from './json-extent.ts';
import { NOT_JSON } from './json-syntax.ts';
import { isShortJson } from './short-json.ts';

/** A shorter line is within the limits whatever it holds: each level takes two characters, and each value one at least. */
const SURELY_WITHIN = 2 * MAX_JSON_LEVELS;
/** A shorter line names no proxy: this is the shortest that does. */
const SHORTEST_ROW = '{"ip":"a","port":1}'.length;

/**
 * One JSON value a line; blank lines are passed over. So are the brackets and the commas of an array with a row a line, which many files of
 * this kind are.
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

/** By what stands at the ends alone: nothing is parsed for it. */
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
