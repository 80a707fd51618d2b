import { closeSync, constants, fsync, fsyncSync, lstatSync } from 'node:fs';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { makePrivateFolders, unsafePath } from '@pw/cache-models';
import { FileWindow } from '../shard/file-window.ts';
import { joinPlaces } from '../lines/join-ranges.ts';
import { openFile } from '../files/open-file.ts';
import type { PlaceList } from '../lines/range-list.ts';
import { QuarantineWriter } from './quarantine-writer.ts';
import type { ShardFile } from '../shard/shard-file.ts';

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

/**
 * Copies lines, byte for byte but for long runs of NUL bytes, to the file of the same name in `quarantine/`, and on to the disk
 * before they are overwritten. Rests after each piece; where it `isLong`, it does so for the disk as well.
 */
export function* copyToQuarantine(
  file: ShardFile,
  directory: string,
  places: PlaceList,
  isLong: () => boolean,
): Generator<Promise<void> | undefined, void> {
  const folder = join(directory, QUARANTINE);
  makePrivateFolder(folder);
  const fd = openFile(join(folder, basename(file.path)), O_WRONLY | O_APPEND | O_CREAT, 'quarantine file');
  try {
    const writer = new QuarantineWriter(fd);
    const window = new FileWindow(file);
    for (const { offset, length } of joinPlaces(places, CHUNK)) {
      for (let done = 0; done < length; done += CHUNK) {
        writer.add(window.read(offset + done, Math.min(CHUNK, length - done)));
        yield;
      }
      writer.endLine();
    }
    writer.flush();
    if (isLong()) yield flush(fd);
    else fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

const flush = promisify(fsync);
