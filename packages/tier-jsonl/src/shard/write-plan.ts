import { crc32 } from 'node:zlib';
import { CacheCorruptionError } from '@pw/cache-models';
import { addHits, formatInstant, parseInstant } from '@pw/cache-models/tier';
import { NO_RECORD, type RecordFacts, type RecordId } from '../index/record-id.ts';
import type { RecordIndex } from '../index/record-index.ts';
import { MAX_LINE } from '../limits.ts';
import type { ByteRange } from '../lines/byte-range.ts';
import type { RawRecord } from '../lines/raw-record.ts';
import { encodeRaw, endsWithVersion, noteLine, parseRaw } from '../lines/record-line.ts';
import type { MarkChange, MarkKey } from '../marks/mark-lines.ts';
import { highest, type ShardMarks } from '../marks/shard-marks.ts';
import type { Shard } from './shard.ts';
import {
  CallerFault,
  type Elsewhere,
  type MovingLine,
  type PlannedLine,
  type PlannedOperation,
  type ShardView,
} from './shard-operation.ts';

type AccessOperation = Extract<PlannedOperation, { kind: 'access' }>;

type Intent =
  | { readonly kind: 'line'; readonly text: string; readonly facts: RecordFacts; readonly isUse: boolean }
  | { readonly kind: 'deleted' | 'moved' };

/**
 * The effect of a batch of operations on a shard, worked out in order before anything is written: one line for each key
 * they affect. Neither the shard nor the index changes before `apply`.
 */
export class WritePlan implements ShardView {
  readonly #shard: Shard;
  readonly #index: RecordIndex;
  readonly #shardMarks: ShardMarks;
  /** The marks that change; `undefined` for one that is removed. */
  readonly #marks = new Map<MarkKey, number | undefined>();
  readonly #intents = new Map<string, Intent>();
  readonly #notes: string[] = [];
  /** To be called once the lines are in the index. */
  readonly #onStored: (() => void)[] = [];
  /** True if an eviction was refused: the index, which lacks the record by now, is then wrong. */
  hasRefusedEviction = false;

  constructor(shard: Shard, index: RecordIndex, marks: ShardMarks) {
    this.#shard = shard;
    this.#index = index;
    this.#shardMarks = marks;
  }

  /** Adds an operation and returns its answer, which is valid once the plan is written. */
  add(operation: PlannedOperation): boolean {
    switch (operation.kind) {
      case 'put':
        this.put(operation.key, operation.line, operation.facts);
        return true;
      case 'move':
        return this.#move(operation.key, operation.fetch);
      case 'delete':
        return this.#delete(operation.key, operation.now, operation.onlyExpired);
      case 'evict':
        return this.#evict(operation.key, operation.now);
      case 'decide':
        return this.#decide(operation.decide, operation.failed);
      case 'drop':
        return this.#drop(operation.key);
      case 'drop older':
        return !this.#shard.hasNewest(operation.key) && this.#drop(operation.key);
      case 'confirm':
        return this.#shard.hasNewest(operation.key) && !this.#intents.has(operation.key);
      case 'access':
        return this.#access(operation);
      case 'rewrite':
        return this.#rewrite(operation.key, operation.change);
      case 'announce':
        this.#notes.push(noteLine.shards(operation.numShards));
        return true;
    }
  }

  recordOf(key: string): RawRecord | undefined {
    const intent = this.#intents.get(key);
    if (intent !== undefined) return intent.kind === 'line' ? parseRaw(Buffer.from(intent.text, 'latin1')) : undefined;
    const id = this.#index.find(key);
    return id === NO_RECORD || this.#index.shardOf(id) !== this.#shard.number ? undefined : this.#read(id);
  }

  markOf(key: string): number | undefined {
    const everything = this.#marks.has(null) ? this.#marks.get(null) : this.#shardMarks.ofEverything;
    return highest(this.ownMarkOf(key), everything);
  }

  ownMarkOf(key: MarkKey): number | undefined {
    return this.#marks.has(key) ? this.#marks.get(key) : this.#shardMarks.own.get(key);
  }

  put(key: string, line: string, facts: RecordFacts): void {
    this.#intents.set(key, { kind: 'line', text: line, facts, isUse: true });
  }

