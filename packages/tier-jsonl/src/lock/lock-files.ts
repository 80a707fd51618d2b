import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  lstatSync,
  mkdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  type Stats,
  unlinkSync,
  utimesSync,
} from 'node:fs';
import { join } from 'node:path';
import { errorCode, unsafePath } from '@pw/cache-models/tier';
import { listNames } from '../files/list-names.ts';
import { openFile } from '../files/open-file.ts';
import type { FolderIdentity } from './holder-names.ts';

const { O_CREAT, O_EXCL, O_WRONLY } = constants;

/** A larger difference means that the process and its file system have different clocks. */
const SAME_CLOCK = 1000;
/** Milliseconds for which a lock must be unchanged before its holder is looked up, and between two lookups. */
const LOOK_UP_AFTER = 50;

/** Records and looks up the holders of locks; see `HolderNames`. */
export interface LockHolders {
  willTake(): void;
  took(folder: FolderIdentity): void;
  didNotTake(): void;
  isDead(folder: FolderIdentity): boolean;
}

/**
 * The file system as proper-lockfile sees it, for one lock folder. Adds what the library lacks: mode 0700, no following
 * of symbolic links, names of holders, no takeover of a lock that was refreshed after it was found stale, and no
 * removal of a lock that a rival has taken.
 *
 * A lock that is taken over never disappears in between: our folder replaces the abandoned one atomically. It contains
 * a file, so that a latecomer (a holder that was frozen just before releasing, another process taking over) can neither
 * remove nor replace it. All other locks are empty folders.
 *
 * The age of a lock is measured by the clock of the file system, which all processes share, whatever their own clocks
 * show: times are translated on their way in and out. A lock that was seen unchanged for `stale` milliseconds of a
 * monotonic clock is stale too, as its time may lie in the future.
 */
export class LockFiles {
  readonly #path: string;
  readonly #stale: number;
  readonly #holders: LockHolders;
  #own: FolderIdentity | undefined;
  /** The file in our own folder, if we took it over. */
  #token: string | undefined;
  /** Names in the abandoned folder that the next `mkdirSync` replaces. */
  #replacing: readonly string[] | undefined;
  #staysInPlace = false;
  /** When our own lock was last refreshed, on the monotonic clock. */
  #refreshedAt = 0;
  /** Milliseconds by which this process is ahead of the file system. */
  #ahead: number | undefined;
  #seen = { ino: 0, mtimeMs: 0, since: 0 };
  /** The last lookup of a holder: of which lock, when, and its result. */
  #lookup = { ino: 0, birthtimeMs: 0, at: Number.NEGATIVE_INFINITY, isDead: false };

  constructor(path: string, stale: number, holders: LockHolders) {
    this.#path = path;
    this.#stale = stale;
    this.#holders = holders;
  }

  /**
   * True if the folder is the one we made, and was refreshed so recently that no process may consider it abandoned.
   */
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

  /** True if we took the lock over from a holder that did not release it. */
  get isTakenOver(): boolean {
    return this.#token !== undefined;
  }

  /** True if there is a lock whose holder has certainly ended. */
  isOrphan(): boolean {
    const found = this.#found();
    return found?.isDirectory() === true && !this.#isOwn(found) && this.#checkDead(found, 0);
  }

  disclaim(): void {
    this.#own = undefined;
    this.#token = undefined;
    this.#replacing = undefined;
    this.#staysInPlace = false;
  }

  /** Leaves our own folder in place when the lock is released. */
  leaveInPlace(): void {
    this.disclaim();
    this.#staysInPlace = true;
  }

