import { closeSync, constants, fsyncSync, linkSync, readSync } from 'node:fs';
import { basename, join } from 'node:path';
import {
  CacheCorruptionError,
  checkSideValue,
  isSideValue,
  MAX_SIDE_VALUE,
  openRegularFile,
  type SideValues,
  syncFolder,
} from '@pw/cache-models';
import { temporaryPaths } from './files/list-names.ts';
import { removeFile } from './files/remove-file.ts';
import { errorCode, storageFault } from './files/storage-fault.ts';
import { TemporaryFile } from './files/temporary-file.ts';
import { writeFully } from './files/write-fully.ts';

const { O_RDONLY } = constants;
/** A value and its line end. */
const LONGEST = MAX_SIDE_VALUE + 1;
const PREFIX = 'pw-side-';
const WITHOUT_LINKS: ReadonlySet<string> = new Set(['EPERM', 'EACCES', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);
/** Whose lock a change is made under: every directory has this shard. */
const LOCKED_SHARD = 0;

/** What the values beside the shards need of their tier. */
export interface SideValuesContext {
  readonly directory: string;
  /** Opens the tier; rejects while it is off. */
  readonly open: () => Promise<void>;
  /** Runs work with the lock of a shard held. */
  readonly runExclusive: <T>(shard: number, work: (confirmHeld: () => boolean) => Promise<T>) => Promise<T>;
}

/**
 * Values beside the entries, each in a file of its own beside the shards, one line of text. Both ways to write one first make the whole file, flushed, under
 * another name: to be the first it is linked into place, which fails where there is a file, whoever's lock was stolen; to replace one it is renamed.
 * Files of other names are passed over by ProxyWhirl, which reads shards alone.
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
        // Whoever took the lock meanwhile has removed what was to be renamed; and nobody renames without the lock.
        if (!confirmHeld()) throw new Error('the lock was lost');
        temporary.renameTo(path);
      });
      return true;
    });
  }

  /** Removes what kills have left of any value: it may hold a token of an older key. */
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
          // Some file systems have no links; there the lock alone tells who is first.
          temporary.renameTo(path);
          return;
        }
        // Somebody was first: theirs is the value.
        if (code !== 'EEXIST') throw error;
      }
    });
    const stored = this.#valueOf(name);
    if (stored !== undefined) return stored;
    throw new CacheCorruptionError(`${basename(path)}: it was removed as soon as it was made`);
  }

  /** Under the lock nobody is about to use them, unless a lock was stolen: then that one fails, and may try again. */
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
    throw new CacheCorruptionError(`${basename(path)}: the file is damaged; remove it if it is not needed`);
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
      throw storageFault('keep a value beside the entries', error);
    }
  }
}

/** `undefined` if there is no file. One with a second name is no reason to refuse it: a kill leaves that until the next change. */
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
