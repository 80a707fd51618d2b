import { extname } from 'node:path';
import { guessDelimiter } from '../csv/csv-records.ts';
import { MemberNames } from '../rows/members/member-names.ts';

/** The formats that an import reads. `list` has one proxy per line, in any of the usual notations. */
export const PROXY_FILE_FORMATS = Object.freeze(['json', 'jsonl', 'csv', 'list'] as const);
export type ProxyFileFormat = (typeof PROXY_FILE_FORMATS)[number];

const BY_EXTENSION: ReadonlyMap<string, ProxyFileFormat> = new Map([
  ['.json', 'json'],
  ['.jsonl', 'jsonl'],
  ['.ndjson', 'jsonl'],
  ['.csv', 'csv'],
]);

/**
 * The format by file extension, case-insensitively; `undefined` for an extension such as `.txt`, which any format may
 * have.
 */
export function formatOfName(path: string): ProxyFileFormat | undefined {
  return BY_EXTENSION.get(extname(path).toLowerCase());
}

/**
 * The format by the beginning of the file. A list is the fallback, because its reader reports each line that is not a
 * proxy.
 */
export function formatOfContent(head: string): ProxyFileFormat {
  const text = head.trimStart();
  // A bracketed IPv6 address also begins with `[`.
  if (/^\[\s*(?:[[\]{"]|$)/.test(text)) return 'json';
  if (text.startsWith('{')) return isJsonLines(text) ? 'jsonl' : 'json';
  return isCsvHeader(text.slice(0, lineEnd(text))) ? 'csv' : 'list';
}

/** True if the first line is a JSON object and another follows; one alone is a document. */
function isJsonLines(text: string): boolean {
  const end = lineEnd(text);
  if (!text.slice(end).trimStart().startsWith('{')) return false;
  try {
    const first: unknown = JSON.parse(text.slice(0, end).replace(/,\s*$/, ''));
    return !Array.isArray((first as { proxies?: unknown }).proxies);
  } catch {
    return false;
  }
}

/** True if a `.json` file contains JSON Lines, as many programs write it. */
export function isJsonLinesInside(head: string): boolean {
  const text = head.trimStart();
  return text.startsWith('{') && isJsonLines(text);
}

function isCsvHeader(line: string): boolean {
  const delimiter = guessDelimiter(line);
  const names = new MemberNames();
  const cells = line.slice(0, MAX_HEADER).split(delimiter);
  const roles = cells.map((cell) => names.roleOf(cell.trim().replaceAll('"', '')));
  const has = (field: string): boolean => roles.some((role) => role?.field === field);
  if (cells.length === 1) return roles[0]?.name === 'proxy_url';
  return has('url') || (has('port') && has('host'));
}

/** Characters of the first line that are inspected. */
const MAX_HEADER = 16_384;

function lineEnd(text: string): number {
  const end = text.search(/[\r\n]/);
  return end < 0 ? text.length : end;
}
