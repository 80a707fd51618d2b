import type { FileItem, FileItems } from '../file-item.ts';
import { MAX_JSON_BYTES } from '../import-limits.ts';
import type { ByteSource } from '../input/byte-source.ts';
import { JsonDocument } from './json-document.ts';

const TOO_LARGE = 'is larger than 64 MiB, the limit for a JSON document: use JSON Lines';
const FIRST_BUFFER = 1024 * 1024;

/** A JSON document of rows, in any of the shapes of {@link JsonDocument}. An invalid document loads nothing. */
export async function* readJson(source: ByteSource): AsyncGenerator<FileItems> {
  const bytes = await readAll(source);
  yield bytes === undefined ? whole(TOO_LARGE) : itemsOf(new JsonDocument(bytes));
}

function* itemsOf(document: JsonDocument): Generator<FileItem | undefined> {
  const problem = yield* document.check();
  if (problem !== undefined) {
    yield* whole(problem);
    return;
  }
  for (const found of document.rows()) {
    const { place: line } = found;
    yield 'problem' in found
      ? { line, fate: found.fate, reason: found.problem }
      : { line, row: found.row, hint: found.hint };
  }
}

/** The whole content; `undefined` if it is too large. */
async function readAll(source: ByteSource): Promise<Buffer | undefined> {
  if (source.totalBytes > MAX_JSON_BYTES) return undefined;
  // The size of a pipe is unknown.
  let buffer: Buffer = Buffer.allocUnsafe(source.totalBytes || FIRST_BUFFER);
  let length = 0;
  for await (const chunk of source.chunks()) {
    const end = length + chunk.length;
    if (end > MAX_JSON_BYTES) return undefined;
    if (end > buffer.length) buffer = copyInto(Buffer.allocUnsafe(Math.max(end, 2 * buffer.length)), buffer, length);
    chunk.copy(buffer, length);
    length = end;
  }
  return buffer.subarray(0, length);
}

function copyInto(larger: Buffer, buffer: Buffer, length: number): Buffer {
  buffer.copy(larger, 0, 0, length);
  return larger;
}

function whole(reason: string): FileItem[] {
  return [{ line: 0, fate: 'failed', reason: `the file ${reason}` }];
}
