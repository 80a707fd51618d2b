import { isAscii } from 'node:buffer';
import { crc32 } from 'node:zlib';
import type { Rank } from './eviction-order.ts';
import { HeadCutter } from './head-cutter.ts';
import { type LineHead, readLineHead } from './line-head.ts';
import type { Place } from './place.ts';
import { decodeRecord, fitsChecksum, type RawRecord, readRaw } from './record-line.ts';
import { hasForeignKey, salvage } from './salvage.ts';
import { scanLines } from './scan-lines.ts';
import { type FileState, ShardFile } from './shard-file.ts';
import { NO_SLOT, type SlotFacts, type SlotId, type SlotMove } from './slot.ts';
import type { SlotIndex } from './slot-index.ts';

/** What a shard tells the store that owns it. */
export interface ShardListener {
  /** A line is damaged for sure, and was not counted yet. */
  damaged(shard: number): void;
  /** A key's line in this shard counts no more, because of what another shard holds. */
  superseded(shard: number, key: string, place: Place): void;
  /** Somebody gave the directory another number of shards. */
  resharded(numShards: number): void;
  /** The file is another one than it was, or there is none: whoever did that may have changed the number of shards. */
  replaced(): void;
}

/**
 * One shard as it was last seen: its part of the index, and the lines in it that are in nobody's index. Follows what
 * other processes do to the file: `refresh` reads only what was appended, and all of it again when the file was replaced,
 * cut or changed in place.
 */
export class Shard {
  readonly number: number;
  readonly file: ShardFile;
  /** Lines of live keys that a later line has replaced: the last line of a key wins, so they may stay for a while. */
  readonly superseded = new Map<string, Place[]>();
  /** Lines of removed keys that still have to be overwritten. */
  removed: Place[] = [];
  /**
   * Lines that seem damaged, to be set aside. Without the lock they are under suspicion only: somebody may be in the middle of
   * overwriting them.
   */
  damaged: Place[] = [];
  /** Lines of others that are no records: kept. */
  foreign: Place[] = [];
  /** Bytes after the last newline: a torn write, one under way, or a last line without its newline. */
  tail: (Place & { readonly isRecord: boolean }) | undefined;

  /** Keys whose lines here are about to be dropped: a reading in the meantime does not bring them back. */
  readonly #leaving = new Set<string>();
  readonly #index: SlotIndex;
  readonly #listener: ShardListener;
  #size = -1;
  #mtimeMs = -1;
  /** End of the last complete line that was read. */
  #end = 0;
  /** Records that a reader found damaged, with the sum of the bytes that it saw. */
  #unfit: { readonly key: string; readonly offset: number; readonly sum: number }[] = [];
  readonly #reported = new Set<string>();
  /** Ranks from before a full reading; set only during one. */
  #before: Map<string, Rank> | undefined;
  readonly #head = new HeadCutter();
  #isFull = true;

  constructor(number: number, path: string, index: SlotIndex, listener: ShardListener) {
    this.number = number;
    this.file = new ShardFile(path);
    this.#index = index;
    this.#listener = listener;
  }

  /** End of the last complete line: where the next one goes. */
  get end(): number {
    return this.#end;
  }

  /** Bytes that no live line needs. */
  get garbage(): number {
    return this.#end - this.#index.bytesOf(this.number);
  }

  /** True if nothing in the file is worth keeping. */
  get isEmpty(): boolean {
    return this.#index.countOf(this.number) === 0 && this.foreign.length + this.damaged.length === 0 && !this.tail;
  }

  /** True if a cleaning pass under the lock has something to do. */
  get needsRepair(): boolean {
    return this.damaged.length + this.removed.length > 0 || this.tail !== undefined;
  }

