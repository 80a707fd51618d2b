import {
  close,
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  lstatSync,
  readSync,
  type Stats,
  unlinkSync,
} from 'node:fs';
import { CacheCorruptionError, CacheStorageError } from '@pw/cache-models';
import type { Place } from './place.ts';
import { openSecurely } from './secure-open.ts';
import type { FileStamp } from './side-index.ts';
import { errorCode } from './storage-fault.ts';
import { writeFully } from './write-fully.ts';

const { O_CREAT, O_RDONLY, O_RDWR } = constants;
const NO_THROW = { throwIfNoEntry: false } as const;
const NEWLINE = Buffer.from('\n');
const BLANKS = Buffer.alloc(64 * 1024, ' ');
/** Longest stretch that {@link ShardFile.blank} overwrites in one write. */
export const MAX_BLANK = BLANKS.length;

/** Longest line that is read into memory kept for it. */
const MAX_CUT = 64 * 1024;

/** What a look at the path found. */
export interface FileState {
  readonly size: number;
  readonly mtimeMs: number;
  /** True when this is not the file that the last look saw. */
  readonly isOther: boolean;
}

/** One shard file and its descriptor. Synchronous: positioned reads and appends of a line cost less than a promise. */
export class ShardFile {
  readonly path: string;
  #fd: number | undefined;
  #isWritable = false;
  #identity: { dev: number; ino: number; birthtimeMs: number; nlink: number } | undefined;
  #scratch = Buffer.alloc(4096);
  /** The scratch cut to a length, by that length: lines have few lengths, and a cut costs a tenth of a read. */
  #cuts: Buffer[] = [];

  constructor(path: string) {
    this.path = path;
  }

  /**
   * Looks what is at the path, follows a file that was replaced, and gives `undefined` if there is none.
   * Throws a CacheStorageError for anything but a regular file, or what the system says.
   */
  look(): FileState | undefined {
    const found = lstatSync(this.path, NO_THROW);
    if (found === undefined) {
      this.close();
      return undefined;
    }
    if (!found.isFile()) throw new CacheStorageError('JSONL tier: a shard is not a regular file; refused');
    if (this.#fd !== undefined && this.#isSame(found)) {
      this.#identity!.nlink = found.nlink;
      return state(found, false);
    }
    this.#letGo();
    return state(this.#open(), true);
  }

  /** Closes a file that another one has replaced, but not in the event loop: with its last handle its blocks are given back to the disk. */
  #letGo(): void {
    const fd = this.#fd;
    this.#fd = undefined;
    this.#identity = undefined;
    if (fd !== undefined) close(fd, () => {});
  }

