import { randomBytes } from 'node:crypto';
import { closeSync, constants, fstatSync, lstatSync, readdirSync, readSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { certainIdentity, hasEnded, type ProcessIdentity, runAtExit } from '@pw/cache-models';
import { openFile } from '../files/open-file.ts';
import { removeFile } from '../files/remove-file.ts';

const { O_CREAT, O_EXCL, O_RDONLY, O_WRONLY } = constants;
const NAME = /^pw-holder\.([0-9a-f]{8})\.(\d+)\.(\d+)\.[0-9a-f]{12}$/;
/** Milliseconds without a lock taken, after which a name goes that cannot be judged: of another boot, machine or container. */
const FORGOTTEN = 24 * 60 * 60 * 1000;
/** Bytes of one shard's line: two numbers or a word, blanks and a newline. */
/** Files that an opening looks at, a few milliseconds' work: there may be any number, and it stands still meanwhile. */
const CHECKED_AT_ONCE = 200;
const WIDTH = 48;
const TAKING = lineWith('taking');
const NOTHING = lineWith('-');

/** What tells a lock folder from every other one that ever stood at its path. */
export interface FolderIdentity {
  readonly ino: number;
  /** Epoch milliseconds, with a fraction; 0 where the file system knows none. */
  readonly birthtimeMs: number;
}

/**
 * Names the holders of lock folders in files beside them, so that the lock of a process that has ended need not be waited for. One
 * file a tier, `pw-holder.…`, mode 0600: its name says which process that is, and its line N which folder that process
 * made last for shard N, or that it is about to make one. A lock is believed to be its only while the folder is that very one.
 * One that nobody says to have made is that of a process which died, or was stopped, between the making and the saying: it is a dead one's
 * if everybody who was about to make one has ended, and one of them entries so before the folder was made.
 *
 * Naming costs two writes of 48 bytes. What cannot be told, such as whether a process of another container runs, is left open:
 * such a lock goes by its age.
 */
export class HolderNames {
  readonly #directory: string;
  #own: { readonly path: string; readonly fd: number; readonly cancelExitHandler: () => void } | undefined;
  /** False once it is closed, or if this system does not tell who we are. */
  #canName = true;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Says that we are about to make a lock folder; `took` or `didNotTake` follows. Never throws: a lock without a name is as good, for us. */
  willTake(shard: number): void {
    this.#write(shard, TAKING);
  }

  /** Says that we hold a lock. Never throws. */
  took(shard: number, folder: FolderIdentity): void {
    this.#write(shard, lineOf(folder));
  }

  /** Takes back what `willTake` entries. Never throws. */
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

  /** True if the process that made a lock folder has ended for sure. */
  isDead(shard: number, folder: FolderIdentity): boolean {
    // Nobody can tell folders apart that have no time of birth.
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

  /** Removes the files of processes that have ended, once their locks are gone, and of those that were not heard of for a day: some, and others at the next opening. Never throws. */
  removeStale(): void {
    try {
      const canTell = certainIdentity() !== undefined;
      const holders = this.#holders();
      // From anywhere on: the first ones may be of those that stay.
      const from = Math.floor(Math.random() * holders.length);
      for (const { path, process } of [...holders.slice(from), ...holders.slice(0, from)].slice(0, CHECKED_AT_ONCE))
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

/** The line of a shard, and when something was entries last. */
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
  return found !== undefined && Date.now() - found.mtimeMs > FORGOTTEN;
}

function remove(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // The next opening sees that its process has ended.
  }
}
