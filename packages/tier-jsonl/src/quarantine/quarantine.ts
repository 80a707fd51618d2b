import { closeSync, constants, fsync, fsyncSync } from 'node:fs';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { openFile } from '../files/open-file.ts';
import { makePrivateFolder } from '../files/private-folder.ts';
import { joinRanges } from '../lines/join-ranges.ts';
import type { RangeList } from '../lines/range-list.ts';
import { FileWindow } from '../shard/file-window.ts';
import type { ShardFile } from '../shard/shard-file.ts';
import { QuarantineWriter } from './quarantine-writer.ts';

const { O_APPEND, O_CREAT, O_WRONLY } = constants;
const CHUNK = 1024 * 1024;
/** The folder of damaged lines. */
export const QUARANTINE = 'quarantine';

/**
 * Copies lines, byte for byte except for long runs of NUL bytes, to the file of the same name in `quarantine/`, and
 * flushes it, before they are overwritten. Yields after each piece; if it `isLong`, also while flushing.
 */
export function* copyToQuarantine(
  file: ShardFile,
  directory: string,
  ranges: RangeList,
  isLong: () => boolean,
): Generator<Promise<void> | undefined, void> {
  const folder = join(directory, QUARANTINE);
  makePrivateFolder(folder);
  const fd = openFile(join(folder, basename(file.path)), O_WRONLY | O_APPEND | O_CREAT, 'quarantine file');
  try {
    const writer = new QuarantineWriter(fd);
    const window = new FileWindow(file);
    for (const { offset, length } of joinRanges(ranges, CHUNK)) {
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