  /** True if the file is as it was read, by a look that is good enough for a read. Throws what the system says. */
  isUnchanged(): boolean {
    return this.file.isAsBefore(this.#size, this.#mtimeMs);
  }

  /** Follows the file; true if anything changed. Throws what the system says. */
  refresh(): boolean {
    const steps = this.refreshSteps();
    for (;;) {
      const step = steps.next();
      if (step.done === true) return step.value;
    }
  }

  /** As `refresh`, resting after each piece, for files that take long. */
  *refreshSteps(again = false): Generator<void, boolean> {
    const found = this.file.look();
    if (found === undefined || found.isOther) this.#listener.replaced();
    if (found === undefined) return this.#lost();
    const unchanged = found.size === this.#size && found.mtimeMs === this.#mtimeMs;
    if (unchanged && !found.isOther && !again) return false;
    const grew = found.size > this.#size && this.#size >= 0;
    if (again || found.isOther || !grew || this.#isCutOpen()) this.#forget();
    else this.#isFull = false;
    this.tail = undefined;
    try {
      yield* scanLines(this.file, this.#end, found.size, this.#visitor);
      this.#seen(found);
    } catch (error) {
      // Half read is not read.
      this.#size = -1;
      throw error;
    } finally {
      this.#before = undefined;
    }
    return true;
  }

  /** Reads all of it again, whatever the file says of itself. */
  rescan(): void {
    for (const _ of this.refreshSteps(true));
  }

  /** The record of a slot. Throws a CacheCorruptionError, or what the system says. */
  readRecord(id: SlotId): RawRecord {
    const bytes = this.file.read(this.#index.offsetOf(id), this.#index.lengthOf(id));
    const sum = crc32(bytes) | 0;
    // The very bytes whose values were found right: to sum up bytes is much cheaper than to sum up values.
    if (sum === this.#index.sumOf(id) && sum !== 0) return JSON.parse(bytes.toString('latin1')) as RawRecord;
    const raw = decodeRecord(bytes, this.#index.keyOf(id));
    if (isAscii(bytes)) this.#index.setSum(id, sum);
    return raw;
  }

  /** The torn tail is set aside. */
  cutTail(): void {
    if (this.tail !== undefined) this.#listener.damaged(this.number);
    this.tail = undefined;
  }

  /** The file is as we made it: its complete lines end at `end`. */
  wrote(end: number): void {
    this.#end = end;
    this.#seen(this.file.stateNow());
  }

  /**
   * The file was replaced by one of our own that holds the same records elsewhere, and nothing that is out of date. Where
   * that is not so, because the index changed while it was made, it is read anew.
   */
  wasReplaced(moves: readonly SlotMove[], foreign: Place[], end: number): void {
    const found = this.file.look();
    const isClean = this.damaged.length === 0 && this.tail === undefined && this.#leaving.size === 0;
    const isSame =
      this.#index.countOf(this.number) === moves.length &&
      moves.every(({ id, from }) => this.#index.shardOf(id) === this.number && this.#index.offsetOf(id) === from);
    if (found?.size !== end || !isClean || !isSame) {
      this.rescan();
      return;
    }
    for (const { id, to } of moves) this.#index.shift(id, to);
    this.superseded.clear();
    this.removed = [];
    this.foreign = foreign;
    this.#end = end;
    this.#seen(found);
  }

  supersede(key: string, place: Place): void {
    const places = this.superseded.get(key);
    if (places === undefined) this.superseded.set(key, [place]);
    else places.push(place);
  }

  /** A line of a key is out of date, because the key moved or has to go; `drop` follows under the lock. */
  leave(key: string, place: Place): void {
    this.#leaving.add(key);
    this.supersede(key, place);
  }

  /** The key is stored here anew. */
  stay(key: string): void {
    this.#leaving.delete(key);
  }

  /** True if any line of the key is in the file. */
  holds(key: string): boolean {
    return this.#hasSlot(this.#index.find(key)) || this.superseded.has(key);
  }

  /** All lines of a key in this file are to be overwritten; its slot goes if it is here. */
  drop(key: string): void {
    this.#leaving.delete(key);
    const id = this.#index.find(key);
    if (this.#hasSlot(id)) {
      this.removed.push(this.#index.placeOf(id));
      this.#index.remove(id);
    }
    const older = this.superseded.get(key);
    if (older === undefined) return;
    this.removed.push(...older);
    this.superseded.delete(key);
  }

  /** The record of a slot is damaged: out of the index, and to be set aside. Counted by whoever read it. */
  setAside(id: SlotId): void {
    const place = this.#index.placeOf(id);
    this.#reported.add(nameOf(place));
    this.damaged.push(place);
    this.#unfit.push({ key: this.#index.keyOf(id), offset: place.offset, sum: this.#bytesSum(place) });
    this.#index.remove(id);
  }

  /** With the lock held: looks at the suspects once more, and counts those that are damaged indeed. */
  confirmDamaged(): void {
    if (this.damaged.length === 0) return;
    const unfit = this.#unfit;
    this.rescan();
    this.reportDamaged();
    for (const { key, offset, sum } of unfit) {
      const id = this.#index.find(key);
      if (!this.#hasSlot(id)) continue;
      const place = this.#index.placeOf(id);
      if (place.offset !== offset || this.#bytesSum(place) !== sum) continue;
      this.damaged.push(place);
      this.#index.remove(id);
    }
  }

  /** Counts what is damaged, each line once. */
  reportDamaged(): void {
    for (const place of this.damaged) {
      const name = nameOf(place);
      if (this.#reported.has(name)) continue;
      this.#reported.add(name);
      this.#listener.damaged(this.number);
    }
  }

  #lost(): boolean {
    if (this.#size < 0 && this.#end === 0) return false;
    this.#forget();
    this.#size = -1;
    this.#mtimeMs = -1;
    return true;
  }

  /** True if what we took for the end of a line is none: somebody cut the file and wrote on. */
  #isCutOpen(): boolean {
    return this.#end > 0 && this.file.read(this.#end - 1, 1)[0] !== 0x0a;
  }

  #forget(): void {
    this.#before = this.#index.removeShard(this.number);
    this.superseded.clear();
    this.removed = [];
    this.damaged = [];
    this.#unfit = [];
    this.foreign = [];
    this.tail = undefined;
    this.#end = 0;
    this.#isFull = true;
  }

  #seen(found: FileState): void {
    if (found.isOther) this.#reported.clear();
    this.#size = found.size;
    this.#mtimeMs = found.mtimeMs;
  }

  readonly #visitor = {
    line: (bytes: Buffer, start: number, end: number, offset: number): void => {
      const next = offset + (end - start) + 1;
      if (this.#takePlain(bytes, start, end, offset)) {
        this.#end = next;
        return;
      }
      const head = readLineHead(bytes, start, end);
      if (head.kind === 'damaged') this.#takePieces(bytes.subarray(start, end), offset);
      else this.#take(head, { offset, length: end - start });
      this.#end = next;
    },
    tooLong: (offset: number, length: number): void => {
      this.#take({ kind: 'damaged' }, { offset, length });
      this.#end = offset + length + 1;
    },
    tail: (bytes: Buffer, offset: number): void => {
      const place = { offset, length: bytes.length };
      const head = readLineHead(bytes, 0, bytes.length);
      const isRecord = head.kind === 'record' && isWhole(bytes, head.key);
      this.tail = { ...place, isRecord };
      if (isRecord) this.#take(head, place);
    },
  };

  /** The fast way for a record of a new key, which is what most lines are: false if this is not one. */
  #takePlain(bytes: Buffer, start: number, end: number, offset: number): boolean {
    const head = this.#head;
    if (this.#index.isOrdered || this.#leaving.size > 0 || !head.cut(bytes, start, end)) return false;
    const { keyStart, keyEnd, expiresAt } = head;
    const place = { offset, length: end - start };
    if (!this.#index.addBytes(bytes, keyStart, keyEnd, this.number, place, expiresAt)) {
      const facts = { expiresAt, lastAccessed: 0, accessCount: 0, fetchTime: 0 };
      this.#takeRecord(bytes.toString('latin1', keyStart, keyEnd), place, facts);
    }
    return true;
  }

  #take(head: LineHead, place: Place): void {
    if (head.kind === 'record') this.#takeRecord(head.key, place, head.facts);
    else if (head.kind === 'deleted' || head.kind === 'moved') this.#takeRemoval(head.key, head.kind === 'deleted');
    else if (head.kind === 'damaged') this.damaged.push(place);
    else if (head.kind === 'other') this.foreign.push(place);
    else if (head.kind === 'shards' && !this.#isFull) this.#listener.resharded(head.numShards);
  }

  #takeRecord(key: string, place: Place, facts: SlotFacts): void {
    if (this.#leaving.has(key)) {
      this.supersede(key, place);
      return;
    }
    const known = this.#index.find(key);
    if (known === NO_SLOT) {
      this.#index.add(key, this.number, place, facts, this.#before?.get(key));
      return;
    }
    const shard = this.#index.shardOf(known);
    const older = this.#index.placeOf(known);
    if (shard === this.number) {
      // The last line without a newline is met again once it has one.
      if (older.offset !== place.offset && !this.#follows(key, older, place)) return;
    } else if (this.#isFull && shard > this.number) {
      // Of two shards the higher one wins, as in ProxyWhirl; what is appended while we look is newer than either.
      this.supersede(key, place);
      return;
    } else if (this.#isMisnamed(place)) {
      this.damaged.push(place);
      return;
    } else this.#listener.superseded(shard, key, older);
    // What was in the file before it was read again is no new use.
    const isUse = older.offset !== place.offset && this.#before?.has(key) !== true;
    this.#index.replace(known, this.number, place, facts, isUse);
  }

  /** Of two lines of a key the later one counts, unless it is one of another key whose name rotted; a damaged one is set aside. */
  #follows(key: string, older: Place, newer: Place): boolean {
    if (this.#isMisnamed(newer)) {
      this.damaged.push(newer);
      return false;
    }
    const before = readRaw(this.file.read(older.offset, older.length));
    if (before !== undefined && fitsChecksum(before)) this.supersede(key, older);
    else this.damaged.push(older);
    return true;
  }

  #isMisnamed(place: Place): boolean {
    const raw = readRaw(this.file.read(place.offset, place.length));
    return raw !== undefined && !fitsChecksum(raw) && hasForeignKey(raw);
  }

  #takePieces(line: Buffer, offset: number): void {
    for (const { head, start, end } of salvage(line)) this.#take(head, { offset: offset + start, length: end - start });
  }

  /** In a full reading a note says nothing of other shards: a newer value may have gone there since. */
  #takeRemoval(key: string, everywhere: boolean): void {
    const id = this.#index.find(key);
    if (everywhere && !this.#isFull && id !== NO_SLOT && !this.#hasSlot(id)) {
      this.#listener.superseded(this.#index.shardOf(id), key, this.#index.placeOf(id));
      this.#index.remove(id);
    }
    this.drop(key);
  }

  #hasSlot(id: SlotId): boolean {
    return id !== NO_SLOT && this.#index.shardOf(id) === this.number;
  }

  #bytesSum({ offset, length }: Place): number {
    return crc32(this.file.read(offset, length));
  }
}

function nameOf({ offset, length }: Place): string {
  return `${offset}:${length}`;
}

function isWhole(bytes: Buffer, key: string): boolean {
  try {
    decodeRecord(bytes, key);
    return true;
  } catch {
    return false;
  }
}
