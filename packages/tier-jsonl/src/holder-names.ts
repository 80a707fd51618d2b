import { randomBytes } from 'node:crypto';
import { closeSync, constants, lstatSync, openSync, readdirSync, readSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { certainIdentity, hasEnded, type ProcessIdentity, runAtExit } from '@pw/cache-models';
import { openSecurely } from './secure-open.ts';

const { O_CREAT, O_EXCL, O_NOFOLLOW = 0, O_NONBLOCK = 0, O_RDONLY, O_WRONLY } = constants;
const NAME = /^pw-holder\.([0-9a-f]{8})\.(\d+)\.(\d+)\.[0-9a-f]{12}$/;
/** Milliseconds without a lock taken, after which a name goes that cannot be judged: of another boot, machine or container. */
const FORGOTTEN = 24 * 60 * 60 * 1000;
/** Bytes of one shard's line: two numbers, blanks and a newline. */
const WIDTH = 48;

/** What tells a lock folder from every other one that ever stood at its path. */
export interface FolderIdentity {
  readonly ino: number;
  /** Epoch milliseconds, with a fraction; 0 where the file system knows none. */
  readonly birthtimeMs: number;
}

/**
 * Names the holders of lock folders in files beside them, so that the lock of a process that has ended need not be waited for. One
 * file a tier, `pw-holder.…`, mode 0600: its name says which process that is, and its line N which folder that process
 * made last for shard N. A lock is believed to be its only while the folder is that very one.
 *
 * Naming costs one write of 48 bytes. What cannot be told, such as whether a process of another container runs, is left open:
 * such a lock goes by its age.
 */
export class HolderNames {
  readonly #directory: string;
  #own: { readonly path: string; readonly fd: number; readonly notAtExit: () => void } | undefined;
  /** False once it is closed, or if this system does not tell who we are. */
  #canName = true;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Says that we hold a lock. Never throws: a lock without a name is as good, for us. */
  claim(shard: number, folder: FolderIdentity): void {
    if (!this.#canName) return;
    try {
      this.#own ??= this.#makeOwn();
      if (this.#own === undefined) this.#canName = false;
      else writeSync(this.#own.fd, lineOf(folder), shard * WIDTH, 'latin1');
    } catch {
      // A full disk, or a folder that cannot be written.
    }
  }

  /** True if the process that made a lock folder has ended for sure. */
  isDead(shard: number, folder: FolderIdentity): boolean {
    // Nobody can tell folders apart that have no time of birth.
    if (!(folder.birthtimeMs > 0) || certainIdentity() === undefined) return false;
    try {
      const claims = this.#others().filter(({ path }) => lineIn(path, shard) === lineOf(folder));
      return claims.length > 0 && claims.every(({ process }) => hasEnded(process));
    } catch {
      return false;
    }
  }

  /** Removes the files of processes that have ended, once their locks are gone, and of those that were not heard of for a day. Never throws. */
  sweep(): void {
    try {
      const canTell = certainIdentity() !== undefined;
      for (const { path, process } of this.#others())
        if ((canTell && hasEnded(process)) || isForgotten(path)) rmSync(path, { force: true });
    } catch {
      // A folder that cannot be read or written.
    }
  }

  close(): void {
    this.#canName = false;
    const own = this.#own;
    this.#own = undefined;
    if (own === undefined) return;
    own.notAtExit();
    closeSync(own.fd);
    remove(own.path);
  }

  #makeOwn() {
    const own = certainIdentity();
    if (own === undefined) return undefined;
    const name = `pw-holder.${own.space}.${own.pid}.${own.start}.${randomBytes(6).toString('hex')}`;
    const path = join(this.#directory, name);
    const fd = openSecurely(path, O_WRONLY | O_CREAT | O_EXCL);
    return { path, fd, notAtExit: runAtExit(() => remove(path)) };
  }

  #others(): { readonly path: string; readonly process: ProcessIdentity }[] {
    return readdirSync(this.#directory).flatMap((name) => {
      const [, space, pid, start] = NAME.exec(name) ?? [];
      if (space === undefined) return [];
      return [{ path: join(this.#directory, name), process: { space, pid: Number(pid), start: Number(start) } }];
    });
  }
}

function lineOf({ ino, birthtimeMs }: FolderIdentity): string {
  return `${`${ino} ${birthtimeMs}`.padEnd(WIDTH - 1)}\n`;
}

function lineIn(path: string, shard: number): string | undefined {
  let fd: number;
  try {
    fd = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch {
    return undefined;
  }
  try {
    const line = Buffer.alloc(WIDTH);
    return readSync(fd, line, 0, WIDTH, shard * WIDTH) === WIDTH ? line.toString('latin1') : undefined;
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
