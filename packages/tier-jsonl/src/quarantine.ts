import { closeSync, constants, fsyncSync, lstatSync } from 'node:fs';
import { basename, join } from 'node:path';
import { makePrivateFolders, unsafePath } from '@pw/cache-models';
import { openFile } from './open-file.ts';
import type { Place } from './place.ts';
import type { ShardFile } from './shard-file.ts';
import { writeFully } from './write-fully.ts';

const { O_APPEND, O_CREAT, O_WRONLY } = constants;
const CHUNK = 1024 * 1024;
/** The folder of damaged lines. */
export const QUARANTINE = 'quarantine';

/** Makes a folder with mode 0700, whatever the umask, and refuses anything else that is there. */
export function makePrivateFolder(path: string, flush = false): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) makePrivateFolders(path, { flush });
  else if (!found.isDirectory())
    throw unsafePath({
      path,
      what: 'folder',
      problem: 'is something else, or a symbolic link; move it away',
      tier: 'JSONL tier',
    });
}

/** Copies lines, byte for byte, to the file of the same name in `quarantine/`, and on to the disk before they are overwritten. */
export function copyToQuarantine(file: ShardFile, directory: string, places: readonly Place[]): void {
  const folder = join(directory, QUARANTINE);
  makePrivateFolder(folder);
  const fd = openFile(join(folder, basename(file.path)), O_WRONLY | O_APPEND | O_CREAT, 'quarantine file');
  try {
    for (const place of places) {
      copyPlace(file, place, fd);
      writeFully(fd, Buffer.from('\n'), null);
    }
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function copyPlace(file: ShardFile, { offset, length }: Place, fd: number): void {
  for (let done = 0; done < length; done += CHUNK) {
    const place = { offset: offset + done, length: Math.min(CHUNK, length - done) };
    writeFully(fd, file.read(place.offset, place.length), null);
  }
}
