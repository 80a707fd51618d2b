import { dirname } from 'node:path';
import { CacheStorageError, syncFolder } from '@pw/cache-models';
import type { RecordIndex } from '../index/record-index.ts';
import type { Durability } from '../jsonl-tier-options.ts';
import { MAX_SHARD } from '../limits.ts';
import type { ByteRange } from '../lines/byte-range.ts';
import { joinRanges } from '../lines/join-ranges.ts';
import { LockLost, type Written } from '../lock/lock-lost.ts';
import { copyToQuarantine } from '../quarantine/quarantine.ts';
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

/** Most expired records that go in one operation: some milliseconds' work. */
const CLEANUP_SLICE = 4000;

/** What is asked about a shard's lock. */
export interface HeldLock {
  /** True if it is ours, and nobody may take it over now. */
  confirmHeld(): boolean;
  /** True if nobody has taken it over up to now, however long ago it was refreshed. */
  isStillOurs(): boolean;
}

/**
 * Changes a shard file. Every method is synchronous and must be called with the shard's lock held, right after `refresh`.
 *
 * The process may be stopped between any two calls of the system, for longer than its lock lives. So whatever is written goes to the file
 * that was opened before the lock was last found to be ours, which is replaced when the lock is taken over; and nothing
 * is acknowledged before both are found to be as they were.
 */
export class ShardWriter {
  readonly #shard: Shard;
  readonly #index: RecordIndex;
  readonly #lock: HeldLock;
  readonly #isFull: boolean;
  readonly #olderOf: (key: string) => readonly number[];
  /** True if removed lines were to be overwritten in a file that somebody without our lock, such as ProxyWhirl, has replaced. */
  #isBlankLost = false;

  /** `olderOf` gives the other shards that have older lines of a key. */
  constructor(
    shard: Shard,
    index: RecordIndex,
    lock: HeldLock,
    durability: Durability,
    olderOf: (key: string) => readonly number[],
  ) {
    this.#shard = shard;
    this.#index = index;
    this.#lock = lock;
    this.#isFull = durability === 'full';
    this.#olderOf = olderOf;
  }

