import { isAscii } from 'node:buffer';
import { crc32 } from 'node:zlib';
import { type LineHead, readLineHead } from './line-head.ts';
import type { Place } from './place.ts';
import { decodeRecord, fitsChecksum, type RawRecord, readRaw } from './record-line.ts';
import { hasForeignKey, salvage } from './salvage.ts';
import { scanLines } from './scan-lines.ts';
import { type FileState, ShardFile } from './shard-file.ts';
import type { Slot, SlotFacts, SlotMove } from './slot.ts';
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
  /** Slots from before a full reading, for their rank; set only during one. */
  #before: Map<string, Slot> | undefined;
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
    return (
      this.#index.slotsOf(this.number).length === 0 && this.foreign.length + this.damaged.length === 0 && !this.tail
    );
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
  readRecord(slot: Slot): RawRecord {
    const bytes = this.file.read(slot);
    const sum = crc32(bytes) | 0;
    // The very bytes whose values were found right: to sum up bytes is much cheaper than to sum up values.
    if (sum === slot.sum && sum !== 0) return JSON.parse(bytes.toString('latin1')) as RawRecord;
    const raw = decodeRecord(bytes, slot.key);
    if (isAscii(bytes)) slot.sum = sum;
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
      this.#index.slotsOf(this.number).length === moves.length &&
      moves.every(({ slot, from }) => slot.listAt >= 0 && slot.shard === this.number && slot.offset === from);
    if (found?.size !== end || !isClean || !isSame) {
      this.rescan();
      return;
    }
    for (const { slot, to } of moves) slot.offset = to;
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
    return this.#index.get(key)?.shard === this.number || this.superseded.has(key);
  }

  /** All lines of a key in this file are to be overwritten; its slot goes if it is here. */
  drop(key: string): void {
    this.#leaving.delete(key);
    const slot = this.#index.get(key);
    if (slot?.shard === this.number) {
      this.removed.push({ offset: slot.offset, length: slot.length });
      this.#index.remove(slot);
    }
    const older = this.superseded.get(key);
    if (older === undefined) return;
    this.removed.push(...older);
    this.superseded.delete(key);
  }

  /** The record of a slot is damaged: out of the index, and to be set aside. Counted by whoever read it. */
  setAside(slot: Slot): void {
    const { key, offset, length } = slot;
    this.#reported.add(nameOf(slot));
    this.damaged.push({ offset, length });
    this.#unfit.push({ key, offset, sum: crc32(this.file.read(slot)) });
    this.#index.remove(slot);
  }

  /** With the lock held: looks at the suspects once more, and counts those that are damaged indeed. */
  confirmDamaged(): void {
    if (this.damaged.length === 0) return;
    const unfit = this.#unfit;
    this.rescan();
    this.reportDamaged();
    for (const { key, offset, sum } of unfit) {
      const slot = this.#index.get(key);
      if (slot?.shard !== this.number || slot.offset !== offset || crc32(this.file.read(slot)) !== sum) continue;
      this.damaged.push({ offset, length: slot.length });
      this.#index.remove(slot);
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
    return this.#end > 0 && this.file.read({ offset: this.#end - 1, length: 1 })[0] !== 0x0a;
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
      const head = readLineHead(bytes, start, end, this.#index.isOrdered);
      if (head.kind === 'damaged') this.#takePieces(bytes.subarray(start, end), offset);
      else this.#take(head, { offset, length: end - start });
      this.#end = offset + (end - start) + 1;
    },
    tooLong: (offset: number, length: number): void => {
      this.#take({ kind: 'damaged' }, { offset, length });
      this.#end = offset + length + 1;
    },
    tail: (bytes: Buffer, offset: number): void => {
      const place = { offset, length: bytes.length };
      const head = readLineHead(bytes, 0, bytes.length, this.#index.isOrdered);
      const isRecord = head.kind === 'record' && isWhole(bytes, head.key);
      this.tail = { ...place, isRecord };
      if (isRecord) this.#take(head, place);
    },
  };

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
    const known = this.#index.get(key);
    if (known === undefined) {
      this.#index.add(key, this.number, place, facts, this.#before?.get(key));
      return;
    }
    const { shard, offset, length } = known;
    if (shard === this.number) {
      // The last line without a newline is met again once it has one.
      if (offset !== place.offset && !this.#follows(key, { offset, length }, place)) return;
    } else if (this.#isFull && shard > this.number) {
      // Of two shards the higher one wins, as in ProxyWhirl; what is appended while we look is newer than either.
      this.supersede(key, place);
      return;
    } else if (this.#isMisnamed(place)) {
      this.damaged.push(place);
      return;
    } else this.#listener.superseded(shard, key, { offset, length });
    // What was in the file before it was read again is no new use.
    const isUse = offset !== place.offset && this.#before?.has(key) !== true;
    this.#index.replace(known, this.number, place, facts, isUse);
  }

  /** Of two lines of a key the later one counts, unless it is one of another key whose name rotted; a damaged one is set aside. */
  #follows(key: string, older: Place, newer: Place): boolean {
    if (this.#isMisnamed(newer)) {
      this.damaged.push(newer);
      return false;
    }
    const before = readRaw(this.file.read(older));
    if (before !== undefined && fitsChecksum(before)) this.supersede(key, older);
    else this.damaged.push(older);
    return true;
  }

  #isMisnamed(place: Place): boolean {
    const raw = readRaw(this.file.read(place));
    return raw !== undefined && !fitsChecksum(raw) && hasForeignKey(raw);
  }

  #takePieces(line: Buffer, offset: number): void {
    for (const { head, start, end } of salvage(line)) this.#take(head, { offset: offset + start, length: end - start });
  }

  /** In a full reading a note says nothing of other shards: a newer value may have gone there since. */
  #takeRemoval(key: string, everywhere: boolean): void {
    const slot = this.#index.get(key);
    if (everywhere && !this.#isFull && slot !== undefined && slot.shard !== this.number) {
      this.#listener.superseded(slot.shard, key, { offset: slot.offset, length: slot.length });
      this.#index.remove(slot);
    }
    this.drop(key);
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
