import { readCsv } from '../csv/read-csv.ts';
import type { FileItems } from '../file-item.ts';
import type { ByteSource } from '../input/byte-source.ts';
import { readJson } from '../json/read-json.ts';
import { readJsonLines } from '../json/read-jsonl.ts';
import { readList } from '../list/read-list.ts';
import type { WarmSettings } from '../warm-options.ts';
import { formatOfContent, formatOfName, isJsonLinesInside } from './proxy-file-format.ts';
import { unreadableKindOf } from './unreadable-kind.ts';

/** The rows of a file in any of the formats, in groups. */
export function readProxyFile(source: ByteSource, path: string, settings: WarmSettings): AsyncIterable<FileItems> {
  const cause = unreadableKindOf(source.head);
  if (cause !== undefined) return single(`the file ${cause}`);
  const head = source.head.toString('utf8');
  const format = settings.format ?? formatOfName(path) ?? formatOfContent(head);
  switch (format) {
    case 'json':
      if (settings.format === undefined && isJsonLinesInside(head)) return readJsonLines(source);
      return readJson(source);
    case 'jsonl':
      return readJsonLines(source);
    case 'csv':
      return readCsv(source);
    case 'list':
      return readList(source, settings);
  }
}

async function* single(reason: string): AsyncGenerator<FileItems> {
  yield [{ line: 0, fate: 'failed', reason }];
}
