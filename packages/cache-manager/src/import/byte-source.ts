import { type FileHandle, open } from 'node:fs/promises';

const CHUNK_BYTES = 128 * 1024;
const BOM = Buffer.from([0xef, 0xbb, 0xbf]);

/** A file read from front to back, once: a pipe will do. Its beginning can be looked at before. */
export class ByteSource {
  /** The first bytes of the file, without a byte order mark: as many as one chunk, fewer only if there are no more. */
  readonly head: Buffer;
  /** Size of the file in bytes; 0 when it is not known. */
  readonly totalBytes: number;
  bytesRead: number;
  readonly #handle: FileHandle;

  private constructor(handle: FileHandle, head: Buffer, totalBytes: number) {
    this.#handle = handle;
    this.head = head.subarray(0, BOM.length).equals(BOM) ? head.subarray(BOM.length) : head;
    this.totalBytes = totalBytes;
    this.bytesRead = head.length;
  }

  static async open(path: string): Promise<ByteSource> {
    const handle = await open(path, 'r');
    try {
      const { size } = await handle.stat();
      return new ByteSource(handle, await readFull(handle), size);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** The whole content, the head included. The next piece is on its way while the last one is worked on. */
  async *chunks(): AsyncGenerator<Buffer> {
    let ahead = this.bytesRead < CHUNK_BYTES ? undefined : this.#readAhead();
    if (this.head.length > 0) yield this.head;
    while (ahead !== undefined) {
      const chunk = await ahead;
      this.bytesRead += chunk.length;
      ahead = chunk.length < CHUNK_BYTES ? undefined : this.#readAhead();
      if (chunk.length > 0) yield chunk;
    }
  }

  #readAhead(): Promise<Buffer> {
    const chunk = readFull(this.#handle);
    // Whoever leaves the stream hears of no failure of it.
    chunk.catch(() => {});
    return chunk;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
  }
}

/** Reads until the chunk is full or the file ends: a pipe hands out less at a time. */
async function readFull(handle: FileHandle): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  let length = 0;
  while (length < CHUNK_BYTES) {
    const { bytesRead } = await handle.read(buffer, length, CHUNK_BYTES - length, null);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return buffer.subarray(0, length);
}
