import { unlinkSync } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { runAtExit } from '@pw/cache-models';
import { Concealment } from './concealment.ts';
import { removeLeftovers, temporaryName } from './leftovers.ts';

/**
 * A file that appears whole or not at all: written beside its place under another name, flushed, then renamed over it. It is readable by
 * its owner alone from its first byte, whatever the umask. A symlink at the place is replaced, not followed.
 *
 * A `concealed` file holds nothing readable until it is complete; then it is decrypted, flushed and renamed. A process that is killed
 * between those steps leaves a readable file under the temporary name; the next export to the folder removes it.
 */
export class AtomicFile {
  readonly #path: string;
  readonly #temporary: string;
  readonly #handle: FileHandle;
  readonly #concealment: Concealment | undefined;
  readonly #notAtExit: () => void;
  #done = false;

  private constructor(
    path: string,
    temporary: string,
    handle: FileHandle,
    notAtExit: () => void,
    concealment: Concealment | undefined,
  ) {
    this.#path = path;
    this.#temporary = temporary;
    this.#handle = handle;
    this.#notAtExit = notAtExit;
    this.#concealment = concealment;
  }

  static async create(path: string, { concealed }: { readonly concealed: boolean }): Promise<AtomicFile> {
    const folder = dirname(path);
    await removeLeftovers(folder);
    const temporary = join(folder, temporaryName());
    const notAtExit = runAtExit(() => unlinkSync(temporary));
    let handle: FileHandle | undefined;
    try {
      // It must be new: nothing that was put in its place is followed or written.
      handle = await open(temporary, 'wx+', 0o600);
      // A umask may have taken rights away, and never adds any.
      await handle.chmod(0o600);
      return new AtomicFile(path, temporary, handle, notAtExit, concealed ? new Concealment() : undefined);
    } catch (error) {
      notAtExit();
      await handle?.close();
      if (handle !== undefined) await rm(temporary, { force: true });
      throw error;
    }
  }

  async append(text: string): Promise<void> {
    await this.#handle.appendFile(this.#concealment?.conceal(text) ?? text);
  }

  /** Puts the file in its place; when this returns, it is there after a power cut too. Throws the signal's reason before it is in its place. */
  async commit(signal?: AbortSignal): Promise<void> {
    await this.#handle.sync();
    signal?.throwIfAborted();
    if (this.#concealment !== undefined) {
      await this.#concealment.reveal(this.#handle, signal);
      // Its size and blocks are on the disk already, so that only bytes are left to flush while they can be read.
      await this.#handle.datasync();
      signal?.throwIfAborted();
    }
    await rename(this.#temporary, this.#path);
    this.#done = true;
    await syncFolder(dirname(this.#path));
  }

  /** Closes the file, and leaves nothing behind unless it was committed. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close().catch(() => {});
    if (!this.#done) await rm(this.#temporary, { force: true });
    this.#notAtExit();
  }
}

async function syncFolder(folder: string): Promise<void> {
  // Windows cannot open a folder, and needs no flush of one.
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
