import { randomBytes } from 'node:crypto';
import { type FileHandle, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

// A writer touches its file all the time; what nobody touched for so long was left by a process that died.
const ORPHAN_AGE_MS = 3_600_000;

/**
 * A file that appears whole or not at all: written beside its place under another name, flushed, then renamed over it.
 * It is readable by its owner alone. A symlink at the place is replaced, not followed.
 */
export class AtomicFile {
  readonly #path: string;
  readonly #temporary: string;
  readonly #handle: FileHandle;
  #done = false;

  private constructor(path: string, temporary: string, handle: FileHandle) {
    this.#path = path;
    this.#temporary = temporary;
    this.#handle = handle;
  }

  static async create(path: string): Promise<AtomicFile> {
    const folder = dirname(path);
    const prefix = `.${basename(path).slice(0, 100)}.`;
    await removeOrphans(folder, prefix);
    const temporary = join(folder, `${prefix}${process.pid}.${randomBytes(6).toString('hex')}.tmp`);
    return new AtomicFile(path, temporary, await open(temporary, 'wx', 0o600));
  }

  async append(text: string): Promise<void> {
    await this.#handle.appendFile(text);
  }

  /** Puts the file in its place; when this returns, it is there after a power cut too. */
  async commit(): Promise<void> {
    await this.#handle.chmod(0o600);
    await this.#handle.sync();
    await this.#handle.close();
    await rename(this.#temporary, this.#path);
    this.#done = true;
    await syncFolder(dirname(this.#path));
  }

  /** Leaves nothing behind, unless the file was committed. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#done) return;
    await this.#handle.close().catch(() => {});
    await rm(this.#temporary, { force: true });
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

async function removeOrphans(folder: string, prefix: string): Promise<void> {
  const limit = Date.now() - ORPHAN_AGE_MS;
  for (const name of await readdir(folder)) {
    if (!name.startsWith(prefix) || !/\.\d+\.[0-9a-f]{12}\.tmp$/.test(name)) continue;
    const path = join(folder, name);
    const modified = await stat(path).then(
      ({ mtimeMs }) => mtimeMs,
      () => Number.POSITIVE_INFINITY,
    );
    if (modified < limit) await rm(path, { force: true });
  }
}
