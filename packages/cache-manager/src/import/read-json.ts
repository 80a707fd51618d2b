import { isUtf8 } from 'node:buffer';
import type { ByteSource } from './byte-source.ts';
import type { FileItem } from './file-item.ts';

/** Largest JSON document, in bytes. It is read whole, so that a broken one loads nothing; JSON Lines have no limit. */
const MAX_JSON_BYTES = 64 * 1024 * 1024;

const GROUP = 1000;

/** A JSON array of rows, or an object with such an array as its member `proxies`. */
export async function* readJson(source: ByteSource): AsyncGenerator<FileItem[]> {
  const text = await readAll(source);
  if (text === undefined) {
    yield whole('is larger than 64 MiB, the most that is read as one JSON document; use JSON Lines');
    return;
  }
  const rows = parseRows(text);
  if (typeof rows === 'string') {
    yield whole(rows);
    return;
  }
  for (let start = 0; start < rows.length; start += GROUP) {
    yield rows.slice(start, start + GROUP).map((row, i) => ({ line: start + i + 1, row }));
  }
}

async function readAll(source: ByteSource): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  for await (const chunk of source.chunks()) {
    chunks.push(chunk);
    if (source.bytesRead > MAX_JSON_BYTES) return undefined;
  }
  return Buffer.concat(chunks);
}

/** The rows, or why there are none. */
function parseRows(bytes: Buffer): readonly unknown[] | string {
  if (!isUtf8(bytes)) return 'is not UTF-8';
  let document: unknown;
  try {
    document = JSON.parse(bytes.toString('utf8'));
  } catch {
    return 'is not JSON';
  }
  const rows = Array.isArray(document) ? document : (document as { proxies?: unknown } | null)?.proxies;
  return Array.isArray(rows) ? rows : 'is neither a JSON array of rows nor an object with an array of "proxies"';
}

function whole(reason: string): FileItem[] {
  return [{ line: 0, fate: 'failed', reason: `the file ${reason}` }];
}
