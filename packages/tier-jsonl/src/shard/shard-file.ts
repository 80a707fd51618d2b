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
} from 'node:fs';
import { CacheCorruptionError } from '@pw/cache-models';
import { errorCode, type FileGuard, openRegularFile, type RegularFile } from '@pw/cache-models/tier';
import { TemporaryFile } from '../files/temporary-file.ts';
import { writeFully } from '../files/write-fully.ts';
import type { ByteRange } from '../lines/byte-range.ts';
import { LockLost } from '../lock/lock-lost.ts';
import type { FileStamp } from '../side-index/side-index-shape.ts';

const { O_APPEND, O_CREAT, O_EXCL, O_RDONLY, O_RDWR, O_WRONLY } = constants;
const NO_THROW = { throwIfNoEntry: false } as const;
const BLANKS = Buffer.alloc(64 * 1024, ' ');
const BLANK_LINE = Buffer.alloc(64 * 1024, `${' '.repeat(64 * 1024 - 1)}\n`);
/** Largest number of bytes that {@link ShardFile.blank} overwrites in one write. */
export const MAX_BLANK = BLANKS.length;

/** At least this many ranges close to each other are overwritten in one write. */
const MANY = 8;
const [BLANK, NEWLINE] = [0x20, 0x0a];

/** Longest line that is read into reused memory. */
const MAX_CUT = 64 * 1024;

/** The state of the file found at the path. */
export interface FileState {
  readonly size: number;
  readonly mtimeMs: number;
  /** True if this is not the file that was open before. */
  readonly isOther: boolean;
}

/**
 * One shard file and its descriptors. Synchronous: positioned reads and appends of a line cost less than a promise.
 *
 * Everything is written to the file that `follow` found last, even if another file has its name by now. A process that
 * took the lock over has replaced it, so our late writes go to a file that is no longer the shard.
 */
export class ShardFile {
  readonly path: string;
  readonly #guard: FileGuard;
  /** Appends at the end of the file. */
  #fd: number | undefined;
  /** Writes at a position, which the appending descriptor cannot; opened when a line is to be overwritten. */
  #blankFd: number | undefined;
  #isWritable = false;
  #identity: { dev: number; ino: number; birthtimeMs: number; nlink: number } | undefined;
  #scratch = Buffer.alloc(4096);
  /** Views of the scratch by length: lines have few lengths, and making a view costs a tenth of a read. */
  #cuts: Buffer[] = [];

  constructor(path: string, guard: FileGuard) {
    this.path = path;
    this.#guard = guard;
  }

