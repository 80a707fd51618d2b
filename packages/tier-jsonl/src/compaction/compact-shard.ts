import { closeSync, constants, fsync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { TemporaryFile } from '../files/temporary-file.ts';
import { writeFully } from '../files/write-fully.ts';
import { type LineMove, NO_RECORD, type RecordId } from '../index/record-id.ts';
import type { RecordIndex } from '../index/record-index.ts';
import type { ByteRange } from '../lines/byte-range.ts';
import { RangeList } from '../lines/range-list.ts';
import type { Shard } from '../shard/shard.ts';

const { O_RDONLY, O_RDWR } = constants;
const SLICE = 512 * 1024;

/** Smaller files are not compacted. */
const COMPACTION_LEAST = 64 * 1024;

/** True if more than half of a shard is garbage, and the shard is large enough to be worth it. */
export function isWorthCompacting(shard: Shard): boolean {
  return shard.end >= COMPACTION_LEAST && shard.garbage > shard.end / 2;
}

/** A line to keep; `id` is NO_RECORD if it is not a record. */
interface LiveLine extends ByteRange {
  readonly id: RecordId;
}

/**
 * Copies the live lines of a shard to a new file, which then replaces the old one. The caller holds the lock; the
 * generator yields after each slice, or with a promise to await. Returns true once the new file has replaced the old
 * one, false if the lock or the file was lost before that.
 *
 * A crash at any moment leaves the old file or the new one. During a yield, the shard may be read again or the file
 * replaced. So after each yield it is checked that no reading has happened (offsets may have changed) and that the lock
 * is held, and before the rename also that the file itself is unchanged, since ProxyWhirl ignores our lock.
 */
export function* compactShard(
  shard: Shard,
  index: RecordIndex,
  confirmHeld: () => boolean,
): Generator<Promise<void> | undefined, boolean> {
  // A line superseded by a line of another shard is kept: that line may disappear, and then this one counts again.
  const older = [...shard.olderThanElsewhere()].flatMap((key) => shard.lines.superseded.get(key)!);
  const lines = liveLines(shard, index, [...shard.lines.foreign, ...older]);
  const temporary = new TemporaryFile(shard.file.path, O_RDWR);
  const moves: LineMove[] = [];
  const foreign = new RangeList();
  let end = 0;
  // ProxyWhirl may write without our lock. Reading what it wrote changes which lines to keep, and where they are.
  const { readings } = shard;
  const isAsBefore = () => shard.readings === readings && confirmHeld();
  try {
    for (const slice of slicesOf(lines)) {
      writeFully(temporary.fd, linesOf(shard, slice), end);
      for (const { id, offset, length } of slice) {
        if (id === NO_RECORD) foreign.add(end, length);
        else moves.push({ id, from: offset, to: end });
        end += length + 1;
      }
      yield;
      if (!isAsBefore()) return false;
    }
    // A flush may take long, so it must not block the event loop.
    yield flush(temporary.fd);
    // A process that takes the lock over removes our temporary file, but ProxyWhirl only replaces the shard: check the
    // file last.
    if (!isAsBefore() || !shard.isUnchanged()) return false;
    temporary.renameTo(shard.file.path);
  } finally {
    temporary.close();
  }
  if (older.length > 0 || !shard.adoptCompacted(moves, foreign, end)) for (const _ of shard.refreshSteps(true)) yield;
  yield flushDirectory(dirname(shard.file.path));
  return true;
}

const flush = promisify(fsync);

/** Makes the rename durable. After a crash before this, the file is the old one or the new one. */
async function flushDirectory(path: string): Promise<void> {
  const fd = openSync(path, O_RDONLY);
  try {
    await flush(fd);
  } finally {
    closeSync(fd);
  }
}

function liveLines(shard: Shard, index: RecordIndex, others: readonly ByteRange[]): LiveLine[] {
  const ids = index.idsOf(shard.number).sort((a, b) => index.offsetOf(a) - index.offsetOf(b));
  const lines: LiveLine[] = ids.map((id) => ({ id, offset: index.offsetOf(id), length: index.lengthOf(id) }));
  for (const range of others) lines.push({ ...range, id: NO_RECORD });
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

function linesOf(shard: Shard, slice: readonly ByteRange[]): Buffer {
  const bytes = Buffer.allocUnsafe(slice.reduce((sum, { length }) => sum + length + 1, 0));
  let at = 0;
  for (const { offset, length } of slice) {
    // Copied immediately: the buffer of a read is valid until the next one.
    shard.file.read(offset, length).copy(bytes, at);
    at += length;
    bytes[at++] = 0x0a;
  }
  return bytes;
}