  /**
   * True if the file is as it was, by the descriptor alone, which costs half of a `look`: a file that was replaced or removed has
   * lost a name, and then, or when none is open, only `look` can tell. For reads; what it does not notice is a file
   * that was moved away under another name.
   */
  isAsBefore(size: number, mtimeMs: number): boolean {
    if (this.#fd === undefined) return false;
    const found = fstatSync(this.#fd);
    return found.size === size && found.mtimeMs === mtimeMs && found.nlink === this.#identity!.nlink;
  }

  /** Makes the file writable, and makes it if there is none. */
  prepareToWrite(): { readonly isNew: boolean } {
    if (this.#fd !== undefined && this.#isWritable) return { isNew: false };
    const isNew = this.#fd === undefined;
    this.close();
    this.#adopt(openSecurely(this.path, O_RDWR | O_CREAT), true);
    return { isNew };
  }

  /** The bytes at a place, valid until the next call. Throws a CacheCorruptionError if the file is shorter. */
  read(offset: number, length: number): Buffer {
    const bytes = this.#cut(length);
    // A short read is rare, and goes on where it stopped.
    if (readSync(this.#fd!, bytes, 0, length, offset) < length && this.readInto(bytes, offset) < length)
      throw new CacheCorruptionError('stored record is cut off');
    return bytes;
  }

  #cut(length: number): Buffer {
    if (length > MAX_CUT) return Buffer.alloc(length);
    if (this.#scratch.length < length) {
      this.#scratch = Buffer.alloc(2 ** Math.ceil(Math.log2(length)));
      this.#cuts = [];
    }
    const known = this.#cuts[length];
    if (known !== undefined) return known;
    const cut = this.#scratch.subarray(0, length);
    this.#cuts[length] = cut;
    return cut;
  }

  /** Fills the buffer from a position and tells how much of it; less only at the end of the file. */
  readInto(bytes: Buffer, position: number): number {
    let done = 0;
    while (done < bytes.length) {
      const got = readSync(this.#fd!, bytes, done, bytes.length - done, position + done);
      if (got === 0) break;
      done += got;
    }
    return done;
  }

  /** Writes at the end. If that fails the file is cut back to where it was, and the error thrown. */
  append(bytes: Buffer, end: number, flush: boolean): void {
    try {
      writeFully(this.#fd!, bytes, end);
      if (flush) fsyncSync(this.#fd!);
    } catch (error) {
      this.truncate(end);
      throw error;
    }
  }

  /**
   * Overwrites a line with blanks, which every reader skips. With `endsLine` the last one is a newline: what follows may be
   * a record that only lacked the end of the line before it.
   */
  blank({ offset, length }: Place, endsLine = false): void {
    for (let done = 0; done < length; done += MAX_BLANK)
      writeFully(this.#fd!, BLANKS.subarray(0, Math.min(MAX_BLANK, length - done)), offset + done);
    if (endsLine && length > 0) writeFully(this.#fd!, NEWLINE, offset + length - 1);
  }

  truncate(size: number): void {
    ftruncateSync(this.#fd!, size);
  }

  flush(): void {
    fsyncSync(this.#fd!);
  }

  /** What tells the open file from every other state of it, for as long as it has another one at no two times. */
  stamp(): FileStamp {
    return fstatSync(this.#fd!, { bigint: true });
  }

  /** As it is after a write of our own. */
  stateNow(): FileState {
    return state(fstatSync(this.#fd!), false);
  }

  remove(): void {
    this.close();
    try {
      unlinkSync(this.path);
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error;
    }
  }

  close(): void {
    if (this.#fd === undefined) return;
    const fd = this.#fd;
    this.#fd = undefined;
    this.#identity = undefined;
    closeSync(fd);
  }

  #open(): Stats {
    try {
      return this.#adopt(openSecurely(this.path, O_RDWR), true);
    } catch (error) {
      const code = errorCode(error);
      if (code !== 'EACCES' && code !== 'EPERM' && code !== 'EROFS') throw error;
      return this.#adopt(openSecurely(this.path, O_RDONLY), false);
    }
  }

  #adopt(fd: number, isWritable: boolean): Stats {
    const found = fstatSync(fd);
    if (!found.isFile()) {
      closeSync(fd);
      throw new CacheStorageError('JSONL tier: a shard is not a regular file; refused');
    }
    // ProxyWhirl makes its files readable for all.
    if (isWritable && (found.mode & 0o077) !== 0 && found.uid === process.getuid?.()) fchmodSync(fd, 0o600);
    this.#fd = fd;
    this.#isWritable = isWritable;
    this.#identity = { dev: found.dev, ino: found.ino, birthtimeMs: found.birthtimeMs, nlink: found.nlink };
    return found;
  }

  /** Inode numbers are used again at once, so the time of birth counts too. */
  #isSame(found: Stats): boolean {
    const known = this.#identity!;
    return known.ino === found.ino && known.birthtimeMs === found.birthtimeMs && known.dev === found.dev;
  }
}

function state(found: Stats, isOther: boolean): FileState {
  return { size: found.size, mtimeMs: found.mtimeMs, isOther };
}
