import type { Rank } from './eviction-order.ts';
import { HeadCutter } from './head-cutter.ts';
import { type LineHead, readLineHead } from './line-head.ts';
import type { Place } from './place.ts';
import { decodeRecord, fitsChecksum, hasForeignKey, readRaw } from './record-line.ts';
import { maySalvage, salvage } from './salvage.ts';
import type { LineVisitor } from './scan-lines.ts';
import type { ShardFile } from './shard-file.ts';
import type { ShardLines } from './shard-lines.ts';
import type { ShardListener } from './shard-listener.ts';
import { NO_SLOT, type SlotFacts, type SlotId } from './slot.ts';
import type { SlotIndex } from './slot-index.ts';

export interface LineTakerParts {
  readonly number: number;
  readonly file: ShardFile;
  readonly index: SlotIndex;
  readonly lines: ShardLines;
  readonly listener: ShardListener;
  /** All lines of a key in this file are to be overwritten. */
  drop(key: string): void;
}

/** Brings what the lines of a shard file say into the index, line by line in their order. */
export class LineTaker implements LineVisitor {
  readonly #number: number;
  readonly #file: ShardFile;
  readonly #index: SlotIndex;
  readonly #lines: ShardLines;
  readonly #listener: ShardListener;
  readonly #drop: (key: string) => void;
  readonly #head = new HeadCutter();
  /** Ranks from before a full reading; set only during one. */
  #before: Map<string, Rank> | undefined;
  #isFull = true;
  #now = 0;
  /** Where one line is damaged, the next is likely to be. */
  #isAfterDamage = false;
  /** Damaged lines up to here, in the list only when another line or the end comes: what is in the list does not change. */
  readonly #run = { offset: 0, length: 0, lines: 0 };
  /** The same of short lines of others. */
  readonly #foreignRun = { offset: 0, length: 0, lines: 0 };

  constructor(parts: LineTakerParts) {
    this.#number = parts.number;
    this.#file = parts.file;
    this.#index = parts.index;
    this.#lines = parts.lines;
    this.#listener = parts.listener;
    this.#drop = parts.drop;
  }

  /** All lines come, from the first one; `before` are the ranks that their keys had. */
  beginFull(before: Map<string, Rank> | undefined): void {
    this.#isFull = true;
    this.#before = before;
    this.#now = this.#listener.now();
  }

  /** What comes was appended to what is known. */
  beginAppended(): void {
    this.#isFull = false;
    this.#now = this.#listener.now();
  }

  finish(): void {
    this.#endRuns();
    this.#before = undefined;
  }

