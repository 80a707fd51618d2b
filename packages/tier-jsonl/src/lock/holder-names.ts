import { randomBytes } from 'node:crypto';
import { closeSync, constants, fstatSync, lstatSync, readdirSync, readSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { certainIdentity, hasEnded, type ProcessIdentity, runAtExit } from '@pw/cache-models/tier';
import { openFile } from '../files/open-file.ts';
import { removeFile } from '../files/remove-file.ts';

const { O_CREAT, O_EXCL, O_RDONLY, O_WRONLY } = constants;
const NAME = /^pw-holder\.([0-9a-f]{8})\.(\d+)\.(\d+)\.[0-9a-f]{12}$/;
/**
 * Milliseconds without a lock after which the file of a process that cannot be checked (other boot, machine or
 * container) is removed.
 */
const UNKNOWN_HOLDER_MAX_AGE = 24 * 60 * 60 * 1000;
/**
 * Files that one opening checks, which takes a few milliseconds. There may be any number, and checking blocks the event
 * loop.
 */
const CHECKED_PER_OPENING = 200;
/** Bytes per shard: two numbers or a word, spaces and a newline. */
const WIDTH = 48;
const TAKING = lineWith('taking');
const NOTHING = lineWith('-');

/** Distinguishes a lock folder from every other one that ever had its path. */
export interface FolderIdentity {
  readonly ino: number;
  /** Epoch milliseconds, with a fraction; 0 if the file system does not record it. */
  readonly birthtimeMs: number;
}

/**
 * Names the holders of lock folders in files beside them, so that no process has to wait for the lock of a process that
 * has ended. Each tier has one file, `pw-holder.…`, mode 0600: its name identifies the process, and its line N
 * identifies the folder that the process last made for shard N, or announces that it is about to make one. A lock is
 * attributed to a process only while it is exactly that folder.
 *
 * A folder that is not named in any file was made by a process that died, or was stopped, between making it and naming
 * it. It counts as dead if every process that was about to make one has ended, and one of them had announced it before
 * the folder was made.
 *
 * Naming costs two writes of 48 bytes. If it cannot be determined whether the holder still runs, for example in another
 * container, the lock expires by its age.
 */
export class HolderNames {
  readonly #directory: string;
  #own: { readonly path: string; readonly fd: number; readonly cancelExitHandler: () => void } | undefined;
  /** False once closed, or if this system cannot identify processes. */
  #canName = true;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /**
   * Announces that we are about to make a lock folder; `took` or `didNotTake` follows. Never throws: a lock without a
   * name works just as well for us.
   */
  willTake(shard: number): void {
    this.#write(shard, TAKING);
  }

  /** Records that we hold a lock. Never throws. */
  took(shard: number, folder: FolderIdentity): void {
    this.#write(shard, lineOf(folder));
  }

  /** Withdraws the announcement of `willTake`. Never throws. */
  didNotTake(shard: number): void {
    this.#write(shard, NOTHING);
  }

  #write(shard: number, line: string): void {
    if (!this.#canName) return;
    try {
      this.#own ??= this.#makeOwn();
      if (this.#own === undefined) this.#canName = false;
      else writeSync(this.#own.fd, line, shard * WIDTH, 'latin1');
    } catch {
      // A full disk, or a folder that cannot be written.
    }
  }

  /** True if the process that made a lock folder has certainly ended. */
  isDead(shard: number, folder: FolderIdentity): boolean {
    // Without birth times folders cannot be distinguished.
    if (!(folder.birthtimeMs > 0) || certainIdentity() === undefined) return false;
    try {
      const entries = this.#holders().map(({ path, process }) => ({ process, ...lastEntry(path, shard) }));
      const makers = entries.filter(({ line }) => line === lineOf(folder));
      if (makers.length > 0) return makers.every(({ process }) => hasEnded(process));
      const taking = entries.filter(({ line }) => line === TAKING);
      return (
        taking.some(({ mtimeMs }) => mtimeMs <= folder.birthtimeMs) && taking.every(({ process }) => hasEnded(process))
      );
    } catch {
      return false;
    }
  }

  /**
   * Removes the files of processes that have ended, and of unknown ones that were silent for a day; a limited number
   * per opening. Never throws.
   */
  removeStale(): void {
    try {
      const canTell = certainIdentity() !== undefined;
      const holders = this.#holders();
      // Starts at a random file, since the first ones may all be in use.
      const from = Math.floor(Math.random() * holders.length);
      for (const { path, process } of [...holders.slice(from), ...holders.slice(0, from)].slice(0, CHECKED_PER_OPENING))
        if ((canTell && hasEnded(process)) || isForgotten(path)) removeFile(path);
    } catch {
      // A folder that cannot be read or written.
    }
  }

  close(): void {
    this.#canName = false;
    const own = this.#own;
    this.#own = undefined;
    if (own === undefined) return;
    own.cancelExitHandler();
    closeSync(own.fd);
    remove(own.path);
  }

  #makeOwn() {
    const own = certainIdentity();
    if (own === undefined) return undefined;
    const name = `pw-holder.${own.space}.${own.pid}.${own.start}.${randomBytes(6).toString('hex')}`;
    const path = join(this.#directory, name);
    const fd = openFile(path, O_WRONLY | O_CREAT | O_EXCL);
    return { path, fd, cancelExitHandler: runAtExit(() => remove(path)) };
  }

  #holders(): { readonly path: string; readonly process: ProcessIdentity }[] {
    return readdirSync(this.#directory).flatMap((name) => {
      const [, space, pid, start] = NAME.exec(name) ?? [];
      if (space === undefined) return [];
      return [{ path: join(this.#directory, name), process: { space, pid: Number(pid), start: Number(start) } }];
    });
  }
}

function lineOf({ ino, birthtimeMs }: FolderIdentity): string {
  return lineWith(`${ino} ${birthtimeMs}`);
}

function lineWith(text: string): string {
  return `${text.padEnd(WIDTH - 1)}\n`;
}

/** The line of a shard, and when the file was last written. */
function lastEntry(path: string, shard: number): { readonly line?: string; readonly mtimeMs: number } {
  let fd: number;
  try {
    fd = openFile(path, O_RDONLY, 'holder file');
  } catch {
    return { mtimeMs: Number.NaN };
  }
  try {
    const line = Buffer.alloc(WIDTH);
    const isWhole = readSync(fd, line, 0, WIDTH, shard * WIDTH) === WIDTH;
    const { mtimeMs } = fstatSync(fd);
    return isWhole ? { line: line.toString('latin1'), mtimeMs } : { mtimeMs };
  } finally {
    closeSync(fd);
  }
}

function isForgotten(path: string): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  return found !== undefined && Date.now() - found.mtimeMs > UNKNOWN_HOLDER_MAX_AGE;
}

function remove(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // The next opening finds that its process has ended.
  }
}
