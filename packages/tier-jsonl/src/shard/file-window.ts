import type { ShardFile } from './shard-file.ts';

/** Bytes that are read even where fewer are requested. */
const WINDOW = 16 * 1024;

/**
 * Reads ranges of a file that does not change meanwhile. Most of them are in the window that was read last: reading
 * each separately would cost as much as reading everything.
 */
export class FileWindow {
  readonly #file: ShardFile;
  readonly #bytes = Buffer.allocUnsafe(WINDOW);
  #offset = 0;
  #length = 0;

  constructor(file: ShardFile) {
    this.#file = file;
  }

  /** The bytes of a range, valid until the next call. Throws like {@link ShardFile.read}. */
  read(offset: number, length: number): Buffer {
    if (length > WINDOW) return this.#file.read(offset, length);
    if (offset < this.#offset || offset + length > this.#offset + this.#length) {
      this.#length = this.#file.readInto(this.#bytes, offset);
      this.#offset = offset;
      if (this.#length < length) return this.#file.read(offset, length);
    }
    const start = offset - this.#offset;
    return this.#bytes.subarray(start, start + length);
  }
}
