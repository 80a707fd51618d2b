import type { ShardFile } from './shard-file.ts';

/** Bytes that are read at once where fewer are asked for. */
const WINDOW = 16 * 1024;

/** Reads places of a file that nobody changes meanwhile, most of them with those that were read before: to read each by itself costs as much as all. */
export class FileWindow {
  readonly #file: ShardFile;
  readonly #bytes = Buffer.allocUnsafe(WINDOW);
  #offset = 0;
  #length = 0;

  constructor(file: ShardFile) {
    this.#file = file;
  }

  /** The bytes at a place, valid until the next call. Throws as {@link ShardFile.read}. */
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
