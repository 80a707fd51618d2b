import { dirname } from 'node:path';
import { CacheStorageError } from '@pw/cache-models';
import { syncFolder } from '@pw/cache-models/tier';
import type { RecordId } from '../index/record-id.ts';
import type { RecordIndex } from '../index/record-index.ts';
import type { Durability } from '../jsonl-tier-options.ts';
import { MAX_SHARD } from '../limits.ts';
import type { ByteRange } from '../lines/byte-range.ts';
import { joinRanges } from '../lines/join-ranges.ts';
import { versionOfLine } from '../lines/record-line.ts';
import { LockLost, type Written } from '../lock/lock-lost.ts';
import type { LockChecks } from '../marks/mark-file.ts';
import type { ShardMarks } from '../marks/shard-marks.ts';
import { copyToQuarantine } from '../quarantine/quarantine.ts';
import { FileWindow } from './file-window.ts';
import type { Shard } from './shard.ts';
import { MAX_BLANK } from './shard-file.ts';
import {
  type Elsewhere,
  isPlanned,
  type PlannedLine,
  type PlannedOperation,
  type ShardOperation,
} from './shard-operation.ts';
import { WritePlan } from './write-plan.ts';

/** Largest number of expired records removed in one operation, which takes some milliseconds. */
const CLEANUP_SLICE = 4000;

export interface ShardWriterParts {
  readonly shard: Shard;
  readonly index: RecordIndex;
  readonly lock: LockChecks;
  readonly marks: ShardMarks;
  readonly durability: Durability;
  /** The other shards that have older lines of a key. */
  readonly olderOf: (key: string) => readonly number[];
}

/**
 * Changes a shard file. Every method is synchronous, and must be called with the lock of the shard held, right after
 * `refresh`.
 *
 * The process may be stopped between any two system calls for longer than its lock lasts. So everything is written to
 * the file that was opened before the lock was last confirmed; taking the lock over replaces that file. Nothing is
 * acknowledged before both the lock and the file are confirmed again.
 */
export class ShardWriter {
  readonly #shard: Shard;
  readonly #index: RecordIndex;
  readonly #lock: LockChecks;
  readonly #marks: ShardMarks;
  readonly #isFull: boolean;
  readonly #olderOf: (key: string) => readonly number[];
  /**
   * True if removed lines were to be overwritten in a file that a process without our lock, such as ProxyWhirl, has
   * replaced.
   */
  #isBlankLost = false;

  constructor({ shard, index, lock, marks, durability, olderOf }: ShardWriterParts) {
    this.#shard = shard;
    this.#index = index;
    this.#lock = lock;
    this.#marks = marks;
    this.#isFull = durability === 'full';
    this.#olderOf = olderOf;
  }

