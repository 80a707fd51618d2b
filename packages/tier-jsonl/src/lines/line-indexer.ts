import { differInAccessOnly } from '../changes/access-only.ts';
import type { Rank } from '../index/eviction-ranking.ts';
import { NO_RECORD, type RecordFacts, type RecordId } from '../index/record-id.ts';
import type { RecordIndex } from '../index/record-index.ts';
import type { ShardFile } from '../shard/shard-file.ts';
import type { ShardLines } from '../shard/shard-lines.ts';
import type { ShardListener } from '../shard/shard-listener.ts';
import type { ByteRange } from './byte-range.ts';
import { HeadCutter, SHORTEST_PLAIN } from './head-cutter.ts';
import { HeadReader, type LineHead } from './line-head.ts';
import { LineRunBuilder } from './line-run-builder.ts';
import { isTooDeep } from './plain-values.ts';
import type { RawRecord } from './raw-record.ts';
import { decodeLine, endsWithVersion, hasForeignKey, matchesChecksum, parseRaw } from './record-line.ts';
import { maySalvage, salvage } from './salvage.ts';
import type { LineVisitor } from './scan-lines.ts';

export interface LineIndexerParts {
  readonly number: number;
  readonly file: ShardFile;
  readonly index: RecordIndex;
  readonly lines: ShardLines;
  readonly listener: ShardListener;
  /** Marks all lines of a key in this file to be overwritten. */
  drop(key: string): void;
}

interface Verdict {
  readonly raw: RawRecord | undefined;
  /** True if it matches its checksum. */
  readonly matches: boolean;
}

/**
 * Brings the lines of a shard file into the index, in order: the last valid line of a key wins.
 *
 * A *full* reading starts at the first line, with the ranks that keys had before; an *appended* one continues after the
 * last complete line. Notes of deletion reach other shards only in an appended reading: in a full one a newer value may
 * have been stored there since. Adjacent damaged or foreign lines are collected in runs. A run is added to its list
 * only when a different line or the end of the file follows, so that entries of a list never change.
 */
export class LineIndexer implements LineVisitor {
  readonly #number: number;
  readonly #file: ShardFile;
  readonly #index: RecordIndex;
  readonly #lines: ShardLines;
  readonly #listener: ShardListener;
  readonly #drop: (key: string) => void;
  readonly #head = new HeadCutter();
  readonly #reader = new HeadReader();
  /** Ranks from before a full reading; set only during one. */
  #before: Map<string, Rank> | undefined;
  #isFull = true;
  /** True if each appended line is to be reported. */
  #isReporting = false;
  #now = 0;
  /** After a damaged line, the next one is likely to be damaged too. */
  #isAfterDamage = false;
  /** The current run of damaged lines. */
  readonly #damaged = new LineRunBuilder();
  /** The current run of short foreign lines. */
  readonly #foreign = new LineRunBuilder();

  #lastVerdict: (Verdict & { readonly offset: number }) | undefined;
  /** The current line: its bytes, where it starts in them, and its offset in the file. */
  #bytes: Buffer | undefined;
  #start = 0;
  #offset = 0;

  constructor(parts: LineIndexerParts) {
    this.#number = parts.number;
    this.#file = parts.file;
    this.#index = parts.index;
    this.#lines = parts.lines;
    this.#listener = parts.listener;
    this.#drop = parts.drop;
  }

  /** Starts a full reading; `before` are the ranks that the keys had. Abandons an unfinished reading. */
  beginFull(before: Map<string, Rank> | undefined): void {
    this.#lastVerdict = undefined;
    this.#damaged.end();
    this.#foreign.end();
    this.#isFull = true;
    this.#isReporting = false;
    // An unfinished reading still has the ranks of the keys that it did not reach.
    this.#before = before === undefined ? undefined : new Map([...(this.#before ?? []), ...before]);
    this.#now = this.#listener.now();
  }

  /** Starts a reading of lines appended to those known. */
  beginAppended(): void {
    this.#lastVerdict = undefined;
    this.#isFull = false;
    this.#isReporting = this.#listener.wantsChanges();
    this.#now = this.#listener.now();
  }

  finish(): void {
    this.#endRuns();
    this.#lastVerdict = undefined;
    this.#bytes = undefined;
    this.#before = undefined;
  }

