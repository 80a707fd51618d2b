import { lstatSync } from 'node:fs';
import { makePrivateFolders, unsafePath } from '@pw/cache-models/tier';

/** Makes a folder with mode 0700, whatever the umask. Throws a CacheStorageError if anything but a folder is there. */
export function makePrivateFolder(path: string, flush = false): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) makePrivateFolders(path, { flush });
  else if (!found.isDirectory())
    throw unsafePath({
      path,
      what: 'folder',
      problem: 'is not a folder, or is a symbolic link; move it away',
      tier: 'JSONL tier',
    });
}
