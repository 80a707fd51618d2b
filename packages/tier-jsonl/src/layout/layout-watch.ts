import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { LAYOUT_FILE, readLayout } from './layout-file.ts';

/** Notices that the recorded number of shards changed; a look costs one call of the system while the file stays the same. */
export class LayoutWatch {
  readonly #directory: string;
  #seen = '';

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** The recorded number if the file changed since the last look, else `undefined`. Throws what the system says. */
  changed(): number | undefined {
    const found = lstatSync(join(this.#directory, LAYOUT_FILE), { throwIfNoEntry: false });
    const now = found === undefined ? '' : `${found.ino}:${found.birthtimeMs}:${found.mtimeMs}`;
    if (now === this.#seen) return undefined;
    this.#seen = now;
    return readLayout(this.#directory)?.numShards;
  }
}
