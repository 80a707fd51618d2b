import { lstatSync, mkdirSync, rmdirSync, type Stats, utimesSync } from 'node:fs';

interface Identity {
  readonly ino: number;
  readonly birthtimeMs: number;
}

/**
 * The file system as proper-lockfile sees it, for one lock folder. It adds what the library lacks: mode 0700, no following of
 * symbolic links, no taking over of a lock that was refreshed since it was found stale, and no removal of a lock that a
 * rival has taken meanwhile.
 */
export class LockFiles {
  readonly #path: string;
  readonly #stale: number;
  #own: Identity | undefined;

  constructor(path: string, stale: number) {
    this.#path = path;
    this.#stale = stale;
  }

  /** Remembers the folder that is there now as ours. */
  claim(): void {
    const { ino, birthtimeMs } = lstatSync(this.#path);
    this.#own = { ino, birthtimeMs };
  }

  /** True if the folder is the one we made, and was refreshed so lately that nobody may take it for abandoned. */
  isOurs(): boolean {
    const found = this.#found();
    return found !== undefined && this.#isOwn(found) && Date.now() - found.mtimeMs < this.#stale / 2;
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
  };
  readonly statSync = (path: string): Stats => lstatSync(path);
  readonly utimesSync = utimesSync;
  readonly realpathSync = (path: string): string => path;
  readonly rmdirSync = (path: string): void => {
    const found = this.#found();
    if (found === undefined) return;
    if (this.#own !== undefined) {
      if (this.#isOwn(found)) rmdirSync(path);
      return;
    }
    if (Date.now() - found.mtimeMs <= this.#stale)
      throw Object.assign(new Error('the lock was taken by another'), { code: 'ELOCKED' });
    rmdirSync(path);
  };

  #found(): Stats | undefined {
    return lstatSync(this.#path, { throwIfNoEntry: false });
  }

  #isOwn(found: Stats): boolean {
    return this.#own !== undefined && found.ino === this.#own.ino && found.birthtimeMs === this.#own.birthtimeMs;
  }
}
