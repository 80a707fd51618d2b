import { randomBytes } from 'node:crypto';
import { closeSync, constants, fsyncSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Place } from './place.ts';
import { openSecurely, syncDirectory } from './secure-open.ts';
import type { Shard } from './shard.ts';
import type { SlotIndex } from './slot-index.ts';
import { writeFully } from './write-fully.ts';

const { O_CREAT, O_EXCL, O_RDWR } = constants;
const SLICE = 1024 * 1024;

/** Smaller files are left as they are. */
const COMPACTION_LEAST = 64 * 1024;

/** True if more than half of a shard is garbage and it is worth the work. */
export function isWorthCompacting(shard: Shard): boolean {
  return shard.end >= COMPACTION_LEAST && shard.garbage > shard.end / 2;
}

/** `shard_NN.jsonl.pw-….tmp`: told from ProxyWhirl's temporary files by its middle part. */
export function temporaryName(path: string): string {
  return `${path}.pw-${randomBytes(6).toString('hex')}.tmp`;
}

/**
 * Copies the live lines of a shard to a new file, which then takes the old one's name. Rests after each slice, the lock
 * held all the time; `isHeld` is asked before the rename. A crash at any moment leaves the old file or the new one.
 */
export function* compactShard(shard: Shard, index: SlotIndex, isHeld: () => boolean): Generator<void, void> {
  const places = livePlaces(shard, index);
  const temporary = temporaryName(shard.file.path);
  const fd = openSecurely(temporary, O_RDWR | O_CREAT | O_EXCL);
  let isDone = false;
  try {
    let end = 0;
    for (const slice of slicesOf(places)) {
      const bytes = linesOf(shard, slice);
      writeFully(fd, bytes, end);
      end += bytes.length;
      yield;
    }
    fsyncSync(fd);
    if (!isHeld()) return;
    renameSync(temporary, shard.file.path);
    isDone = true;
  } finally {
    closeSync(fd);
    if (!isDone) rmSync(temporary, { force: true });
  }
  syncDirectory(dirname(shard.file.path));
  // The index is built anew from the file that is there now; ranks in the eviction order are kept.
  shard.refresh();
}

function livePlaces(shard: Shard, index: SlotIndex): Place[] {
  const lines = index.slotsOf(shard.number).map(({ offset, length }) => ({ offset, length }));
  return [...lines, ...shard.foreign].sort((a, b) => a.offset - b.offset);
}

function* slicesOf(places: readonly Place[]): Generator<Place[]> {
  let slice: Place[] = [];
  let bytes = 0;
  for (const place of places) {
    slice.push(place);
    bytes += place.length + 1;
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
  for (const place of slice) {
    // Copied at once: the buffer of a read is good until the next one.
    shard.file.read(place).copy(bytes, at);
    at += place.length;
    bytes[at++] = 0x0a;
  }
  return bytes;
}
