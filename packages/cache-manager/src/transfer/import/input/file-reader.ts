import { close, constants, fstat, open, read, type Stats } from 'node:fs';
import { Socket } from 'node:net';
import { isatty, ReadStream } from 'node:tty';
import { promisify } from 'node:util';
import { checkFileKind } from './file-kind.ts';

/** Reads a file from front to back. */
export interface FileReader {
  /** Size in bytes; 0 if unknown, as for a pipe. */
  readonly size: number;
  /** Reads at most as many bytes as fit; returns their number, 0 at the end. */
  read(into: Buffer): Promise<number>;
  /** Also ends a pending read of a pipe. */
  close(): Promise<void>;
}

const openFile = promisify(open);
const closeFile = promisify(close);
const readFile = promisify(read);
const stateOf = promisify(fstat);

/**
 * Opens a regular file, a pipe or a terminal. Neither opening nor reading blocks a thread until a writer appears: one
 * might never appear, and a process with a blocked thread cannot even exit. Rejects with the system's error or an
 * UnfitFile.
 */
export async function openReader(path: string): Promise<FileReader> {
  const fd = await openFile(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  const isTerminal = isatty(fd);
  let found: Stats;
  try {
    found = await stateOf(fd);
    checkFileKind(found, isTerminal);
  } catch (error) {
    await closeFile(fd);
    throw error;
  }
  if (found.isFIFO()) return new StreamReader(new Socket({ fd, readable: true, writable: false }));
  if (isTerminal) return new StreamReader(new ReadStream(fd));
  return new DiskReader(fd, found.size);
}

class DiskReader implements FileReader {
  readonly size: number;
  readonly #fd: number;
  #reading: Promise<unknown> = Promise.resolve();

  constructor(fd: number, size: number) {
    this.#fd = fd;
    this.size = size;
  }

  async read(into: Buffer): Promise<number> {
    const reading = readFile(this.#fd, into, 0, into.length, null);
    this.#reading = reading.catch(() => {});
    return (await reading).bytesRead;
  }

  /** Waits for the pending read: the descriptor must not be reused by another file meanwhile. */
  async close(): Promise<void> {
    await this.#reading;
    await closeFile(this.#fd);
  }
}

class StreamReader implements FileReader {
  readonly size = 0;
  readonly #stream: Socket;
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(stream: Socket) {
    this.#stream = stream;
    // A failure is reported by the next read; after the last read it does not matter.
    stream.on('error', () => {});
    this.#chunks = stream[Symbol.asyncIterator]();
  }

  async read(into: Buffer): Promise<number> {
    if (this.#rest.length === 0) {
      const next = await this.#chunks.next();
      if (next.done === true) return 0;
      this.#rest = next.value;
    }
    const length = this.#rest.copy(into);
    this.#rest = this.#rest.subarray(length);
    return length;
  }

  async close(): Promise<void> {
    this.#stream.destroy();
  }
}
