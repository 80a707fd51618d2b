import { closeSync, constants, fsync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { openFile } from '../files/open-file.ts';
import type { Place } from '../lines/byte-range.ts';
import { PlaceList } from '../lines/range-list.ts';
import type { Shard } from '../shard/shard.ts';
import { NO_SLOT, type SlotId, type SlotMove } from '../index/record-id.ts';
import type { SlotIndex } from '../index/record-index.ts';
import { temporaryName } from '../files/temporary-name.ts';
import { writeFully } from '../files/write-fully.ts';

const { O_CREAT, O_EXCL, O_RDONLY, O_RDWR } = constants;
const SLICE = 512 * 1024;

/** Smaller files are left as they are. */
const COMPACTION_LEAST = 64 * 1024;

/** True if more than half of a shard is garbage and it is worth the work. */
export function isWorthCompacting(shard: Shard): boolean {
  return shard.end >= COMPACTION_LEAST && shard.garbage > shard.end / 2;
}

/** A line that is to be kept; `id` is NO_SLOT for one that is no record. */
interface LiveLine extends Place {
  readonly id: SlotId;
}

/**
 * Copies the live lines of a shard to a new file, which then takes the old one's name. Rests after each slice, or waits for the
 * promise that it gives, the lock held all the time; `isHeld` is asked before the rename. A crash at any moment leaves the
 * old file or the new one. Gives true once the new one has the name.
 */
export function* compactShard(
  shard: Shard,
  index: SlotIndex,
  isHeld: () => boolean,
): Generator<Promise<void> | undefined, boolean> {
  // What counts no more because of another shard's line may have to count again: that line need not be there for good.
  const older = [...shard.olderThanElsewhere()].flatMap((key) => shard.lines.superseded.get(key)!);
  const lines = liveLines(shard, index, [...shard.lines.foreign, ...older]);
  const temporary = temporaryName(shard.file.path);
  const fd = openFile(temporary, O_RDWR | O_CREAT | O_EXCL);
  const moves: SlotMove[] = [];
  const foreign = new PlaceList();
  let end = 0;
  let isDone = false;
  // Whoever reads meanwhile what others wrote without our lock, such as ProxyWhirl, changes what is to be kept, and where it lies.
  const { readings } = shard;
  const isAsBefore = () => shard.readings === readings && isHeld();
  try {
    for (const slice of slicesOf(lines)) {
      writeFully(fd, linesOf(shard, slice), end);
      for (const { id, offset, length } of slice) {
        if (id === NO_SLOT) foreign.add(end, length);
        else moves.push({ id, from: offset, to: end });
        end += length + 1;
      }
      yield;
      if (!isAsBefore()) return false;
    }
    // A flush may take long: not in the event loop.
    yield flush(fd);
    // The file last: whoever takes the lock over removes what is to be renamed, but ProxyWhirl only replaces the file.
    if (!isAsBefore() || !shard.isUnchanged()) return false;
    renameSync(temporary, shard.file.path);
    isDone = true;
  } finally {
    closeSync(fd);
    if (!isDone) rmSync(temporary, { force: true });
  }
  if (older.length > 0 || !shard.wasReplaced(moves, foreign, end)) for (const _ of shard.refreshSteps(true)) yield;
  yield flushDirectory(dirname(shard.file.path));
  return true;
}

const flush = promisify(fsync);

/** A crash before it is done leaves the old file or the new one. */
async function flushDirectory(path: string): Promise<void> {
  const fd = openSync(path, O_RDONLY);
  try {
    await flush(fd);
  } finally {
    closeSync(fd);
  }
}

function liveLines(shard: Shard, index: SlotIndex, others: readonly Place[]): LiveLine[] {
  const ids = index.idsOf(shard.number).sort((a, b) => index.offsetOf(a) - index.offsetOf(b));
  const lines: LiveLine[] = ids.map((id) => ({ id, offset: index.offsetOf(id), length: index.lengthOf(id) }));
  for (const place of others) lines.push({ ...place, id: NO_SLOT });
  return others.length === 0 ? lines : lines.sort((a, b) => a.offset - b.offset);
}

function* slicesOf(lines: readonly LiveLine[]): Generator<LiveLine[]> {
  let slice: LiveLine[] = [];
  let bytes = 0;
  for (const line of lines) {
    slice.push(line);
    bytes += line.length + 1;
    if (bytes < SLICE) continue;
    yield slice;
    slice = [];
    bytes = 0;
  }
  if (slice.length > 0) yield slice;
}

function linesOf(shard: Shard, slice: readonly Place[]): Buffer {
  const bytes = Buffer.allocUnsafe(slice.reduce((sum, { length }) => sum + length + 1, 0));
  let at = 0;
  for (const { offset, length } of slice) {
    // Copied at once: the buffer of a read is good until the next one.
    shard.file.read(offset, length).copy(bytes, at);
    at += length;
    bytes[at++] = 0x0a;
  }
  return bytes;
}