  /**
   * Carries out operations in order; returns their answers, and the lines to remove from other shards before they are
   * acknowledged. Throws LockLost if the lock was taken over: then all of them have to be repeated.
   */
  run(operations: readonly ShardOperation[]): Written {
    const answers: (boolean | number)[] = [];
    const elsewhere: Elsewhere[] = [];
    let plan = this.#newPlan();
    let hasRefusedEviction = false;
    const flush = () => {
      elsewhere.push(...this.#write(plan));
      hasRefusedEviction ||= plan.hasRefusedEviction;
      plan = this.#newPlan();
    };
    this.#isBlankLost = false;
    this.#marks.begin();
    this.repair();
    for (const operation of operations) {
      if (isPlanned(operation)) answers.push(plan.add(operation));
      else {
        flush();
        answers.push(this.#now(operation));
      }
    }
    flush();
    if (hasRefusedEviction) this.#shard.requireFullRead();
    if (this.#isBlankLost) throw new LockLost({ answers, elsewhere });
    return { answers, elsewhere };
  }

  #newPlan(): WritePlan {
    return new WritePlan(this.#shard, this.#index, this.#marks);
  }

  #now(operation: Exclude<ShardOperation, PlannedOperation>): boolean | number {
    if (operation.kind === 'cleanupExpired') return this.#cleanupExpired(operation.now);
    if (operation.kind === 'clear') return this.#clear(operation.now);
    if (operation.kind === 'clear older') return this.#clearOlder(operation.version);
    if (operation.kind === 'retire') return this.#retire();
    return true;
  }

  /** Completes or sets aside a torn tail, sets damaged lines aside, and overwrites lines of removed keys. */
  repair(): void {
    for (const _ of this.repairSteps(() => false));
  }

  /**
   * Like `repair`, but yields after each piece of work, with a promise to await if it `isLong`. The lock or the file
   * may be lost meanwhile: then it writes to a file that is no longer the shard, and finally throws LockLost.
   */
  *repairSteps(isLong: () => boolean): Generator<Promise<void> | undefined, void> {
    const shard = this.#shard;
    if (!shard.lines.needsRepair) return;
    if (shard.lines.damaged.length > 0) {
      for (const _ of shard.confirmDamaged()) yield;
      // That may have opened another file, which is ours only if no process took the lock over before.
      if (!this.#lock.isStillOurs()) throw new LockLost();
    }
    shard.file.prepareToWrite();
    const { readings } = shard;
    // A process without our lock, such as ProxyWhirl, may have written while we yielded, and been read: the known
    // ranges are then those of another file.
    const failIfReadAgain = () => {
      if (shard.readings !== readings) throw new LockLost();
    };
    const torn = shard.lines.tail?.isRecord === false ? shard.lines.tail : undefined;
    const list = shard.lines.damaged;
    // Lines that readings of other shards add while we yield are left to the next repair: they were not copied.
    const damaged = list.from(0);
    const aside = list.from(0);
    if (torn !== undefined) aside.add(torn.offset, torn.length);
    if (aside.length > 0)
      for (const step of copyToQuarantine(shard.file, dirname(shard.file.path), aside, isLong)) {
        yield step;
        failIfReadAgain();
      }
    if (shard.lines.tail?.isRecord) {
      const end = shard.lines.tail.offset + shard.lines.tail.length;
      shard.file.append(Buffer.from('\n'), end, this.#isFull);
      shard.lines.tail = undefined;
      shard.noteWritten(end + 1);
    } else if (shard.lines.tail !== undefined) {
      shard.file.cutTail(shard.lines.tail);
      shard.tailWasCut();
    }
    for (const _ of shard.file.blankAllSteps(joinRanges(damaged, MAX_BLANK))) {
      yield;
      failIfReadAgain();
    }
    this.#blank(shard.lines.removed);
    if (shard.lines.damaged === list) shard.lines.damaged = list.from(damaged.length);
    shard.lines.removed = [];
    shard.noteWritten(shard.end);
  }

  /** A mark is stored before the line that it concerns, and removed after the line that makes it needless. */
  #write(plan: WritePlan): Elsewhere[] {
    const lines = plan.lines();
    this.#marks.write(plan.marksBefore());
    const elsewhere = lines.length === 0 ? [] : this.#append(plan, lines);
    this.#marks.write(plan.marksAfter());
    return elsewhere;
  }

  #append(plan: WritePlan, lines: readonly PlannedLine[]): Elsewhere[] {
    const shard = this.#shard;
    const offset = shard.end;
    const { isNew } = shard.file.prepareToWrite();
    // All our lines are ASCII, so Latin-1 is UTF-8.
    const bytes = Buffer.from(textOf(lines), 'latin1');
    if (offset + bytes.length > MAX_SHARD)
      throw new CacheStorageError('JSONL tier: a shard is full (4 GiB); use a larger `numShards`');
    shard.file.append(bytes, offset, this.#isFull);
    if (isNew && this.#isFull) syncFolder(dirname(shard.file.path));
    shard.noteWritten(offset + bytes.length);
    // A process that takes the lock over from here on finds the lines in the file.
    if (!this.#lock.isStillOurs()) throw new LockLost();
    const elsewhere = plan.apply(lines, bytes, offset);
    for (const { key } of lines)
      if (key !== undefined)
        for (const other of this.#olderOf(key))
          elsewhere.push({ kind: 'drop older', key, shard: other, range: undefined });
    this.#blankRemoved();
    return elsewhere;
  }

  /** A deletion is complete once its note is written; overwriting the lines may be done later. */
  #blankRemoved(): void {
    const shard = this.#shard;
    if (shard.lines.removed.length === 0) return;
    try {
      this.#blank(shard.lines.removed);
      shard.lines.removed = [];
      shard.noteWritten(shard.end);
    } catch (error) {
      // A process that took the lock over has copied the note. A process without our lock may have dropped it and kept
      // the lines.
      this.#isBlankLost ||= error instanceof LockLost && this.#lock.isStillOurs();
      // The next operation re-reads the file and tries again.
      shard.requireFullRead();
    }
  }

  #blank(ranges: readonly ByteRange[]): void {
    for (const range of joinRanges(ranges, MAX_BLANK)) this.#shard.file.blank(range);
  }

  /**
   * Removes at most {@link CLEANUP_SLICE} expired records. Their lines are overwritten without a note, as they are
   * expired for every process; a key with an older line needs the note. Marked records stay.
   */
  #cleanupExpired(now: number): number {
    const shard = this.#shard;
    const index = this.#index;
    const marks = this.#marks;
    const isUnmarked =
      marks.ofEverything !== undefined
        ? () => false
        : marks.areNone
          ? undefined
          : (id: RecordId) => !marks.own.has(index.keyOf(id));
    const expired = index.expiredOf(shard.number, now, CLEANUP_SLICE, isUnmarked);
    if (expired.length === 0) return 0;
    let removed = 0;
    shard.file.prepareToWrite();
    const plan = this.#newPlan();
    const ranges: ByteRange[] = [];
    for (const id of expired) {
      if (!shard.isThere(id)) {
        index.remove(id);
        continue;
      }
      removed++;
      const key = shard.lines.superseded.size === 0 ? undefined : index.keyOf(id);
      if (key !== undefined && shard.lines.superseded.has(key))
        plan.add({ kind: 'delete', key, now, onlyExpired: true });
      else {
        ranges.push(index.rangeOf(id));
        index.remove(id);
      }
    }
    this.#write(plan);
    this.#blank(ranges);
    shard.noteWritten(shard.end);
    if (!this.#lock.isStillOurs()) throw new LockLost();
    return removed;
  }

  /**
   * A mark of 0 speaks of the record, so it stays with a newer one; so does the mark of a removal, after which the
   * newer one was stored.
   */
  #clearOlder(version: number): number {
    const shard = this.#shard;
    const index = this.#index;
    const window = new FileWindow(shard.file);
    const ids = index.idsOf(shard.number).sort((a, b) => index.offsetOf(a) - index.offsetOf(b));
    const older: string[] = [];
    const newer = new Set<string>();
    for (const id of ids) {
      const isOlder = versionOfLine(window.read(index.offsetOf(id), index.lengthOf(id))) < version;
      if (isOlder) older.push(index.keyOf(id));
      else newer.add(index.keyOf(id));
    }
    const plan = this.#newPlan();
    if (newer.size === 0 && older.length > 0 && shard.olderThanElsewhere().next().done) this.#clear(0);
    else for (const key of older) plan.remove(key, 0);
    for (const [key, value] of this.#marks.own)
      if (key !== null && value <= version && !newer.has(key)) plan.unmark(key);
    this.#write(plan);
    return newer.size;
  }

  #retire(): boolean {
    // Lines that seem superseded by another shard must be kept too: they may turn out to count.
    if (!this.#shard.olderThanElsewhere().next().done) return false;
    if (this.#shard.isEmpty) this.#clear(0);
    return true;
  }

  /**
   * Replaces the file by an empty one: other processes notice the new file, and after a crash the file is either
   * complete or empty.
   */
  #clear(now: number): number {
    const shard = this.#shard;
    const live = this.#index.countOf(shard.number) - this.#index.expiredOf(shard.number, now).length;
    shard.empty(() => this.#lock.confirmHeld());
    // That opened another file, which is ours only if no process took the lock over before.
    if (!this.#lock.isStillOurs()) throw new LockLost();
    if (this.#isFull) syncFolder(dirname(shard.file.path));
    return live;
  }
}

function textOf(lines: readonly PlannedLine[]): string {
  let text = '';
  for (const line of lines) text += `${line.text}\n`;
  return text;
}
