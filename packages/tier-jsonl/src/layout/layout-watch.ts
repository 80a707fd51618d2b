import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { LAYOUT_FILE, readLayout } from './layout-file.ts';

/** Detects changes of the recorded number of shards, at the cost of one system call while the file is unchanged. */
export class LayoutWatch {
  readonly #directory: string;
  #seen = '';

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** The recorded number if the file changed since the last call, else `undefined`. Throws the system's error. */
  changed(): number | undefined {
    const found = lstatSync(join(this.#directory, LAYOUT_FILE), { throwIfNoEntry: false });
    const now = found === undefined ? '' : `${found.ino}:${found.birthtimeMs}:${found.mtimeMs}`;
    if (now === this.#seen) return undefined;
    this.#seen = now;
    return readLayout(this.#directory)?.numShards;
  }
}