  blank(from: number, to: number): void {
    this.#lines.end = to;
    // A few blank lines do not end a run.
    if (this.#damaged.next === from && to - from < SHORT) this.#damaged.next = to;
  }

  line(bytes: Buffer, start: number, end: number, offset: number): Iterable<void> | undefined {
    const length = end - start;
    if (length < SHORTEST_PLAIN || !this.#addPlain(bytes, start, end, offset)) {
      const head = this.#reader.read(bytes, start, end, this.#isAfterDamage);
      this.#isAfterDamage = head.kind === 'damaged';
      if (head.kind === 'other') this.#addForeign(offset, length);
      else if (this.#isAfterDamage && !maySalvage(length)) this.#addDamaged(offset, length);
      else if (this.#isAfterDamage) return this.#addPieces(bytes.subarray(start, end), offset);
      // It contains a single record: nothing to salvage.
      else if (this.#isWronglyExpired(head, bytes, start, end)) this.#addDamaged(offset, length);
      else {
        this.#setCurrent(bytes, start, offset);
        this.#addLine(head, offset, length);
      }
    }
    this.#lines.end = offset + length + 1;
    return undefined;
  }

  #setCurrent(bytes: Buffer, start: number, offset: number): void {
    this.#bytes = bytes;
    this.#start = start;
    this.#offset = offset;
  }

  tooLong(offset: number, length: number): void {
    this.#addDamaged(offset, length);
    this.#lines.end = offset + length + 1;
  }

  tail(bytes: Buffer, offset: number): void {
    const range = { offset, length: bytes.length };
    const head = this.#reader.read(bytes, 0, bytes.length);
    const isRecord = head.kind === 'record' && isWhole(bytes, head.key);
    this.#lines.tail = { ...range, isRecord };
    if (isRecord) this.#addRecord(head.key, range, head.facts);
  }

  longTail(offset: number, length: number): void {
    this.#lines.tail = { offset, length, isRecord: false };
  }

  /**
   * True for an expired record that does not match its checksum: expired records are never read, so a corrupted expiry
   * would otherwise go unnoticed.
   */
  #isWronglyExpired(head: LineHead, bytes: Buffer, start: number, end: number): boolean {
    if (head.kind !== 'record' || this.#now < head.facts.expiresAt) return false;
    return !verify(bytes.subarray(start, end)).matches;
  }

  /** Fast path for a record of a new key, as most lines are; false if this is not one. */
  #addPlain(bytes: Buffer, start: number, end: number, offset: number): boolean {
    const head = this.#head;
    if (this.#index.isOrdered || this.#lines.leaving.size > 0 || !head.cut(bytes, start, end)) return false;
    const { keyStart, keyEnd, expiresAt } = head;
    if (this.#now >= expiresAt) return false;
    const range = { offset, length: end - start };
    const id = this.#index.addBytes(bytes, keyStart, keyEnd, this.#number, range, expiresAt);
    if (id !== NO_RECORD) {
      if (endsWithVersion(bytes, start, end)) this.#index.setVersioned(id);
      if (this.#isReporting) this.#listener.changed(bytes.toString('latin1', keyStart, keyEnd));
    } else {
      const facts = { expiresAt, lastAccessed: 0, accessCount: 0, fetchTime: 0 };
      this.#setCurrent(bytes, start, offset);
      this.#addRecord(bytes.toString('latin1', keyStart, keyEnd), range, facts);
    }
    return true;
  }

  #addLine(head: LineHead, offset: number, length: number): void {
    if (head.kind === 'record') this.#addRecord(head.key, { offset, length }, head.facts);
    else if (head.kind === 'deleted' || head.kind === 'moved') this.#applyRemoval(head.key, head.kind === 'deleted');
    else if (head.kind === 'damaged') this.#addDamaged(offset, length);
    else if (head.kind === 'other') this.#addForeign(offset, length);
    else if (head.kind === 'shards' && !this.#isFull) this.#listener.resharded(head.numShards);
  }

  #addDamaged(offset: number, length: number): void {
    if (this.#damaged.join(offset, length, LONGEST_RUN)) return;
    this.#endRuns();
    this.#damaged.begin(offset, length);
  }

  #addForeign(offset: number, length: number): void {
    if (length > SHORT) this.#lines.addForeign(offset, length);
    else if (!this.#foreign.join(offset, length, LONGEST_FOREIGN_RUN)) {
      this.#endRuns();
      this.#foreign.begin(offset, length);
    }
  }

  #endRuns(): void {
    const damaged = this.#damaged;
    const foreign = this.#foreign;
    if (damaged.lines > 0) this.#lines.damaged.add(damaged.offset, damaged.length, damaged.lines);
    if (foreign.lines > 0) this.#lines.addForeign(foreign.offset, foreign.length);
    damaged.end();
    foreign.end();
  }

  #addRecord(key: string, range: ByteRange, facts: RecordFacts): void {
    if (this.#lines.leaving.has(key)) {
      this.#lines.supersede(key, range);
      return;
    }
    const known = this.#index.find(key);
    if (this.#isReporting && !this.#isAccessOnly(known, range)) this.#listener.changed(key);
    if (known === NO_RECORD) {
      this.#noteVersion(this.#index.add(key, this.#number, range, facts, this.#before?.get(key)), range);
      return;
    }
    const shard = this.#index.shardOf(known);
    const older = this.#index.rangeOf(known);
    if (shard === this.#number) {
      // A last line without newline is found again once it has one.
      if (older.offset !== range.offset && !this.#supersedeOlder(key, older, range)) return;
    } else if (this.hasCorruptKey(range)) {
      this.#lines.addSuspect(range);
      return;
    } else if (this.#isOlderThanIn(shard, key)) {
      this.#lines.supersede(key, range);
      return;
    } else this.#listener.superseded(shard, key, older);
    // A line that was in the file before it was re-read is not a new use.
    const isUse = older.offset !== range.offset && this.#before?.has(key) !== true;
    this.#index.replace(known, this.#number, range, facts, isUse);
    this.#noteVersion(known, range);
  }

  #noteVersion(id: RecordId, { offset, length }: ByteRange): void {
    if (offset !== this.#offset || this.#bytes === undefined) return;
    if (endsWithVersion(this.#bytes, this.#start, this.#start + length)) this.#index.setVersioned(id);
  }

  /** True if a line only differs in access metadata from the one that it replaces. Both are verified anyway. */
  #isAccessOnly(known: RecordId, newer: ByteRange): boolean {
    if (!this.#owns(known)) return false;
    const older = this.#verify(this.#index.rangeOf(known));
    return older.matches && differInAccessOnly(older.raw, this.#verify(newer).raw);
  }

  /** True if the line of the key in `shard` counts instead of the line being read. */
  #isOlderThanIn(shard: number, key: string): boolean {
    this.#listener.foundInTwoShards();
    if (this.#listener.isAtHome(key, shard)) return true;
    if (this.#listener.isAtHome(key, this.#number)) return false;
    // The higher shard number wins, as in ProxyWhirl; a line appended during our reading is newer than either.
    return this.#isFull && shard > this.#number;
  }

  /**
   * The later of two lines of a key counts, unless it is the line of another key that was corrupted into this one.
   * Supersedes the older line, or sets a damaged one aside; false if the newer one does not count.
   */
  #supersedeOlder(key: string, older: ByteRange, newer: ByteRange): boolean {
    // The older line is verified first: its verdict may still be cached.
    const { matches } = this.#verify(older);
    if (this.hasCorruptKey(newer)) {
      this.#lines.addSuspect(newer);
      return false;
    }
    if (matches) this.#lines.supersede(key, older);
    else this.#lines.addSuspect(older);
    return true;
  }

  /** True for the line of another key that was corrupted into this one. */
  hasCorruptKey(range: ByteRange): boolean {
    const { raw, matches } = this.#verify(range);
    return !matches && raw !== undefined && hasForeignKey(raw);
  }

  /**
   * Parses a line and verifies its checksum. The last verdict is cached, since lines of one key are compared in pairs.
   */
  #verify({ offset, length }: ByteRange): Verdict {
    if (this.#lastVerdict?.offset === offset) return this.#lastVerdict;
    const isHere = offset === this.#offset && this.#bytes !== undefined;
    const line = isHere ? this.#bytes!.subarray(this.#start, this.#start + length) : this.#file.read(offset, length);
    this.#lastVerdict = { offset, ...verify(line) };
    return this.#lastVerdict;
  }

  *#addPieces(line: Buffer, offset: number): Generator<void, void> {
    for (const { head, start, end } of yield* salvage(line)) this.#addLine(head, offset + start, end - start);
    this.#lines.end = offset + line.length + 1;
  }

  /** In a full reading a note does not apply to other shards: a newer value may have been stored there since. */
  #applyRemoval(key: string, everywhere: boolean): void {
    const id = this.#index.find(key);
    if (this.#isReporting && (everywhere ? id !== NO_RECORD : this.#owns(id))) this.#listener.changed(key);
    if (everywhere && !this.#isFull && id !== NO_RECORD && !this.#owns(id)) {
      this.#listener.superseded(this.#index.shardOf(id), key, this.#index.rangeOf(id));
      this.#index.remove(id);
    }
    this.#drop(key);
  }

  #owns(id: RecordId): boolean {
    return id !== NO_RECORD && this.#index.shardOf(id) === this.#number;
  }
}

/**
 * In bytes. A line of at most this length cannot contain a token, so a run of them need not be searched line by line.
 */
const SHORT = 64;
const LONGEST_FOREIGN_RUN = 64 * 1024;
const LONGEST_RUN = 1024 * 1024;

function verify(line: Buffer): Verdict {
  const raw = isTooDeep(line) ? undefined : parseRaw(line);
  return { raw, matches: raw !== undefined && matchesChecksum(raw) };
}

function isWhole(bytes: Buffer, key: string): boolean {
  try {
    decodeLine(bytes, key);
    return true;
  } catch {
    return false;
  }
}
