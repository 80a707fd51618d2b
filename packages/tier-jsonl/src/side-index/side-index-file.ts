import { closeSync, constants, readSync, rmSync } from 'node:fs';
import { openRegularFile } from '@pw/cache-models/tier';
import { TemporaryFile } from '../files/temporary-file.ts';
import { writeFully } from '../files/write-fully.ts';
import type { Scratch } from './scratch.ts';
import { readSideIndex } from './side-index.ts';
import type { FileStamp, SideIndex } from './side-index-shape.ts';

const { O_RDONLY } = constants;

/**
 * A side index larger than this plus {@link BYTES_PER_BYTE} times the size of its shard was not made from that shard,
 * and is not read.
 */
const LEAST_CAP = 64 * 1024;
const BYTES_PER_BYTE = 4;

/**
 * `shard_NN.jsonl.index`: a copy of the index of a shard, so that opening a large directory need not read its lines.
 */
export class SideIndexFile {
  /** Fewest entries of a shard for which a side index is written. */
  readonly least: number;
  readonly #shardPath: string;
  readonly #scratch: Scratch;
  #mayExist = true;

  constructor(shardPath: string, scratch: Scratch, least: number) {
    this.least = least;
    this.#shardPath = shardPath;
    this.#scratch = scratch;
  }

  get path(): string {
    return `${this.#shardPath}.index`;
  }

  /**
   * The side index of a shard in this state, valid until the next reading. `undefined` whenever anything is wrong with
   * the file: the shard itself can be read instead.
   */
  read(stamp: FileStamp): SideIndex | undefined {
    try {
      return readSideIndex(this.#bytes(Number(stamp.size)), stamp);
    } catch {
      return undefined;
    }
  }

  /** Throws the system's error. A crash leaves the old file, the new one, or none. */
  write(bytes: Buffer): void {
    const temporary = new TemporaryFile(this.#shardPath);
    try {
      writeFully(temporary.fd, bytes, 0);
      temporary.renameTo(this.path);
      this.#mayExist = true;
    } finally {
      temporary.close();
    }
  }

  /** Removes the file when the shard changes: it is useless now, and contains keys that may be deleted. */
  discard(): void {
    if (!this.#mayExist) return;
    this.#mayExist = false;
    try {
      rmSync(this.path, { force: true });
    } catch {
      // It no longer matches the shard, so no tier uses it.
    }
  }

  #bytes(shardSize: number): Buffer {
    const maxBytes = LEAST_CAP + BYTES_PER_BYTE * shardSize;
    const { fd, stats } = openRegularFile(this.path, O_RDONLY, { what: 'side index', maxBytes });
    try {
      const bytes = this.#scratch.take(stats.size);
      for (let done = 0; done < bytes.length; ) {
        const got = readSync(fd, bytes, done, bytes.length - done, done);
        if (got === 0) return bytes.subarray(0, done);
        done += got;
      }
      return bytes;
    } finally {
      closeSync(fd);
    }
  }
}
