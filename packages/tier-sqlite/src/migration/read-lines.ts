import { closeSync, constants, readSync } from 'node:fs';
import { TextDecoder } from 'node:util';
import { openRegularFile } from '@pw/cache-models/tier';

const CHUNK = 64 * 1024;
/** A longer line is not a record, and is not collected in memory. */
const MAX_LINE = 16 * 1024 * 1024;
const NEWLINE = 0x0a;

/**
 * The lines of a UTF-8 file, of which one chunk is in memory at a time; `undefined` for a line that is not UTF-8 or is
 * longer than 16 MiB. A byte order mark is skipped. Throws a CacheStorageError with code `CACHE_UNSAFE_PATH` for
 * anything other than a regular file, and the system's error.
 */
export function* shardLines(path: string): Generator<string | undefined> {
  const { fd: file } = openRegularFile(path, constants.O_RDONLY, { what: 'shard' });
  try {
    const decoder = new TextDecoder('utf-8', { fatal: true });
    let parts: Buffer[] = [];
    let length = 0;
    for (let chunk = readChunk(file); chunk.length > 0; chunk = readChunk(file)) {
      let start = 0;
      for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
        parts.push(chunk.subarray(start, end));
        yield length > MAX_LINE ? undefined : decode(decoder, parts);
        parts = [];
        length = 0;
        start = end + 1;
      }
      length += chunk.length - start;
      if (length <= MAX_LINE) parts.push(chunk.subarray(start));
    }
    if (length > 0) yield length > MAX_LINE ? undefined : decode(decoder, parts);
  } finally {
    closeSync(file);
  }
}

function readChunk(file: number): Buffer {
  const buffer = Buffer.allocUnsafe(CHUNK);
  return buffer.subarray(0, readSync(file, buffer));
}

function decode(decoder: TextDecoder, parts: readonly Buffer[]): string | undefined {
  try {
    return decoder.decode(Buffer.concat(parts));
  } catch {
    return undefined;
  }
}
