import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * A lock on a folder that survives the death of its owner. Each contender has its own folder with one file, named after
 * it, and takes the lock by moving its folder to the common path; while it is there, no other folder can be moved
 * there. The file of a dead owner is removed by its exact name, never that of another contender, and the empty folder
 * that is left can be replaced.
 */
export class FolderLock {
  readonly #own: string;
  readonly #common: string;

  constructor(directory: string) {
    const owner = `${process.pid}.${randomUUID()}`;
    this.#common = join(directory, 'lock');
    this.#own = `${this.#common}.${owner}`;
    mkdirSync(this.#own, { recursive: true });
    writeFileSync(join(this.#own, owner), '');
  }

  /** False while another owner has the lock. */
  take(): boolean {
    try {
      renameSync(this.#own, this.#common);
      return true;
    } catch (error) {
      if (!['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code!)) throw error;
    }
    for (const owner of this.#owners()) if (!isAlive(owner)) rmSync(join(this.#common, owner), { force: true });
    return false;
  }

  /** Empty if the lock was released meanwhile. */
  #owners(): string[] {
    try {
      return readdirSync(this.#common);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  }

  release(): void {
    renameSync(this.#common, this.#own);
  }

  remove(): void {
    rmSync(this.#own, { recursive: true, force: true });
  }
}

function isAlive(owner: string): boolean {
  try {
    return process.kill(Number.parseInt(owner, 10), 0);
  } catch {
    return false;
  }
}
