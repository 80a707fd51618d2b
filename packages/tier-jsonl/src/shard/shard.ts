import { isAscii } from 'node:buffer';
import { crc32 } from 'node:zlib';
import { type CacheStorageError, unsafePath } from '@pw/cache-models';
import { type LineMove, NO_RECORD, type RecordId } from '../index/record-id.ts';
import type { RecordIndex } from '../index/record-index.ts';
import { MAX_SHARD } from '../limits.ts';
import type { ByteRange } from '../lines/byte-range.ts';
import { LineIndexer } from '../lines/line-indexer.ts';
import type { RawRecord } from '../lines/raw-record.ts';
import { decodeLine } from '../lines/record-line.ts';
import { scanLines } from '../lines/scan-lines.ts';
import { LockLost } from '../lock/lock-lost.ts';
import { sealSideIndex } from '../side-index/side-index.ts';
import type { SideIndexFile } from '../side-index/side-index-file.ts';
import { DamageReport } from './damage-report.ts';
import type { FileState, ShardFile } from './shard-file.ts';
import { ShardLines } from './shard-lines.ts';
import type { ShardListener } from './shard-listener.ts';

const BLANK = 0x20;
/**
 * Milliseconds without a change after which a further one is sure to show in the file's time, which on most systems
 * moves every 4 to 10: a side index made earlier could not tell the two states.
 */
const SETTLED = 25;

/**
 * One shard as it was last seen: its part of the index, and the lines in it that are in nobody's index. Follows what
 * other processes do to the file: `refresh` reads only what was appended, and all of it again when the file was replaced,
 * cut or changed in place.
 */
export class Shard {
  readonly number: number;
  readonly file: ShardFile;
  readonly lines = new ShardLines();
  readonly #index: RecordIndex;
  readonly #listener: ShardListener;
  #size = -1;
  #mtimeMs = -1;
  /** Records that a reader found damaged, with the sum of the bytes that it saw. */
  #rejected: { readonly key: string; readonly offset: number; readonly crc: number }[] = [];
  readonly #report: DamageReport;
  readonly #indexer: LineIndexer;
  readonly #side: SideIndexFile;
  /** True if the side index on disk is of the shard as it was last seen. */
  #isIndexed = false;
  /** True if only what was appended is read since: a line before that may have been overwritten by whoever appended. */
  #mayHaveMissed = false;
  /** True if all of the file was read when it had not changed for a while. */
  #isFullyRead = false;
  #isReading = false;
  /** Number of the last reading: one that is resting ends when another one began meanwhile. */
  #reading = 0;
  /** True if what is being read may be wrong already. */
  #isDistrusted = false;

  constructor(number: number, file: ShardFile, index: RecordIndex, listener: ShardListener, side: SideIndexFile) {
    this.number = number;
    this.file = file;
    this.#index = index;
    this.#listener = listener;
    this.#side = side;
    this.#report = new DamageReport((count) => listener.damaged(count));
    const { lines } = this;
    this.#indexer = new LineIndexer({ number, file, index, lines, listener, drop: (key) => this.drop(key) });
  }

  /** End of the last complete line: where the next one goes. */
  get end(): number {
    return this.lines.end;
  }

  /** Bytes that a compaction would drop. */
  get garbage(): number {
    return this.lines.end - this.#index.bytesOf(this.number) - this.lines.foreignBytes;
  }

  /** True if there was a file, however empty, when it was last looked for. */
  get hasFile(): boolean {
    return this.file.isOpen;
  }

  /** True if nothing in the file is worth keeping. */
  get isEmpty(): boolean {
    return (
      this.#index.countOf(this.number) === 0 &&
      this.lines.foreign.length + this.lines.damaged.length === 0 &&
      !this.lines.tail
    );
  }

  /** True while a reading rests: the index holds a part of what is in the file. */
  get isReading(): boolean {
    return this.#isReading;
  }

  /** Grows with each reading that found something to read. */
  get readings(): number {
    return this.#reading;
  }

