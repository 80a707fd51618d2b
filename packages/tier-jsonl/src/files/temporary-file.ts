import { closeSync, constants, renameSync, rmSync } from 'node:fs';
import { openFile } from './open-file.ts';
import { temporaryName } from './temporary-name.ts';

const { O_CREAT, O_EXCL, O_WRONLY } = constants;

/**
 * A new file under a temporary name, beside the file that it will replace. `close` removes it unless it was renamed
 * before, so a crash leaves the old file, the new one, or a temporary file that the next opening removes.
 */
export class TemporaryFile {
  readonly path: string;
  readonly fd: number;
  #isRenamed = false;

  /** `access`: how the file is opened, such as `O_RDWR`. Throws the system's error. */
  constructor(target: string, access = O_WRONLY) {
    this.path = temporaryName(target);
    this.fd = openFile(this.path, access | O_CREAT | O_EXCL);
  }

  /**
   * Gives the file its final name. Throws the system's error: `ENOENT` if another process has removed the temporary
   * file.
   */
  renameTo(target: string): void {
    renameSync(this.path, target);
    this.#isRenamed = true;
  }

  close(): void {
    closeSync(this.fd);
    if (!this.#isRenamed) rmSync(this.path, { force: true });
  }
}