  /**
   * Opens the file at the path, again if it was replaced; `undefined` if there is none. Throws a CacheStorageError with
   * code `CACHE_UNSAFE_PATH` for anything but a regular file, or the system's error.
   */
  follow(): FileState | undefined {
    const found = lstatSync(this.path, NO_THROW);
    if (found === undefined) {
      this.close();
      return undefined;
    }
    if (this.#fd !== undefined && isSame(this.#identity!, found)) {
      this.#identity!.nlink = found.nlink;
      return state(found, false);
    }
    this.#closeInBackground();
    return state(this.#open(), true);
  }

  /** Closes a replaced file, but not in the event loop: closing its last descriptor frees its blocks on disk. */
  #closeInBackground(): void {
    const fds = [this.#fd, this.#blankFd];
    this.#fd = undefined;
    this.#blankFd = undefined;
    this.#identity = undefined;
    for (const fd of fds) if (fd !== undefined) close(fd, () => {});
  }

  /** True if there was a file when `follow` was last called. */
  get isOpen(): boolean {
    return this.#fd !== undefined;
  }

  /**
   * True if the file is unchanged, by its descriptor alone, at half the cost of `follow`. A file that was replaced or
   * removed has lost a link, so that it does not count as unchanged. Good enough for reads: it only misses a file that
   * was renamed.
   */
  isUnchanged(size: number, mtimeMs: number): boolean {
    if (this.#fd === undefined) return false;
    const found = fstatSync(this.#fd);
    return found.size === size && found.mtimeMs === mtimeMs && found.nlink === this.#identity!.nlink;
  }

  /** Like `isUnchanged`, but by path: also notices a file that was renamed. */
  isStillThere(size: number, mtimeMs: number): boolean {
    const found = this.#fd === undefined ? undefined : lstatSync(this.path, NO_THROW);
    return found !== undefined && isSame(this.#identity!, found) && found.size === size && found.mtimeMs === mtimeMs;
  }

  /** Opens the file for writing, and creates it if there was none. Throws LockLost if there is another one by now. */
  prepareToWrite(): { readonly isNew: boolean } {
    if (this.#fd !== undefined && this.#isWritable) return { isNew: false };
    const known = this.#identity;
    this.close();
    if (known === undefined) {
      this.#adopt(this.#create(), true);
      return { isNew: true };
    }
    if (isSame(known, this.#adopt(this.#openAt(O_RDWR | O_APPEND), true))) return { isNew: false };
    this.close();
    throw new LockLost();
  }

  #create(): RegularFile {
    try {
      return this.#openAt(O_RDWR | O_APPEND | O_CREAT | O_EXCL);
    } catch (error) {
      throw errorCode(error) === 'EEXIST' ? new LockLost() : error;
    }
  }

  /** The bytes of a range, valid until the next call. Throws a CacheCorruptionError if the file is shorter. */
  read(offset: number, length: number): Buffer {
    const bytes = this.#cut(length);
    // A short read is rare; `readInto` continues it.
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

  /** Fills the buffer from a position and returns the number of bytes read; fewer only at the end of the file. */
  readInto(bytes: Buffer, position: number): number {
    let done = 0;
    while (done < bytes.length) {
      const got = readSync(this.#fd!, bytes, done, bytes.length - done, position + done);
      if (got === 0) break;
      done += got;
    }
    return done;
  }

  /**
   * Appends at the end of the file, which should be `end`: the caller verifies it afterwards. On failure the file is
   * cut back to `end`, unless that would cut more than was written, and the error is thrown.
   */
  append(bytes: Buffer, end: number, flush: boolean): void {
    try {
      writeFully(this.#fd!, bytes, null);
      if (flush) fsyncSync(this.#fd!);
    } catch (error) {
      if (this.stateNow().size <= end + bytes.length) this.#truncate(end);
      throw error;
    }
  }

  /**
   * Overwrites a line with blanks, which every reader skips. With `endsLine` the last byte becomes a newline: a record
   * that directly follows, because the newline before it was corrupted, then has a line of its own.
   */
  blank(range: ByteRange, endsLine = false): void {
    for (const _ of this.blankSteps(range, endsLine));
  }

  /** Like `blank`, but yields after each write. */
  *blankSteps({ offset, length }: ByteRange, endsLine: boolean): Generator<void, void> {
    this.#blankFd ??= this.#openToBlank();
    for (let done = 0; done < length; done += MAX_BLANK) {
      const isLast = length - done <= MAX_BLANK;
      // The newline is the last byte of the buffer.
      const bytes =
        endsLine && isLast ? BLANK_LINE.subarray(MAX_BLANK - (length - done)) : BLANKS.subarray(0, length - done);
      writeFully(this.#blankFd, bytes, offset + done);
      yield;
    }
  }

  /**
   * Like `blank` with `endsLine`, for ranges in file order. Many ranges close to each other are overwritten in one
   * write, together with the unchanged bytes between them: where every other line is damaged, a write for each would
   * take most of the time of a repair. Yields after each write.
   */
  *blankAllSteps(ranges: Iterable<ByteRange>): Generator<void, void> {
    let group: ByteRange[] = [];
    for (const range of ranges) {
      const start = group[0]?.offset ?? range.offset;
      if (range.offset + range.length - start > MAX_BLANK) {
        yield* this.#blankGroup(group);
        group = [];
      }
      group.push(range);
    }
    yield* this.#blankGroup(group);
  }

  *#blankGroup(group: readonly ByteRange[]): Generator<void, void> {
    if (group.length < MANY) {
      for (const range of group) yield* this.blankSteps(range, true);
      return;
    }
    const start = group[0]!.offset;
    const { offset, length } = group.at(-1)!;
    const bytes = Buffer.allocUnsafe(offset + length - start);
    if (this.readInto(bytes, start) < bytes.length) throw new LockLost();
    for (const range of group) {
      const end = range.offset + range.length - start;
      bytes.fill(BLANK, range.offset - start, end);
      bytes[end - 1] = NEWLINE;
    }
    this.#blankFd ??= this.#openToBlank();
    writeFully(this.#blankFd, bytes, start);
    yield;
  }

  #openToBlank(): number {
    const { fd, stats } = this.#openAt(O_WRONLY);
    if (isSame(this.#identity!, stats)) return fd;
    closeSync(fd);
    throw new LockLost();
  }

  /** Cuts the torn tail off. Throws LockLost if the file has grown by now. */
  cutTail({ offset, length }: ByteRange): void {
    if (this.stateNow().size !== offset + length) throw new LockLost();
    this.#truncate(offset);
  }

  #truncate(size: number): void {
    ftruncateSync(this.#fd!, size);
  }

  /** Identifies the state of the open file; two states share a stamp only if they share all times. */
  stamp(): FileStamp {
    return fstatSync(this.#fd!, { bigint: true });
  }

  /** The state after a write of our own; `isOther` if the file has lost its name. */
  stateNow(): FileState {
    const found = fstatSync(this.#fd!);
    return state(found, found.nlink === 0);
  }

  /**
   * Replaces the file by an empty one. Removing it by name could remove a file that another process has created since.
   * Throws LockLost if the lock was taken over, which removes the temporary file.
   */
  replaceByEmpty(confirmHeld: () => boolean): void {
    this.replaceBy(Buffer.alloc(0), false, confirmHeld);
  }

  /** Like `replaceByEmpty`, but by a file with these bytes, which are flushed first if `flush`. */
  replaceBy(bytes: Buffer, flush: boolean, confirmHeld: () => boolean): void {
    const temporary = new TemporaryFile(this.path);
    try {
      writeFully(temporary.fd, bytes, 0);
      if (flush) fsyncSync(temporary.fd);
      if (!confirmHeld()) throw new LockLost();
      temporary.renameTo(this.path);
    } catch (error) {
      throw errorCode(error) === 'ENOENT' ? new LockLost() : error;
    } finally {
      temporary.close();
    }
  }

  close(): void {
    const fds = [this.#fd, this.#blankFd];
    this.#fd = undefined;
    this.#blankFd = undefined;
    this.#identity = undefined;
    for (const fd of fds) if (fd !== undefined) closeSync(fd);
  }

  #openAt(flags: number): RegularFile {
    return openRegularFile(this.path, flags, { what: 'shard', tier: 'JSONL tier', guard: this.#guard });
  }

  #open(): Stats {
    try {
      return this.#adopt(this.#openAt(O_RDWR | O_APPEND), true);
    } catch (error) {
      const code = errorCode(error);
      if (code !== 'EACCES' && code !== 'EPERM' && code !== 'EROFS') throw error;
      return this.#adopt(this.#openAt(O_RDONLY), false);
    }
  }

  #adopt({ fd, stats: found }: RegularFile, isWritable: boolean): Stats {
    // ProxyWhirl creates its files readable for everybody.
    if (isWritable && (found.mode & 0o077) !== 0 && found.uid === process.getuid?.()) fchmodSync(fd, 0o600);
    this.#fd = fd;
    this.#isWritable = isWritable;
    this.#identity = { dev: found.dev, ino: found.ino, birthtimeMs: found.birthtimeMs, nlink: found.nlink };
    return found;
  }
}

type FileIdentity = Pick<Stats, 'dev' | 'ino' | 'birthtimeMs'>;

/** Inode numbers are reused immediately, so the birth time counts too. */
function isSame(known: FileIdentity, found: FileIdentity): boolean {
  return known.ino === found.ino && known.birthtimeMs === found.birthtimeMs && known.dev === found.dev;
}

function state(found: Stats, isOther: boolean): FileState {
  return { size: found.size, mtimeMs: found.mtimeMs, isOther };
}