  line(bytes: Buffer, start: number, end: number, offset: number): Iterable<void> | undefined {
    const length = end - start;
    if (!this.#takePlain(bytes, start, end, offset)) {
      const head = readLineHead(bytes, start, end, this.#isAfterDamage);
      this.#isAfterDamage = head.kind === 'damaged';
      if (this.#isAfterDamage && maySalvage(length)) return this.#takePieces(bytes.subarray(start, end), offset);
      // One record is all that is in it: nothing to salvage.
      this.#take(this.#isWronglyExpired(head, bytes, start, end) ? DAMAGED : head, { offset, length });
    }
    this.#lines.end = offset + length + 1;
    return undefined;
  }

  tooLong(offset: number, length: number): void {
    this.#take(DAMAGED, { offset, length });
    this.#lines.end = offset + length + 1;
  }

  tail(bytes: Buffer, offset: number): void {
    const place = { offset, length: bytes.length };
    const head = readLineHead(bytes, 0, bytes.length);
    const isRecord = head.kind === 'record' && isWhole(bytes, head.key);
    this.#lines.tail = { ...place, isRecord };
    if (isRecord) this.#take(head, place);
  }

  longTail(offset: number, length: number): void {
    this.#lines.tail = { offset, length, isRecord: false };
  }

  /**
   * True for a record that is expired, but does not fit its checksum: nobody reads one that is expired, so nobody else would
   * notice that its time rotted.
   */
  #isWronglyExpired(head: LineHead, bytes: Buffer, start: number, end: number): boolean {
    if (head.kind !== 'record' || this.#now < head.facts.expiresAt) return false;
    const raw = readRaw(bytes.subarray(start, end));
    return raw !== undefined && !fitsChecksum(raw);
  }

  /** The fast way for a record of a new key, which is what most lines are: false if this is not one. */
  #takePlain(bytes: Buffer, start: number, end: number, offset: number): boolean {
    const head = this.#head;
    if (this.#index.isOrdered || this.#lines.leaving.size > 0 || !head.cut(bytes, start, end)) return false;
    const { keyStart, keyEnd, expiresAt } = head;
    if (this.#now >= expiresAt) return false;
    const place = { offset, length: end - start };
    if (!this.#index.addBytes(bytes, keyStart, keyEnd, this.#number, place, expiresAt)) {
      const facts = { expiresAt, lastAccessed: 0, accessCount: 0, fetchTime: 0 };
      this.#takeRecord(bytes.toString('latin1', keyStart, keyEnd), place, facts);
    }
    return true;
  }

  #take(head: LineHead, place: Place): void {
    if (head.kind === 'record') this.#takeRecord(head.key, place, head.facts);
    else if (head.kind === 'deleted' || head.kind === 'moved') this.#takeRemoval(head.key, head.kind === 'deleted');
    else if (head.kind === 'damaged') this.#takeDamaged(place);
    else if (head.kind === 'other') this.#takeForeign(place);
    else if (head.kind === 'shards' && !this.#isFull) this.#listener.resharded(head.numShards);
  }

  #takeDamaged({ offset, length }: Place): void {
    if (isJoined(this.#run, offset, length, LONGEST_RUN)) return;
    this.#endRuns();
    Object.assign(this.#run, { offset, length, lines: 1 });
  }

  #takeForeign(place: Place): void {
    if (place.length > SHORT) {
      this.#lines.keepForeign(place);
      return;
    }
    if (isJoined(this.#foreignRun, place.offset, place.length, LONGEST_FOREIGN_RUN)) return;
    this.#endRuns();
    Object.assign(this.#foreignRun, { ...place, lines: 1 });
  }

  #endRuns(): void {
    if (this.#run.lines > 0) this.#lines.damaged.push({ ...this.#run });
    const { offset, length, lines } = this.#foreignRun;
    if (lines > 0) this.#lines.keepForeign({ offset, length });
    this.#run.lines = 0;
    this.#foreignRun.lines = 0;
  }

  #takeRecord(key: string, place: Place, facts: SlotFacts): void {
    if (this.#lines.leaving.has(key)) {
      this.#lines.supersede(key, place);
      return;
    }
    const known = this.#index.find(key);
    if (known === NO_SLOT) {
      this.#index.add(key, this.#number, place, facts, this.#before?.get(key));
      return;
    }
    const shard = this.#index.shardOf(known);
    const older = this.#index.placeOf(known);
    if (shard === this.#number) {
      // The last line without a newline is met again once it has one.
      if (older.offset !== place.offset && !this.#follows(key, older, place)) return;
    } else if (this.isMisnamed(place)) {
      this.#lines.suspect(place);
      return;
    } else if (this.#isOlderThanIn(shard, key)) {
      this.#lines.supersede(key, place);
      return;
    } else this.#listener.superseded(shard, key, older);
    // What was in the file before it was read again is no new use.
    const isUse = older.offset !== place.offset && this.#before?.has(key) !== true;
    this.#index.replace(known, this.#number, place, facts, isUse);
  }

  /** True if the line of a key that another shard has counts, and not the one that is read here. */
  #isOlderThanIn(shard: number, key: string): boolean {
    this.#listener.metTwice();
    if (this.#listener.isAtHome(key, shard)) return true;
    if (this.#listener.isAtHome(key, this.#number)) return false;
    // Of two shards the higher one wins, as in ProxyWhirl; what is appended while we look is newer than either.
    return this.#isFull && shard > this.#number;
  }

  /** Of two lines of a key the later one counts, unless it is one of another key whose name rotted; a damaged one is set aside. */
  #follows(key: string, older: Place, newer: Place): boolean {
    if (this.isMisnamed(newer)) {
      this.#lines.suspect(newer);
      return false;
    }
    const before = readRaw(this.#file.read(older.offset, older.length));
    if (before !== undefined && fitsChecksum(before)) this.#lines.supersede(key, older);
    else this.#lines.suspect(older);
    return true;
  }

  /** True for a line of another key, whose name rotted. */
  isMisnamed(place: Place): boolean {
    const raw = readRaw(this.#file.read(place.offset, place.length));
    return raw !== undefined && !fitsChecksum(raw) && hasForeignKey(raw);
  }

  *#takePieces(line: Buffer, offset: number): Generator<void, void> {
    for (const { head, start, end } of yield* salvage(line))
      this.#take(head, { offset: offset + start, length: end - start });
    this.#lines.end = offset + line.length + 1;
  }

  /** In a full reading a note says nothing of other shards: a newer value may have gone there since. */
  #takeRemoval(key: string, everywhere: boolean): void {
    const id = this.#index.find(key);
    if (everywhere && !this.#isFull && id !== NO_SLOT && !this.#hasSlot(id)) {
      this.#listener.superseded(this.#index.shardOf(id), key, this.#index.placeOf(id));
      this.#index.remove(id);
    }
    this.#drop(key);
  }

  #hasSlot(id: SlotId): boolean {
    return id !== NO_SLOT && this.#index.shardOf(id) === this.#number;
  }
}

/** Bytes. A line that is shorter than this holds no token: those are looked for line by line. */
const SHORT = 64;
const LONGEST_FOREIGN_RUN = 64 * 1024;
const LONGEST_RUN = 1024 * 1024;
const DAMAGED: LineHead = { kind: 'damaged' };

/** Adds a line to the lines that it follows, if it does and they do not become longer than `most`. */
function isJoined(
  run: { offset: number; length: number; lines: number },
  offset: number,
  length: number,
  most: number,
): boolean {
  const joined = offset + length - run.offset;
  if (run.lines === 0 || offset !== run.offset + run.length + 1 || joined > most) return false;
  run.length = joined;
  run.lines++;
  return true;
}

function isWhole(bytes: Buffer, key: string): boolean {
  try {
    decodeRecord(bytes, key);
    return true;
  } catch {
    return false;
  }
}
