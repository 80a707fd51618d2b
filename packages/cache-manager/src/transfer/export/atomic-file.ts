import { unlinkSync } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { runAtExit } from '@pw/cache-models/tier';
import { Concealment } from './concealment.ts';
import { removeLeftovers, temporaryName } from './leftovers.ts';

/**
 * A file that appears complete or not at all: it is written to the target's folder under a temporary name, flushed,
 * then renamed to the target. Only its owner can read it, from the first byte on, whatever the umask is. A symlink at
 * the target is replaced, not followed.
 *
 * A `concealed` file is encrypted until it is complete; then it is decrypted, flushed and renamed. A process killed
 * between these steps leaves a readable file under the temporary name, which the next export to the folder removes.
 */
export class AtomicFile {
  readonly #path: string;
  readonly #temporary: string;
  readonly #handle: FileHandle;
  readonly #concealment: Concealment | undefined;
  readonly #cancelExitHandler: () => void;
  #done = false;

  private constructor(
    path: string,
    temporary: string,
    handle: FileHandle,
    cancelExitHandler: () => void,
    concealment: Concealment | undefined,
  ) {
    this.#path = path;
    this.#temporary = temporary;
    this.#handle = handle;
    this.#cancelExitHandler = cancelExitHandler;
    this.#concealment = concealment;
  }

  static async create(path: string, { concealed }: { readonly concealed: boolean }): Promise<AtomicFile> {
    const folder = dirname(path);
    await removeLeftovers(folder);
    const temporary = join(folder, temporaryName());
    const cancelExitHandler = runAtExit(() => unlinkSync(temporary));
    let handle: FileHandle | undefined;
    try {
      // `x`: a file or symlink that someone planted under this name is neither followed nor written.
      handle = await open(temporary, 'wx+', 0o600);
      // The umask may have removed permissions; it never adds any.
      await handle.chmod(0o600);
      return new AtomicFile(path, temporary, handle, cancelExitHandler, concealed ? new Concealment() : undefined);
    } catch (error) {
      cancelExitHandler();
      await handle?.close();
      if (handle !== undefined) await rm(temporary, { force: true });
      throw error;
    }
  }

  async append(text: string): Promise<void> {
    await this.#handle.appendFile(this.#concealment?.conceal(text) ?? text);
  }

  /**
   * Moves the file to its target. Once this resolves, the file survives a power cut. An abort before the move rejects
   * with the signal's reason; a later one has no effect.
   */
  async commit(signal?: AbortSignal): Promise<void> {
    await this.#handle.sync();
    signal?.throwIfAborted();
    if (this.#concealment !== undefined) {
      await this.#concealment.reveal(this.#handle, signal);
      // Size and block allocation are on disk already, so the readable bytes are flushed as fast as possible.
      await this.#handle.datasync();
      signal?.throwIfAborted();
    }
    await rename(this.#temporary, this.#path);
    this.#done = true;
    await flushFolder(dirname(this.#path));
  }

  /** Closes the file and removes it unless it was committed. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close().catch(() => {});
    if (!this.#done) await rm(this.#temporary, { force: true });
    this.#cancelExitHandler();
  }
}

/** Unlike `syncFolder` of `cache-models`, does not block the event loop: a flush may take long on a busy disk. */
async function flushFolder(folder: string): Promise<void> {
  // Windows cannot open a folder, and does not need it flushed.
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
