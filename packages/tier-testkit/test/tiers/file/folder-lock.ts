import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * A lock of a folder, for processes that may die with it. Its owner has a folder with one file, which bears the owner's name;
 * while it lies at the common path, no other can be moved there. A dead owner's file is removed by its name, never a rival's,
 * and an empty folder gives way.
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

  /** False while somebody has it. */
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

  /** None when it was given back meanwhile. */
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
