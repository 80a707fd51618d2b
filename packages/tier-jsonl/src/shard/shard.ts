import { isAscii } from 'node:buffer';
import { crc32 } from 'node:zlib';
import { RecordComparison } from '../changes/record-comparison.ts';
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
import { hasSettled, SETTLED, tooLarge } from './file-checks.ts';
import type { FileState, ShardFile } from './shard-file.ts';
import { ShardLines } from './shard-lines.ts';
import type { ShardListener } from './shard-listener.ts';

const BLANK = 0x20;

/**
 * One shard as last seen: its part of the index, and its other lines (ShardLines).
 *
 * `#size` and `#mtimeMs` identify the state of the file that was read; a size of -1 means that the next `refresh` reads
 * all of it. States: *current* (the file is as identified), *stale* (it is not: if the file has only grown, the
 * appended bytes are read, after any other change all of it), and *reading* (a full or appended reading yields now and
 * then, and the index covers a part of the file). `#reading` numbers the readings: a reading stops if another has begun
 * when it resumes. If a reading fails, or `requireFullRead` is called during it, the shard is stale afterwards, with a
 * size of -1.
 *
 * Readers may find damage without the lock. It is only suspected until it is confirmed by a full reading, either with
 * the lock held or of a file that was old enough (`isFullyRead`).
 */
export class Shard {
  readonly number: number;
  readonly file: ShardFile;
  readonly lines = new ShardLines();
  readonly #index: RecordIndex;
  readonly #listener: ShardListener;
  #size = -1;
  #mtimeMs = -1;
  /** Records that a reader found damaged, with the CRC of the bytes it saw. */
  #rejected: { readonly key: string; readonly offset: number; readonly crc: number }[] = [];
  readonly #report: DamageReport;
  readonly #indexer: LineIndexer;
  readonly #side: SideIndexFile;
  /** True if the side index on disk matches the shard as last seen. */
  #isIndexed = false;
  /**
   * True if only appended lines were read since: the process that appended may also have overwritten an earlier line.
   */
  #mayHaveMissed = false;
  /** True if all of the file was read when it had been unchanged for a while. */
  #isFullyRead = false;
  #isReading = false;
  /** Number of the last reading; an older reading ends when it resumes. */
  #reading = 0;
  /** Finds what has changed in a file that is being read as a whole; set only during such a reading. */
  #comparison: RecordComparison | undefined;
  /** True if the current reading may already be outdated. */
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

  /** True if there was a file, however empty, when last checked. */
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

  /** True during a reading: the index covers a part of the file. */
  get isReading(): boolean {
    return this.#isReading;
  }

  /** Grows with each reading that found something to read. */
  get readings(): number {
    return this.#reading;
  }

