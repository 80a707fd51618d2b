import { randomBytes } from 'node:crypto';
import { lstatSync, mkdirSync, rmdirSync, type Stats, utimesSync } from 'node:fs';

interface Identity {
  readonly ino: number;
  readonly birthtimeMs: number;
}

/** Beyond this a process and its file system do not share a clock. */
const SAME_CLOCK = 1000;

/**
 * The file system as proper-lockfile sees it, for one lock folder. It adds what the library lacks: mode 0700, no following of
 * symbolic links, no taking over of a lock that was refreshed since it was found stale, and no removal of a lock that a
 * rival has taken meanwhile.
 *
 * How old a lock is goes by the file system's clock, which all processes share, whatever the time of day of each one: a time
 * is translated on its way in and out. A lock that was seen unchanged for `stale` milliseconds by a clock that never
 * jumps is stale too: its time may lie in the future.
 */
export class LockFiles {
  readonly #path: string;
  readonly #stale: number;
  #own: Identity | undefined;
  /** When our own lock was last refreshed, by the clock that never jumps. */
  #refreshedAt = 0;
  /** Milliseconds by which this process is ahead of the file system. */
  #ahead: number | undefined;
  #seen = { ino: 0, mtimeMs: 0, since: 0 };

  constructor(path: string, stale: number) {
    this.#path = path;
    this.#stale = stale;
  }

  /** True if the folder is the one we made, and was refreshed so lately that nobody may take it for abandoned. */
  isOurs(): boolean {
    const found = this.#found();
    if (found === undefined || !this.#isOwn(found)) return false;
    return this.#age(found) < this.#stale / 2 && performance.now() - this.#refreshedAt < this.#stale / 2;
  }

  /** True if the folder is the one we made. */
  isThere(): boolean {
    const found = this.#found();
    return found !== undefined && this.#isOwn(found);
  }

  disclaim(): void {
    this.#own = undefined;
  }

  // What the library calls.

  readonly mkdirSync = (path: string): void => {
    mkdirSync(path, 0o700);
    const found = lstatSync(path);
    this.#own = { ino: found.ino, birthtimeMs: found.birthtimeMs };
    this.#ahead = aheadOf(found);
    this.#refreshedAt = performance.now();
  };
  readonly statSync = (path: string): { readonly mtime: Date } => {
    const found = lstatSync(path);
    if (this.#isOwn(found)) return { mtime: new Date(found.mtime.getTime() + (this.#ahead ?? 0)) };
    return { mtime: new Date(this.#isStale(found) ? 0 : Date.now()) };
  };
  readonly utimesSync = (path: string, accessed: Date, modified: Date): void => {
    const ahead = this.#ahead ?? 0;
    utimesSync(path, new Date(accessed.getTime() - ahead), new Date(modified.getTime() - ahead));
    this.#refreshedAt = performance.now();
  };
  readonly realpathSync = (path: string): string => path;
  readonly rmdirSync = (path: string): void => {
    const found = this.#found();
    if (found === undefined) return;
    if (this.#own !== undefined) {
      if (this.#isOwn(found)) rmdirSync(path);
      return;
    }
    if (!this.#isStale(found)) throw Object.assign(new Error('the lock was taken by another'), { code: 'ELOCKED' });
    rmdirSync(path);
  };

  #found(): Stats | undefined {
    return lstatSync(this.#path, { throwIfNoEntry: false });
  }

  #isOwn(found: Stats): boolean {
    return this.#own !== undefined && found.ino === this.#own.ino && found.birthtimeMs === this.#own.birthtimeMs;
  }

  #age(found: Stats): number {
    return Date.now() - (this.#ahead ?? 0) - found.mtimeMs;
  }

  #isStale(found: Stats): boolean {
    const now = performance.now();
    const { ino, mtimeMs, since } = this.#seen;
    if (ino !== found.ino || mtimeMs !== found.mtimeMs)
      this.#seen = { ino: found.ino, mtimeMs: found.mtimeMs, since: now };
    else if (now - since > this.#stale) return true;
    if (this.#age(found) <= this.#stale) return false;
    // It looks old; but is that the lock, or our clock?
    this.#ahead = this.#measureAhead();
    return this.#age(found) > this.#stale;
  }

  #measureAhead(): number {
    const probe = `${this.#path}.${randomBytes(6).toString('hex')}`;
    mkdirSync(probe, 0o700);
    try {
      return aheadOf(lstatSync(probe));
    } finally {
      rmdirSync(probe);
    }
  }
}

/** By how much our clock is ahead of the one that gave a new folder its time; whole milliseconds. */
function aheadOf(made: Stats): number {
  const ahead = Date.now() - made.mtime.getTime();
  return Math.abs(ahead) < SAME_CLOCK ? 0 : ahead;
}