  /**
   * Carries out operations in their order; gives their answers, and what must go elsewhere before they are acknowledged. Throws LockLost
   * if the lock was taken over meanwhile: then all of them are to be done again.
   */
  run(operations: readonly ShardOperation[]): Written {
    const answers: (boolean | number)[] = [];
    const elsewhere: Elsewhere[] = [];
    let plan = new WritePlan(this.#shard, this.#index);
    const flush = () => {
      elsewhere.push(...this.#write(plan));
      plan = new WritePlan(this.#shard, this.#index);
    };
    this.#isBlankLost = false;
    this.repair();
    for (const operation of operations) {
      if (isPlanned(operation)) answers.push(plan.add(operation));
      else {
        flush();
        answers.push(this.#now(operation));
      }
    }
    flush();
    if (this.#isBlankLost) throw new LockLost({ answers, elsewhere });
    return { answers, elsewhere };
  }

  #now(operation: Exclude<ShardOperation, PlannedOperation>): boolean | number {
    if (operation.kind === 'cleanupExpired') return this.#cleanupExpired(operation.now);
    if (operation.kind === 'clear') return this.#clear(operation.now);
    if (operation.kind === 'retire') return this.#retire();
    return true;
  }

  /** Ends or sets aside a torn tail, sets damaged lines aside, overwrites lines of removed keys. */
  repair(): void {
    for (const _ of this.repairSteps(() => false));
  }

  /**
   * As `repair`, resting after each piece of work, or giving what to wait for where it `isLong`. Whoever rests may lose the lock, or the file: then
   * what is written goes to a file that is nobody's, and at the end it throws LockLost.
   */
  *repairSteps(isLong: () => boolean): Generator<Promise<void> | undefined, void> {
    const shard = this.#shard;
    if (!shard.lines.needsRepair) return;
    if (shard.lines.damaged.length > 0) {
      for (const _ of shard.confirmDamaged()) yield;
      // That may have opened another file: ours, if nobody took the lock over before.
      if (!this.#lock.isStillOurs()) throw new LockLost();
    }
    shard.file.prepareToWrite();
    const { readings } = shard;
    // Somebody without our lock, such as ProxyWhirl, wrote while we rested, and it was read: what is known of the old file says nothing of this one.
    const goOn = () => {
      if (shard.readings !== readings) throw new LockLost();
    };
    const torn = shard.lines.tail?.isRecord === false ? shard.lines.tail : undefined;
    const list = shard.lines.damaged;
    // What another shard's reading adds while we rest is left to the next repair: it is not copied.
    const damaged = list.from(0);
    const aside = list.from(0);
    if (torn !== undefined) aside.add(torn.offset, torn.length);
    if (aside.length > 0)
      for (const step of copyToQuarantine(shard.file, dirname(shard.file.path), aside, isLong)) {
        yield step;
        goOn();
      }
    if (shard.lines.tail?.isRecord) {
      const end = shard.lines.tail.offset + shard.lines.tail.length;
      shard.file.append(Buffer.from('\n'), end, this.#isFull);
      shard.lines.tail = undefined;
      shard.wrote(end + 1);
    } else if (shard.lines.tail !== undefined) {
      shard.file.cutTail(shard.lines.tail);
      shard.cutTail();
    }
    for (const _ of shard.file.blankAllSteps(joinRanges(damaged, MAX_BLANK))) {
      yield;
      goOn();
    }
    this.#blank(shard.lines.removed);
    if (shard.lines.damaged === list) shard.lines.damaged = list.from(damaged.length);
    shard.lines.removed = [];
    shard.wrote(shard.end);
  }

  #write(plan: WritePlan): Elsewhere[] {
    const lines = plan.lines();
    if (lines.length === 0) return [];
    const shard = this.#shard;
    const offset = shard.end;
    const { isNew } = shard.file.prepareToWrite();
    // All our lines are ASCII, so this is their UTF-8.
    const bytes = Buffer.from(textOf(lines), 'latin1');
    if (offset + bytes.length > MAX_SHARD)
      throw new CacheStorageError('JSONL tier: a shard is full, at 4 GiB; use more shards');
    shard.file.append(bytes, offset, this.#isFull);
    if (isNew && this.#isFull) syncFolder(dirname(shard.file.path));
    shard.wrote(offset + bytes.length);
    // Whoever takes the lock over from here on finds it in the file.
    if (!this.#lock.isStillOurs()) throw new LockLost();
    const elsewhere = plan.apply(lines, bytes, offset);
    for (const { key } of lines)
      if (key !== undefined)
        for (const other of this.#olderOf(key))
          elsewhere.push({ kind: 'drop older', key, shard: other, range: undefined });
    this.#blankRemoved();
    return elsewhere;
  }

  /** What is removed is removed once the note of it is written; overwriting its lines may be made up for later. */
  #blankRemoved(): void {
    const shard = this.#shard;
    if (shard.lines.removed.length === 0) return;
    try {
      this.#blank(shard.lines.removed);
      shard.lines.removed = [];
      shard.wrote(shard.end);
    } catch (error) {
      // Whoever took the lock over copied the note; one who knows no lock of ours may have dropped it, and kept the lines.
      this.#isBlankLost ||= error instanceof LockLost && this.#lock.isStillOurs();
      // The next pass reads all of it, and tries again.
      shard.requireFullRead();
    }
  }

  #blank(ranges: readonly ByteRange[]): void {
    for (const range of joinRanges(ranges, MAX_BLANK)) this.#shard.file.blank(range);
  }

  /** At most {@link CLEANUP_SLICE}. Expired lines are overwritten without a note: they are expired for everybody. An older line below one needs the note. */
  #cleanupExpired(now: number): number {
    const shard = this.#shard;
    const index = this.#index;
    const expired = index.expiredOf(shard.number, now, CLEANUP_SLICE);
    if (expired.length === 0) return 0;
    let removed = 0;
    shard.file.prepareToWrite();
    const plan = new WritePlan(shard, index);
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
    shard.wrote(shard.end);
    if (!this.#lock.isStillOurs()) throw new LockLost();
    return removed;
  }

  #retire(): boolean {
    // Not even a line that counts no more for all we know: that may turn out to be wrong.
    if (!this.#shard.olderThanElsewhere().next().done) return false;
    if (this.#shard.isEmpty) this.#clear(0);
    return true;
  }

  /** An empty file takes its place: others see that it is another one, and a crash leaves all or nothing. */
  #clear(now: number): number {
    const shard = this.#shard;
    const live = this.#index.countOf(shard.number) - this.#index.expiredOf(shard.number, now).length;
    shard.empty(() => this.#lock.confirmHeld());
    // That opened another file: ours, if nobody took the lock over before.
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