  rewrite(key: string, line: string, facts: RecordFacts): void {
    this.#intents.set(key, { kind: 'line', text: line, facts, isUse: false });
  }

  remove(key: string, now: number): boolean {
    return this.#delete(key, now, false);
  }

  mark(key: MarkKey, value: number): void {
    this.#marks.set(key, Math.max(this.ownMarkOf(key) ?? 0, value));
  }

  unmark(key: MarkKey): void {
    if (this.ownMarkOf(key) !== undefined) this.#marks.set(key, undefined);
  }

  /** The marks to store before the lines are appended. One in the file is never lowered. */
  marksBefore(): MarkChange[] {
    const changes: MarkChange[] = [];
    for (const [key, value] of this.#marks)
      if (value !== undefined && value > (this.#shardMarks.own.get(key) ?? -1)) changes.push({ key, value });
    return changes;
  }

  /** The marks to remove once the lines are stored. */
  marksAfter(): MarkChange[] {
    const changes: MarkChange[] = [];
    for (const [key, value] of this.#marks)
      if (value === undefined && this.#shardMarks.own.has(key)) changes.push({ key, value });
    return changes;
  }

  /** The lines to append. */
  lines(): PlannedLine[] {
    const lines: PlannedLine[] = this.#notes.map((text) => ({ key: undefined, text }));
    for (const [key, intent] of this.#intents) {
      if (intent.kind === 'line') lines.push({ key, text: intent.text, facts: intent.facts });
      else lines.push({ key, text: intent.kind === 'moved' ? noteLine.moved(key) : noteLine.deleted(key) });
    }
    return lines;
  }

  /**
   * Updates the index after the lines were written, as these bytes from `offset` on. Returns the lines in other shards
   * that they supersede.
   */
  apply(lines: readonly PlannedLine[], bytes: Buffer, offset: number): Elsewhere[] {
    const elsewhere: Elsewhere[] = [];
    let at = offset;
    for (const { key, text, facts } of lines) {
      const range = { offset: at, length: text.length };
      at += text.length + 1;
      if (key === undefined) continue;
      const id = this.#index.find(key);
      const isAway = id !== NO_RECORD && this.#index.shardOf(id) !== this.#shard.number;
      if (isAway && this.#intents.get(key)?.kind !== 'moved') {
        const older = facts === undefined ? undefined : this.#index.rangeOf(id);
        elsewhere.push({ kind: 'drop', key, shard: this.#index.shardOf(id), range: older });
      }
      if (facts === undefined) this.#shard.drop(key);
      else {
        const stored = this.#store(key, id, range, facts);
        this.#index.setCrc(stored, crcOf(bytes, range, offset));
        if (endsWithVersion(bytes, range.offset - offset, at - 1 - offset)) this.#index.setVersioned(stored);
      }
    }
    for (const onStored of this.#onStored) onStored();
    return elsewhere;
  }

  #store(key: string, id: RecordId, range: ByteRange, facts: RecordFacts): RecordId {
    this.#shard.unmarkLeaving(key);
    if (id === NO_RECORD) return this.#index.addOwn(key, this.#shard.number, range, facts);
    if (this.#index.shardOf(id) === this.#shard.number) this.#shard.lines.supersede(key, this.#index.rangeOf(id));
    const intent = this.#intents.get(key);
    this.#index.replace(id, this.#shard.number, range, facts, intent?.kind === 'line' && intent.isUse);
    return id;
  }

  #move(key: string, fetch: () => MovingLine | undefined): boolean {
    if (this.#intents.has(key)) return false;
    const moving = fetch();
    if (moving === undefined) return false;
    this.#intents.set(key, { kind: 'line', text: moving.line, facts: moving.facts, isUse: false });
    return true;
  }

  #decide(decide: (view: ShardView) => void, failed: (fault: CallerFault | undefined) => void): boolean {
    try {
      decide(this);
      failed(undefined);
      return true;
    } catch (error) {
      if (!(error instanceof CallerFault)) throw error;
      failed(error);
      return false;
    }
  }

  #evict(key: string, now: number): boolean {
    if (this.markOf(key) === undefined) {
      this.#delete(key, now, false);
      return true;
    }
    this.#shard.unmarkLeaving(key);
    this.hasRefusedEviction = true;
    return false;
  }

  #delete(key: string, now: number, onlyExpired: boolean): boolean {
    const intent = this.#intents.get(key);
    const expiresAt =
      intent === undefined ? this.#expiresAt(key) : 'facts' in intent ? intent.facts.expiresAt : undefined;
    const isLive = expiresAt !== undefined && now < expiresAt;
    if (onlyExpired && (isLive || this.markOf(key) !== undefined)) return false;
    // A key in another shard gets a note here too: a process that moves the key home then reads that it was deleted.
    if (expiresAt !== undefined || this.#shard.hasAnyLine(key)) this.#intents.set(key, { kind: 'deleted' });
    return isLive;
  }

  #expiresAt(key: string): number | undefined {
    const id = this.#index.find(key);
    return id === NO_RECORD ? undefined : this.#index.expiresAt(id);
  }

  #drop(key: string): boolean {
    if (this.#shard.hasAnyLine(key) && !this.#intents.has(key)) this.#intents.set(key, { kind: 'moved' });
    return true;
  }

  /** The lock is held, so that no other process adds to the same count meanwhile. */
  #access({ key, facts, attempt }: AccessOperation): boolean {
    let isStored = false;
    const isThere = this.#rewrite(key, (raw) => {
      const count = wholeNumber(raw['access_count']);
      // A count that is not a number makes the record damaged: the next read finds it and sets it aside.
      if (count === undefined) return undefined;
      const sum = addHits(count, facts.hits);
      // An attempt that lost its lock has stored the accesses nevertheless.
      isStored = facts.hits > 0 && attempt.written !== undefined && count >= attempt.written;
      if (isStored) return undefined;
      attempt.written = sum;
      return encodeRaw({
        ...raw,
        access_count: sum,
        last_accessed: laterOf(raw['last_accessed'], facts.lastAccessed),
        ...(facts.evictedFromL1 === undefined ? {} : { evicted_from_l1: facts.evictedFromL1 }),
      });
    });
    if (isStored) attempt.onStored();
    else if (isThere) this.#onStored.push(() => attempt.onStored());
    return isThere;
  }

  #rewrite(key: string, change: (raw: RawRecord) => string | undefined): boolean {
    const id = this.#index.find(key);
    const intent = this.#intents.get(key);
    // A put or delete in this batch supersedes the value to be rewritten; another rewrite does not.
    if (intent !== undefined && (intent.kind !== 'line' || intent.isUse)) return false;
    if (id === NO_RECORD || this.#index.shardOf(id) !== this.#shard.number) return false;
    const raw = intent === undefined ? this.#read(id) : parseRaw(Buffer.from(intent.text, 'latin1'));
    const changed = raw === undefined ? undefined : change(raw);
    // Another program may print a record shorter than we do. A line that would become too long to be read again stays
    // unchanged.
    const text = changed === undefined || changed.length > MAX_LINE ? undefined : changed;
    // Not a use, so only the expiry matters.
    const facts = { expiresAt: this.#index.expiresAt(id), accessCount: 0, lastAccessed: 0, fetchTime: 0 };
    if (text !== undefined) this.#intents.set(key, { kind: 'line', text, facts, isUse: false });
    return raw !== undefined;
  }

  #read(id: RecordId): RawRecord | undefined {
    try {
      return this.#shard.readRecord(id);
    } catch (error) {
      // The next read finds it and sets it aside.
      if (error instanceof CacheCorruptionError) return undefined;
      throw error;
    }
  }
}

/** The access count of a record; `undefined` if it is not a whole number. */
function wholeNumber(value: unknown): number | undefined {
  const count = value ?? 0;
  return typeof count === 'number' && Number.isInteger(count) ? count : undefined;
}

/** The later of a stored time and one in epoch milliseconds, as it is stored. */
function laterOf(stored: unknown, instant: number): unknown {
  const before = typeof stored === 'string' ? parseInstant(stored) : undefined;
  return before !== undefined && before > instant ? stored : formatInstant(instant);
}

/** The CRC that the index keeps of a line. */
function crcOf(bytes: Buffer, { offset, length }: ByteRange, start: number): number {
  return crc32(bytes.subarray(offset - start, offset - start + length)) | 0;
}
