import { extname } from 'node:path';
import { guessDelimiter } from './csv/csv-records.ts';

/** The kinds of file that an import reads. `list` is one proxy a line, in any of the usual notations. */
export const PROXY_FILE_FORMATS = Object.freeze(['json', 'jsonl', 'csv', 'list'] as const);
export type ProxyFileFormat = (typeof PROXY_FILE_FORMATS)[number];

const BY_EXTENSION: ReadonlyMap<string, ProxyFileFormat> = new Map([
  ['.json', 'json'],
  ['.jsonl', 'jsonl'],
  ['.ndjson', 'jsonl'],
  ['.csv', 'csv'],
]);

/** By the extension, in any case; `undefined` when it does not tell: a `.txt` may hold anything. */
export function formatOfName(path: string): ProxyFileFormat | undefined {
  return BY_EXTENSION.get(extname(path).toLowerCase());
}

/** By the beginning of the file. A list is the fallback: each line that is no proxy is then reported by itself. */
export function formatOfContent(head: string): ProxyFileFormat {
  const text = head.trimStart();
  // An IPv6 address in brackets begins with `[` too.
  if (/^\[\s*(?:[[\]{"]|$)/.test(text)) return 'json';
  if (text.startsWith('{')) return isJsonLines(text) ? 'jsonl' : 'json';
  return isCsvHeader(text.slice(0, lineEnd(text))) ? 'csv' : 'list';
}

/** A JSON object that stands on its first line alone is a row, unless it is the whole document. */
function isJsonLines(text: string): boolean {
  try {
    const first: unknown = JSON.parse(text.slice(0, lineEnd(text)));
    return !Array.isArray((first as { proxies?: unknown }).proxies);
  } catch {
    return false;
  }
}

function isCsvHeader(line: string): boolean {
  const names = line.split(guessDelimiter(line)).map((name) => name.trim().replaceAll('"', '').toLowerCase());
  return names.includes('proxy_url') || (names.includes('port') && (names.includes('ip') || names.includes('host')));
}

function lineEnd(text: string): number {
  const end = text.search(/[\r\n]/);
  return end < 0 ? text.length : end;
}