  /** True if the file is as it was read, by a check that is good enough for a read. Throws the system's error. */
  isUnchanged(): boolean {
    return this.file.isUnchanged(this.#size, this.#mtimeMs);
  }

  /**
   * True if re-reading the whole file could show nothing new: it is the file that was read, and it had been unchanged
   * for so long that a later change would show. If it is true, damage found so far is certain.
   */
  get isFullyRead(): boolean {
    return this.#isFullyRead && this.file.isStillThere(this.#size, this.#mtimeMs);
  }

  /** Follows the file; true if anything changed. Throws the system's error. */
  refresh(): boolean {
    const steps = this.refreshSteps();
    for (;;) {
      const step = steps.next();
      if (step.done === true) return step.value;
    }
  }

  /** Like `refresh`, but yields after each piece; with `again` it reads the whole file, even if it seems unchanged. */
  *refreshSteps(again = false): Generator<void, boolean> {
    const found = this.file.follow();
    if (found === undefined || found.isOther) this.#listener.replaced();
    if (found === undefined) return this.#forgetFile();
    if (found.size > MAX_SHARD) {
      this.requireFullRead();
      throw tooLarge(this.file.path);
    }
    const unchanged = found.size === this.#size && found.mtimeMs === this.#mtimeMs;
    if (unchanged && !found.isOther && !again) return false;
    const grew = found.size > this.#size && this.#size >= 0;
    const isFull = again || found.isOther || !grew || this.#hasLostItsLastNewline();
    const reading = this.#beginReading();
    try {
      if (isFull) {
        this.#beginComparison();
        this.#size = -1;
        this.#forget(found.isOther);
      } else {
        this.#indexer.beginAppended();
        this.#mayHaveMissed = true;
      }
      this.lines.tail = undefined;
      this.#isFullyRead = false;
      const isSettled = hasSettled(found);
      if (this.lines.end === 0 && !again && this.#takeSideIndex(found)) return true;
      for (const _ of scanLines(this.file, this.lines.end, found.size, this.#indexer)) {
        yield;
        // Another reading has begun in the meantime.
        if (this.#reading !== reading) return true;
      }
      if (this.#comparison !== undefined) {
        for (const _ of this.#comparison.steps(this.file, (key) => this.#listener.changed(key))) {
          yield;
          if (this.#reading !== reading) return true;
        }
        this.#comparison = undefined;
      }
      this.#remember(found);
      this.#isFullyRead = isFull && isSettled;
      if (this.#isDistrusted) this.requireFullRead();
    } catch (error) {
      // A partial reading counts as none.
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

  #beginComparison(): void {
    if (!this.#listener.wantsChanges()) {
      this.#comparison = undefined;
      return;
    }
    this.#comparison ??= new RecordComparison(this.number, this.#index);
    this.#comparison.begin();
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

  /** The record of an id. Throws a CacheCorruptionError, or the system's error. */
  readRecord(id: RecordId): RawRecord {
    const bytes = this.file.read(this.#index.offsetOf(id), this.#index.lengthOf(id));
    const crc = crc32(bytes) | 0;
    // These very bytes were verified before: a CRC of bytes is much cheaper than a checksum of values.
    if (crc === this.#index.crcOf(id) && crc !== 0) return JSON.parse(bytes.toString('latin1')) as RawRecord;
    const raw = decodeLine(bytes, this.#index.keyOf(id));
    if (isAscii(bytes)) this.#index.setCrc(id, crc);
    return raw;
  }

  /** True if the line of a record still exists: another process may have cleaned it up and then appended. */
  isThere(id: RecordId): boolean {
    return !this.#mayHaveMissed || this.file.read(this.#index.offsetOf(id), 1)[0] !== BLANK;
  }

  /** The torn tail was set aside. */
  tailWasCut(): void {
    if (this.lines.tail !== undefined) this.#listener.damaged(1);
    this.lines.tail = undefined;
  }

  /**
   * Notes a write of our own: complete lines now end at `end`. Throws LockLost if others wrote, or replaced the file.
   */
  noteWritten(end: number): void {
    this.#side.discard();
    const now = this.file.stateNow();
    if (now.isOther || now.size !== end) throw new LockLost();
    this.lines.end = end;
    if (this.lines.damaged.length === 0) this.#report.forget();
    this.#remember(now);
  }

  /** The known state of the file may be wrong: the next `refresh` reads all of it. */
  requireFullRead(): void {
    this.#isDistrusted = true;
    this.#isFullyRead = false;
    this.#size = -1;
  }

  /** Replaces the file by an empty one. Throws LockLost, or the system's error. */
  empty(confirmHeld: () => boolean): void {
    this.file.replaceByEmpty(confirmHeld);
    this.#side.discard();
    this.refresh();
  }

  /** Milliseconds until a side index can be written; `undefined` if none is wanted. Throws the system's error. */
  sideIndexDue(): number | undefined {
    const { number, lines } = this;
    const isWanted = !this.#isIndexed && !this.#index.isOrdered && this.#index.countOf(number) >= this.#side.least;
    if (!isWanted || lines.needsRepair || lines.leaving.size > 0 || !this.isUnchanged()) return undefined;
    if (!this.olderThanElsewhere().next().done) return undefined;
    const age = Date.now() - this.#mtimeMs;
    // A time in the future means that a clock was set back: not worth waiting for.
    return age < -SETTLED ? undefined : Math.max(0, SETTLED - age);
  }

  /** Writes a side index for the next opening; the lock must be held. Throws the system's error. */
  writeSideIndex(): void {
    const { bytes, columns } = this.#index.copyShard(this.number);
    const { superseded, foreign } = this.lines;
    this.#side.write(sealSideIndex(bytes, this.file.stamp(), { columns, superseded, foreign }));
    this.#isIndexed = true;
  }

  /**
   * Adopts a compacted file, which has the same records at other offsets and no superseded lines. False if the index
   * changed while it was made: then the file has to be re-read.
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
    this.#remember(found);
    return true;
  }

  /**
   * Notes that another shard has a newer line of a key. The line here may be that of another key that was corrupted
   * into this one.
   */
  supersededElsewhere(key: string, range: ByteRange): void {
    if (this.#indexer.hasCorruptKey(range)) this.lines.addSuspect(range);
    else this.lines.supersede(key, range);
  }

  /** Marks a line as superseded because its key moved or was evicted; `drop` follows with the lock held. */
  markLeaving(key: string, range: ByteRange): void {
    this.lines.leaving.add(key);
    this.lines.supersede(key, range);
  }

  /** Keeps a key that was about to leave: it is stored here again. */
  unmarkLeaving(key: string): void {
    this.lines.leaving.delete(key);
  }

  /** Keys of lines here that are superseded by lines of other shards, as last seen. */
  *olderThanElsewhere(): Generator<string> {
    for (const key of this.lines.superseded.keys()) if (!this.hasNewest(key)) yield key;
  }

  /** True if the line of the key that counts is in this file. */
  hasNewest(key: string): boolean {
    return this.#owns(this.#index.find(key));
  }

  /** True if any line of the key is in this file. */
  hasAnyLine(key: string): boolean {
    return this.hasNewest(key) || this.lines.superseded.has(key);
  }

  /** Marks all lines of a key in this file to be overwritten, and removes the key from the index if it points here. */
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

  /** Takes a damaged record out of the index, to be set aside. Its reader has counted it. */
  setAside(id: RecordId): void {
    const range = this.#index.rangeOf(id);
    this.#report.markCounted(range);
    this.lines.addSuspect(range);
    this.#rejected.push({ key: this.#index.keyOf(id), offset: range.offset, crc: this.#crcOf(range) });
    this.#index.remove(id);
  }

  /** Inspects the suspected lines again with the lock held, and counts the damaged ones. Yields after each piece. */
  *confirmDamaged(): Generator<void, void> {
    if (this.lines.damaged.length === 0) return;
    if (!this.isFullyRead) yield* this.refreshSteps(true);
    yield* this.#report.countSteps(this.lines.damaged);
  }

  /** After a full reading: takes records that were set aside out of the index again, unless their lines changed. */
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

  /** Counts damaged lines, each once. */
  reportDamaged(): void {
    for (const _ of this.#report.countSteps(this.lines.damaged));
  }

  /**
   * Uses a side index of the file in exactly this state; false if there is none, or another shard has one of its keys.
   */
  #takeSideIndex(found: FileState): boolean {
    const stamp = this.#index.isOrdered || this.lines.leaving.size > 0 ? undefined : this.file.stamp();
    if (stamp === undefined || Number(stamp.size) !== found.size) return false;
    const side = this.#side.read(stamp);
    if (side === undefined || !this.#index.addShard(this.number, side.columns)) return false;
    for (const [key, ranges] of side.superseded) this.lines.superseded.set(key, [...ranges]);
    this.lines.replaceForeign(side.foreign);
    this.lines.end = found.size;
    this.#remember(found);
    this.#isIndexed = true;
    return true;
  }

  #forgetFile(): boolean {
    if (this.#isReading) {
      this.#reading++;
      this.#endReading();
    }
    if (this.#size < 0 && this.lines.end === 0) return false;
    if (this.#listener.wantsChanges())
      for (const id of this.#index.idsOf(this.number)) this.#listener.changed(this.#index.keyOf(id));
    this.#comparison = undefined;
    this.#forget(true);
    this.#size = -1;
    this.#mtimeMs = -1;
    return true;
  }

  /** True if no line ends where the last complete one ended: another program cut the file and appended to it. */
  #hasLostItsLastNewline(): boolean {
    return this.lines.end > 0 && this.file.read(this.lines.end - 1, 1)[0] !== 0x0a;
  }

  #forget(isOther: boolean): void {
    this.#mayHaveMissed = false;
    this.#indexer.beginFull(this.#index.removeShard(this.number));
    this.lines.forget();
    if (isOther) this.#rejected = [];
  }

  #remember(found: FileState): void {
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