  /** Removes our own folder, never that of another process. Throws the system's error. */
  remove(): void {
    if (!this.isThere()) return;
    if (this.#token !== undefined) unlinkSync(join(this.#path, this.#token));
    rmdirSync(this.#path);
  }

  // Called by the library.

  readonly mkdirSync = (path: string): void => {
    const replacing = this.#replacing;
    this.disclaim();
    const began = performance.now();
    const found = replacing === undefined ? this.#make(path) : this.#failIfPaused(() => this.#replace(path, replacing));
    this.#own = { ino: found.ino, birthtimeMs: found.birthtimeMs };
    this.#ahead = aheadOf(found);
    this.#refreshedAt = began;
  };
  readonly statSync = (path: string): { readonly mtime: Date } => {
    const found = lstatSync(path);
    if (!found.isDirectory())
      throw unsafePath({ path, what: 'lock', problem: 'is not a folder; remove it', tier: 'JSONL tier' });
    if (this.#isOwn(found)) return { mtime: new Date(found.mtime.getTime() + (this.#ahead ?? 0)) };
    return { mtime: new Date(this.#checkAbandoned(found) ? 0 : Date.now()) };
  };
  readonly utimesSync = (path: string, accessed: Date, modified: Date): void => {
    const ahead = this.#ahead ?? 0;
    const began = performance.now();
    utimesSync(path, new Date(accessed.getTime() - ahead), new Date(modified.getTime() - ahead));
    this.#refreshedAt = began;
  };
  readonly realpathSync = (path: string): string => path;
  readonly rmdirSync = (path: string): void => {
    if (this.#staysInPlace) return;
    if (this.#own !== undefined) {
      this.remove();
      return;
    }
    // Listed first: names in the folder of a later holder must stay.
    const names = listNames(path);
    const found = this.#found();
    if (found !== undefined && !this.#checkAbandoned(found))
      throw Object.assign(new Error('the lock was taken by another process'), { code: 'ELOCKED' });
    this.#replacing = found === undefined ? undefined : names;
  };

  /** Makes our own folder and returns its stats. */
  #make(path: string): Stats {
    this.#holders.willTake();
    try {
      const made = this.#failIfPaused(() => {
        mkdirSync(path, 0o700);
        return lstatSync(path);
      });
      this.#holders.took(made);
      return made;
    } catch (error) {
      this.#holders.didNotTake();
      throw error;
    }
  }

  /**
   * Throws if the process was stopped during `work` for long: the folder may then belong to a process that took ours
   * over.
   */
  #failIfPaused<T>(work: () => T): T {
    const wall = Date.now();
    const began = performance.now();
    const result = work();
    if (Date.now() - wall <= this.#stale / 2 && performance.now() - began <= this.#stale / 2) return result;
    this.disclaim();
    throw Object.assign(new Error('the lock may have been taken by another process'), { code: 'ELOCKED' });
  }

  /** Replaces an abandoned folder by one of our own, and returns its stats. */
  #replace(path: string, names: readonly string[]): Stats {
    const token = randomBytes(6).toString('hex');
    const temporary = `${path}.${token}`;
    mkdirSync(temporary, 0o700);
    try {
      closeSync(openFile(join(temporary, token), O_WRONLY | O_CREAT | O_EXCL));
      const made = lstatSync(temporary);
      this.#holders.took(made);
      for (const name of names) rmSync(join(path, name), { recursive: true, force: true });
      // On Windows, a folder cannot replace an empty folder.
      if (process.platform === 'win32') rmdirSync(path);
      renameSync(temporary, path);
      this.#token = token;
      return made;
    } catch (error) {
      rmSync(temporary, { recursive: true, force: true });
      // Another process was first.
      if (errorCode(error) === 'ENOTEMPTY') throw Object.assign(error as Error, { code: 'EEXIST' });
      throw error;
    }
  }

  #found(): Stats | undefined {
    return lstatSync(this.#path, { throwIfNoEntry: false });
  }

  #isOwn(found: Stats): boolean {
    return this.#own !== undefined && found.ino === this.#own.ino && found.birthtimeMs === this.#own.birthtimeMs;
  }

  #age(found: Stats): number {
    return Date.now() - (this.#ahead ?? 0) - found.mtimeMs;
  }

  /** True if the lock was not refreshed in time, or its holder has ended. */
  #checkAbandoned(found: Stats): boolean {
    return this.#checkStale(found) || this.#checkDead(found, LOOK_UP_AFTER);
  }

  #checkStale(found: Stats): boolean {
    const now = performance.now();
    const { ino, mtimeMs, since } = this.#seen;
    if (ino !== found.ino || mtimeMs !== found.mtimeMs)
      this.#seen = { ino: found.ino, mtimeMs: found.mtimeMs, since: now };
    else if (now - since > this.#stale) return true;
    if (this.#age(found) <= this.#stale) return false;
    // It looks old, but our clock may be wrong.
    this.#ahead = this.#measureAhead();
    return this.#age(found) > this.#stale;
  }

  #checkDead({ ino, birthtimeMs }: Stats, after: number): boolean {
    const now = performance.now();
    const { isDead, at } = this.#lookup;
    const isSame = this.#lookup.ino === ino && this.#lookup.birthtimeMs === birthtimeMs;
    if (isSame && isDead) return true;
    if (after > 0 && (now - this.#seen.since < after || (isSame && now - at < after))) return false;
    this.#lookup = { ino, birthtimeMs, at: now, isDead: this.#holders.isDead({ ino, birthtimeMs }) };
    return this.#lookup.isDead;
  }

  #measureAhead(): number {
    const probe = `${this.#path}.${randomBytes(6).toString('hex')}`;
    mkdirSync(probe, 0o700);
    try {
      return aheadOf(lstatSync(probe));
    } finally {
      // A cleanup may have removed it first.
      rmSync(probe, { recursive: true, force: true });
    }
  }
}

/** Milliseconds by which our clock is ahead of the one that timed a new folder. */
function aheadOf(made: Stats): number {
  const ahead = Date.now() - made.mtime.getTime();
  return Math.abs(ahead) < SAME_CLOCK ? 0 : ahead;
}
