import { abortable } from '../../../scheduling/abortable.ts';
import type { FileOrBytes } from './file-or-bytes.ts';
import { type FileReader, openReader } from './file-reader.ts';
import { IterableReader } from './iterable-reader.ts';
import { type Utf16, Utf16Transcoder, utf16Of } from './utf16.ts';

const CHUNK_BYTES = 128 * 1024;
const BOM = Buffer.from([0xef, 0xbb, 0xbf]);

/**
 * A file or its bytes, read once from front to back, so that pipes work too. Its beginning can be inspected in advance.
 */
export class ByteSource {
  /**
   * The first bytes of the file without a byte order mark: one chunk, or less if the file is shorter. UTF-16 is
   * converted to UTF-8, here and in all chunks.
   */
  readonly head: Buffer;
  /** Size of the file in bytes; 0 if unknown. */
  readonly totalBytes: number;
  bytesRead: number;
  readonly #reader: FileReader;
  readonly #transcoder: Utf16Transcoder | undefined;

  private constructor(reader: FileReader, head: Buffer) {
    this.#reader = reader;
    const utf16: Utf16 | undefined = utf16Of(head);
    this.#transcoder = utf16 === undefined ? undefined : new Utf16Transcoder(utf16);
    this.head = withoutMark(this.#transcoder?.push(head) ?? head);
    this.totalBytes = reader.size;
    this.bytesRead = head.length;
  }

  /** Rejects with the system's error or the signal's reason: the first bytes of a pipe may never arrive. */
  static async open(file: FileOrBytes, signal?: AbortSignal): Promise<ByteSource> {
    const reader = typeof file === 'string' ? await openReader(file) : new IterableReader(file);
    try {
      signal?.throwIfAborted();
      const head = readFull(reader);
      return new ByteSource(reader, await (signal === undefined ? head : abortable(head, signal)));
    } catch (error) {
      await reader.close();
      throw error;
    }
  }

  /** The whole content, including the head. The next chunk is read ahead while the current one is processed. */
  async *chunks(): AsyncGenerator<Buffer> {
    let ahead = this.bytesRead < CHUNK_BYTES ? undefined : this.#readAhead();
    if (this.head.length > 0) yield this.head;
    while (ahead !== undefined) {
      const chunk = await ahead;
      this.bytesRead += chunk.length;
      ahead = chunk.length < CHUNK_BYTES ? undefined : this.#readAhead();
      if (chunk.length > 0) yield this.#transcoder?.push(chunk) ?? chunk;
    }
    const rest = this.#transcoder?.end();
    if (rest !== undefined && rest.length > 0) yield rest;
  }

  #readAhead(): Promise<Buffer> {
    const chunk = readFull(this.#reader);
    // A consumer that stops reading must not cause an unhandled rejection.
    chunk.catch(() => {});
    return chunk;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reader.close();
  }
}

function withoutMark(head: Buffer): Buffer {
  return head.subarray(0, BOM.length).equals(BOM) ? head.subarray(BOM.length) : head;
}

/** Reads until the chunk is full or the file ends: a pipe delivers less at a time. */
async function readFull(reader: FileReader): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  let length = 0;
  while (length < CHUNK_BYTES) {
    const count = await reader.read(buffer.subarray(length));
    if (count === 0) break;
    length += count;
  }
  return buffer.subarray(0, length);
}
