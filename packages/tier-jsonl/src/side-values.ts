import { closeSync, constants, fchownSync, fsyncSync, linkSync, lstatSync, readSync } from 'node:fs';
import { basename, join } from 'node:path';
import { CacheCorruptionError } from '@pw/cache-models';
import {
  checkSideValue,
  errorCode,
  isSideValue,
  MAX_SIDE_VALUE,
  openRegularFile,
  type SideValues,
  syncFolder,
} from '@pw/cache-models/tier';
import { temporaryPaths } from './files/list-names.ts';
import { removeFile } from './files/remove-file.ts';
import { storageFault } from './files/storage-fault.ts';
import { TemporaryFile } from './files/temporary-file.ts';
import { writeFully } from './files/write-fully.ts';

const { O_RDONLY } = constants;
/** A value and its newline. */
const LONGEST = MAX_SIDE_VALUE + 1;
const PREFIX = 'pw-side-';
const WITHOUT_LINKS: ReadonlySet<string> = new Set(['EPERM', 'EACCES', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);
/** The shard whose lock protects changes: every directory has this one. */
const LOCKED_SHARD = 0;

/** The parts of the tier that side values use. */
export interface SideValuesContext {
  readonly directory: string;
  /** Opens the tier; rejects while it is disabled. */
  readonly open: () => Promise<void>;
  /** Runs `work` with the lock of a shard held. */
  readonly runExclusive: <T>(shard: number, work: (confirmHeld: () => boolean) => Promise<T>) => Promise<T>;
}

/**
 * Small values beside the entries, each a line of text in a file of its own. Every write makes a complete, flushed
 * temporary file first. The first value is linked into place, which fails if a file exists, even if the lock was
 * stolen; a replacement is renamed over the old file. ProxyWhirl reads shard files only, and ignores these.
 */
export class JsonlSideValues implements SideValues {
  readonly #context: SideValuesContext;

  constructor(context: SideValuesContext) {
    this.#context = context;
  }

  async read(name: string): Promise<string | undefined> {
    checkSideValue(name);
    await this.#context.open();
    return this.#attempt(() => this.#valueOf(name));
  }

  async storeIfAbsent(name: string, value: string): Promise<string> {
    checkSideValue(name, value);
    return this.#withLock((confirmHeld) => {
      const path = this.#pathOf(name);
      this.#removeTemporary(`${basename(path)}.`);
      return this.#valueOf(name) ?? this.#linkFirst(name, value, confirmHeld);
    });
  }

  async replace(name: string, expected: string, value: string): Promise<boolean> {
    checkSideValue(name, expected, value);
    return this.#withLock((confirmHeld) => {
      const path = this.#pathOf(name);
      this.#removeTemporary(`${basename(path)}.`);
      if (this.#valueOf(name) !== expected) return false;
      this.#withCompleteFile(path, value, (temporary) => {
        // A process that took the lock over has removed the temporary file, and nothing may be renamed without the
        // lock.
        if (!confirmHeld()) throw new Error('the lock was lost');
        keepOwner(path, temporary.fd);
        temporary.renameTo(path);
      });
      return true;
    });
  }

  /** Removes temporary files of killed processes: they may hold a token sealed with an older key. */
  async removeLeftovers(): Promise<void> {
    await this.#withLock(() => this.#removeTemporary(PREFIX));
  }

  #linkFirst(name: string, value: string, confirmHeld: () => boolean): string {
    const path = this.#pathOf(name);
    this.#withCompleteFile(path, value, (temporary) => {
      try {
        linkSync(temporary.path, path);
      } catch (error) {
        const code = errorCode(error) ?? '';
        if (WITHOUT_LINKS.has(code) && confirmHeld()) {
          // On file systems without links, the lock alone decides who is first.
          temporary.renameTo(path);
          return;
        }
        // Another process was first: its value counts.
        if (code !== 'EEXIST') throw error;
      }
    });
    const stored = this.#valueOf(name);
    if (stored !== undefined) return stored;
    throw new CacheCorruptionError(`${basename(path)}: the file was removed right after it was created; try again`);
  }

  /**
   * With the lock held, no temporary file is in use, unless a lock was stolen: then the write that uses it fails, and
   * may be repeated.
   */
  #removeTemporary(prefix: string): void {
    for (const path of temporaryPaths(this.#context.directory, prefix)) removeFile(path);
  }

  #withCompleteFile(path: string, value: string, use: (temporary: TemporaryFile) => void): void {
    const temporary = new TemporaryFile(path);
    try {
      writeFully(temporary.fd, Buffer.from(`${value}\n`), 0);
      fsyncSync(temporary.fd);
      use(temporary);
    } finally {
      temporary.close();
    }
    syncFolder(this.#context.directory);
  }

  #valueOf(name: string): string | undefined {
    const path = this.#pathOf(name);
    const text = readText(path);
    const value = text?.endsWith('\n') ? text.slice(0, -1) : text;
    if (value === undefined || isSideValue(value)) return value;
    throw new CacheCorruptionError(`${basename(path)}: the file is damaged; remove it if its value is not needed`);
  }

  #pathOf(name: string): string {
    return join(this.#context.directory, `${PREFIX}${name}.txt`);
  }

  async #withLock<T>(work: (confirmHeld: () => boolean) => T): Promise<T> {
    const { open, runExclusive } = this.#context;
    await open();
    return this.#attempt(() => runExclusive(LOCKED_SHARD, async (confirmHeld) => work(confirmHeld)));
  }

  async #attempt<T>(work: () => T | Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw storageFault('access a side value', error);
    }
  }
}

/** A file that root replaces must stay readable for the user whom it belongs to. */
function keepOwner(path: string, fd: number): void {
  try {
    const { uid, gid } = lstatSync(path);
    if (uid !== process.getuid?.()) fchownSync(fd, uid, gid);
  } catch {
    // Not permitted: the file then belongs to this user.
  }
}

/**
 * `undefined` if there is no file. A second link to the file is accepted: a killed process leaves one until the next
 * change.
 */
function readText(path: string): string | undefined {
  let fd: number;
  try {
    ({ fd } = openRegularFile(path, O_RDONLY, { what: 'side value', tier: 'JSONL tier', maxBytes: LONGEST }));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const bytes = Buffer.alloc(LONGEST);
    return bytes.toString('latin1', 0, readSync(fd, bytes, 0, LONGEST, 0));
  } finally {
    closeSync(fd);
  }
}