  /** True if the file is as it was read, by a look that is good enough for a read. Throws what the system says. */
  isUnchanged(): boolean {
    return this.file.isUnchanged(this.#size, this.#mtimeMs);
  }

  /**
   * True if reading all of the file again could tell nothing new: it is the one that was read, and had not changed for so long by then that a
   * change since would show. What was found damaged before this is asked is damaged.
   */
  get isFullyRead(): boolean {
    return this.#isFullyRead && this.file.isStillThere(this.#size, this.#mtimeMs);
  }

  /** Follows the file; true if anything changed. Throws what the system says. */
  refresh(): boolean {
    const steps = this.refreshSteps();
    for (;;) {
      const step = steps.next();
      if (step.done === true) return step.value;
    }
  }

  /** As `refresh`, resting after each piece; with `again` it reads all of the file, whatever that says of itself. */
  *refreshSteps(again = false): Generator<void, boolean> {
    const found = this.file.follow();
    if (found === undefined || found.isOther) this.#listener.replaced();
    if (found === undefined) return this.#lost();
    if (found.size > MAX_SHARD) {
      this.requireFullRead();
      throw tooLarge(this.file.path);
    }
    const unchanged = found.size === this.#size && found.mtimeMs === this.#mtimeMs;
    if (unchanged && !found.isOther && !again) return false;
    const grew = found.size > this.#size && this.#size >= 0;
    const isFull = again || found.isOther || !grew || this.#isCutOpen();
    const reading = this.#beginReading();
    try {
      if (isFull) {
        this.#size = -1;
        this.#forget(found.isOther);
      } else {
        this.#indexer.beginAppended();
        this.#mayHaveMissed = true;
      }
      this.lines.tail = undefined;
      this.#isFullyRead = false;
      const isSettled = isOld(found);
      if (this.lines.end === 0 && !again && this.#takeSideIndex(found)) return true;
      for (const _ of scanLines(this.file, this.lines.end, found.size, this.#indexer)) {
        yield;
        // Another reading began meanwhile, from where this one was.
        if (this.#reading !== reading) return true;
      }
      this.#seen(found);
      this.#isFullyRead = isFull && isSettled;
      if (this.#isDistrusted) this.requireFullRead();
    } catch (error) {
      // Half read is not read.
      if (this.#reading === reading) this.#size = -1;
      throw error;
    } finally {
      if (this.#reading === reading) this.#endReading();
    }
    if (isFull) {
      this.#setAsideAgain();
      this.#listener.readAgain();
    }
    return true;
  }

  #beginReading(): number {
    if (!this.#isReading) this.#listener.reading(true);
    this.#isReading = true;
    this.#isDistrusted = false;
    return ++this.#reading;
  }

  #endReading(): void {
    this.#indexer.finish();
    this.#isReading = false;
    this.#listener.reading(false);
  }

  /** The record of a slot. Throws a CacheCorruptionError, or what the system says. */
  readRecord(id: RecordId): RawRecord {
    const bytes = this.file.read(this.#index.offsetOf(id), this.#index.lengthOf(id));
    const crc = crc32(bytes) | 0;
    // The very bytes whose values were found right: to sum up bytes is much cheaper than to sum up values.
    if (crc === this.#index.crcOf(id) && crc !== 0) return JSON.parse(bytes.toString('latin1')) as RawRecord;
    const raw = decodeLine(bytes, this.#index.keyOf(id));
    if (isAscii(bytes)) this.#index.setCrc(id, crc);
    return raw;
  }

  /** True if the line of a slot is there: another process may have swept it, and appended something before we looked. */
  isThere(id: RecordId): boolean {
    return !this.#mayHaveMissed || this.file.read(this.#index.offsetOf(id), 1)[0] !== BLANK;
  }

  /** The torn tail is set aside. */
  cutTail(): void {
    if (this.lines.tail !== undefined) this.#listener.damaged(1);
    this.lines.tail = undefined;
  }

  /** The file is as we made it: its complete lines end at `end`. Throws LockLost if it is not: others wrote, or replaced it. */
  wrote(end: number): void {
    this.#side.discard();
    const now = this.file.stateNow();
    if (now.isOther || now.size !== end) throw new LockLost();
    this.lines.end = end;
    if (this.lines.damaged.length === 0) this.#report.forget();
    this.#seen(now);
  }

  /** What is known of the file may be wrong: the next look reads all of it. */
  requireFullRead(): void {
    this.#isDistrusted = true;
    this.#isFullyRead = false;
    this.#size = -1;
  }

  /** Replaces the file by an empty one, and removes what was copied from it. Throws LockLost, or what the system says. */
  empty(confirmHeld: () => boolean): void {
    this.file.replaceByEmpty(confirmHeld);
    this.#side.discard();
    this.refresh();
  }

  /** Milliseconds until a side index can be left; `undefined` if none is wanted. Throws what the system says. */
  sideIndexDue(): number | undefined {
    const { number, lines } = this;
    const isWanted = !this.#isIndexed && !this.#index.isOrdered && this.#index.countOf(number) >= this.#side.least;
    if (!isWanted || lines.needsRepair || lines.leaving.size > 0 || !this.isUnchanged()) return undefined;
    if (!this.olderThanElsewhere().next().done) return undefined;
    const age = Date.now() - this.#mtimeMs;
    // A time to come is a clock that was set back: nobody waits for that.
    return age < -SETTLED ? undefined : Math.max(0, SETTLED - age);
  }

  /** Leaves a copy of what is known for the next opening; the lock must be held. Throws what the system says. */
  leaveSideIndex(): void {
    const { bytes, columns } = this.#index.copyShard(this.number);
    const { superseded, foreign } = this.lines;
    this.#side.write(sealSideIndex(bytes, this.file.stamp(), { columns, superseded, foreign }));
    this.#isIndexed = true;
  }

  /**
   * The file was replaced by one of our own that holds the same records elsewhere, and nothing that is out of date. False where
   * that is not so, because the index changed while it was made: then it has to be read anew.
   */
  adoptCompacted(moves: readonly LineMove[], foreign: Iterable<ByteRange>, end: number): boolean {
    const found = this.file.follow();
    const isClean = this.lines.damaged.length === 0 && this.lines.tail === undefined && this.lines.leaving.size === 0;
    const isSame =
      this.#index.countOf(this.number) === moves.length &&
      moves.every(({ id, from }) => this.#index.shardOf(id) === this.number && this.#index.offsetOf(id) === from);
    if (found?.size !== end || !isClean || !isSame) return false;
    this.#side.discard();
    for (const { id, to } of moves) this.#index.shift(id, to);
    this.lines.superseded.clear();
    this.lines.removed = [];
    this.lines.replaceForeign(foreign);
    this.lines.end = end;
    this.#seen(found);
    return true;
  }

  /** Another shard holds a newer line of a key; the one here may be of another key whose name rotted. */
  outdated(key: string, range: ByteRange): void {
    if (this.#indexer.hasCorruptKey(range)) this.lines.addSuspect(range);
    else this.lines.supersede(key, range);
  }

  /** A line of a key is out of date, because the key moved or has to go; `drop` follows under the lock. */
  leave(key: string, range: ByteRange): void {
    this.lines.leaving.add(key);
    this.lines.supersede(key, range);
  }

  /** The key is stored here anew. */
  stay(key: string): void {
    this.lines.leaving.delete(key);
  }

  /** Keys of lines here that do not count because of what another shard holds, as last seen. */
  *olderThanElsewhere(): Generator<string> {
    for (const key of this.lines.superseded.keys()) if (!this.hasNewest(key)) yield key;
  }

  /** True if the line of the key that counts is in the file. */
  hasNewest(key: string): boolean {
    return this.#owns(this.#index.find(key));
  }

  /** True if any line of the key is in the file. */
  holds(key: string): boolean {
    return this.hasNewest(key) || this.lines.superseded.has(key);
  }

  /** All lines of a key in this file are to be overwritten; its slot goes if it is here. */
  drop(key: string): void {
    this.lines.leaving.delete(key);
    const id = this.#index.find(key);
    if (this.#owns(id)) {
      this.lines.removed.push(this.#index.rangeOf(id));
      this.#index.remove(id);
    }
    const older = this.lines.superseded.get(key);
    if (older === undefined) return;
    for (const range of older) this.lines.removed.push(range);
    this.lines.superseded.delete(key);
  }

  /** The record of a slot is damaged: out of the index, and to be set aside. Counted by whoever read it. */
  setAside(id: RecordId): void {
    const range = this.#index.rangeOf(id);
    this.#report.markCounted(range);
    this.lines.addSuspect(range);
    this.#rejected.push({ key: this.#index.keyOf(id), offset: range.offset, crc: this.#crcOf(range) });
    this.#index.remove(id);
  }

  /** With the lock held: looks at the suspects once more, and counts those that are damaged indeed. Rests after each piece. */
  *confirmDamaged(): Generator<void, void> {
    if (this.lines.damaged.length === 0) return;
    if (!this.isFullyRead) yield* this.refreshSteps(true);
    yield* this.#report.countSteps(this.lines.damaged);
  }

  /** All was read again: takes what was set aside out of the index once more, where it is as it was. */
  #setAsideAgain(): void {
    this.#rejected = this.#rejected.filter(({ key, offset, crc }) => {
      const id = this.#index.find(key);
      if (!this.#owns(id)) return false;
      const range = this.#index.rangeOf(id);
      if (range.offset !== offset || this.#crcOf(range) !== crc) return false;
      this.lines.addSuspect(range);
      this.#index.remove(id);
      return true;
    });
  }

  /** Counts what is damaged, each line once. */
  reportDamaged(): void {
    for (const _ of this.#report.countSteps(this.lines.damaged));
  }

  /** Believes a side index of the file in this very state; false if there is none, or another shard has one of its keys. */
  #takeSideIndex(found: FileState): boolean {
    const stamp = this.#index.isOrdered || this.lines.leaving.size > 0 ? undefined : this.file.stamp();
    if (stamp === undefined || Number(stamp.size) !== found.size) return false;
    const side = this.#side.read(stamp);
    if (side === undefined || !this.#index.addShard(this.number, side.columns)) return false;
    for (const [key, ranges] of side.superseded) this.lines.superseded.set(key, [...ranges]);
    this.lines.replaceForeign(side.foreign);
    this.lines.end = found.size;
    this.#seen(found);
    this.#isIndexed = true;
    return true;
  }

  #lost(): boolean {
    if (this.#isReading) {
      this.#reading++;
      this.#endReading();
    }
    if (this.#size < 0 && this.lines.end === 0) return false;
    this.#forget(true);
    this.#size = -1;
    this.#mtimeMs = -1;
    return true;
  }

  /** True if what we took for the end of a line is none: somebody cut the file and wrote on. */
  #isCutOpen(): boolean {
    return this.lines.end > 0 && this.file.read(this.lines.end - 1, 1)[0] !== 0x0a;
  }

  #forget(isOther: boolean): void {
    this.#mayHaveMissed = false;
    this.#indexer.beginFull(this.#index.removeShard(this.number));
    this.lines.forget();
    if (isOther) this.#rejected = [];
  }

  #seen(found: FileState): void {
    if (found.isOther) this.#report.forget();
    this.#isIndexed = false;
    this.#isFullyRead = false;
    this.#size = found.size;
    this.#mtimeMs = found.mtimeMs;
  }

  #owns(id: RecordId): boolean {
    return id !== NO_RECORD && this.#index.shardOf(id) === this.number;
  }

  #crcOf({ offset, length }: ByteRange): number {
    return crc32(this.file.read(offset, length));
  }
}

function tooLarge(path: string): CacheStorageError {
  const problem = 'is larger than 4 GiB, and is not read; move it away, or delete it if it holds nothing of worth';
  return unsafePath({ path, what: 'shard', problem, tier: 'JSONL tier' });
}

/** True if the file has not changed for so long that a change from now on will show in its time. A time to come is a clock that was set back. */
function isOld({ mtimeMs }: FileState): boolean {
  return Date.now() - mtimeMs > SETTLED;
}
