import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { CacheStorageError, type Logger } from '@pw/cache-models';
import { compactShard, isWorthCompacting } from '../compaction/compact-shard.ts';
import { errorCode, storageFault } from '../files/storage-fault.ts';
import type { RecordIndex } from '../index/record-index.ts';
import { LockLost, type Written } from '../lock/lock-lost.ts';
import type { ShardLock } from '../lock/shard-lock.ts';
import type { Shard } from './shard.ts';
import type { Elsewhere, ShardOperation } from './shard-operation.ts';
import type { ShardWriter } from './shard-writer.ts';
import { TimeSlice } from './slice.ts';

/** The directory has another number of shards than we thought: the operation must find its shard again. */
export class Resharded extends Error {}

export interface LaneParts {
  readonly shard: Shard;
  readonly index: RecordIndex;
  readonly lock: ShardLock;
  readonly writer: ShardWriter;
  readonly logger: Logger;
  /** False once the number of shards changed. */
  isCurrent(): boolean;
  /** Has a shard compacted when it is its turn. */
  compactSoon(lane: ShardLane): void;
  /** Removes lines elsewhere that a write made out of date, before it is acknowledged. */
  removeElsewhere(elsewhere: readonly Elsewhere[]): Promise<unknown>;
}

type Answer = boolean | number;

interface Waiting {
  readonly operations: readonly ShardOperation[];
  /** Follows the operations while the lock is still held. Never rejects. */
  readonly then?: () => Promise<void>;
  readonly resolve: (answers: Answer[]) => void;
  readonly reject: (error: unknown) => void;
}

const TRIES = 3;
/** Milliseconds between two tries to take a lock when there is no hurry. */
const REST = 10;
/** Milliseconds between two repairs for readers, at least, and as a multiple of what the last one took. */
const REPAIR_REST = 100;
const REPAIR_RESTS = 10;

/**
 * The one way to change a shard: operations queue up, and all that arrive before the lock is there share it, one look at
 * the file and one write. The part under the lock is synchronous, so within a process nothing happens in between.
 */
export class ShardLane {
  readonly shard: Shard;
  readonly #parts: LaneParts;
  #queue: Waiting[] = [];
  #draining: Promise<void> | undefined;
  /** True if the last compaction that was asked for was done, or not needed. */
  #isCompact = true;
  /** Time of the next repair that a reader may ask for, and its timer if one did. */
  #repairAt = 0;
  #repairLater: NodeJS.Timeout | undefined;

  constructor(parts: LaneParts) {
    this.shard = parts.shard;
    this.#parts = parts;
  }

  /** True if nothing is queued or being written. */
  get isIdle(): boolean {
    return this.#draining === undefined && this.#queue.length === 0;
  }

  /** Throws a CacheStorageError if it could not be done, or Resharded. */
  submit(operation: ShardOperation): Promise<Answer> {
    const answer = this.queue(operation);
    this.start();
    return answer;
  }

  /** As `submit`, but it is done with what is submitted next, or at `start`. */
  queue(operation: ShardOperation): Promise<Answer> {
    return new Promise<Answer>((resolve, reject) => {
      this.#queue.push({ operations: [operation], resolve: ([only]) => resolve(only!), reject });
    });
  }

  /** As `submit`, of many that are done, or fail, in one write. */
  submitAll(operations: readonly ShardOperation[]): Promise<Answer[]> {
    const answers = new Promise<Answer[]>((resolve, reject) => {
      this.#queue.push({ operations, resolve, reject });
    });
    this.start();
    return answers;
  }

  start(): void {
    if (this.#queue.length === 0) return;
    this.#draining ??= Promise.resolve()
      .then(() => this.#drain())
      .finally(() => {
        this.#draining = undefined;
        // Somebody may have come between the last look at the queue and this moment.
        this.start();
      });
  }

  /**
   * Repairs what can be repaired, but not again and again: each time all of the file may have to be read. A lock held elsewhere, or a fault, leaves it
   * to the next write. What takes longer than a turn goes on in turns.
   */
  repairSoon(): void {
    const now = performance.now();
    if (now >= this.#repairAt) void this.#repairTimed();
    else this.#repairLater ??= setTimeout(() => void this.#repairTimed(), this.#repairAt - now).unref();
  }

  async #repairTimed(): Promise<void> {
    clearTimeout(this.#repairLater);
    this.#repairLater = undefined;
    const start = performance.now();
    await this.repair();
    const end = performance.now();
    this.#repairAt = end + Math.max(REPAIR_REST, (end - start) * REPAIR_RESTS);
  }

  /** As `repairSoon`, now; with `waits` it waits for the disk, too, however little it has to write. */
  async repair(waits = false): Promise<void> {
    if (this.#draining !== undefined) return;
    this.#draining = this.#runSteps((isLong) => this.#repairSteps(() => waits || isLong())).finally(() => {
      this.#draining = undefined;
      this.start();
    });
    await this.#draining;
  }

  /** Takes steps one after the other, with turns for others in between, and waits for what they give. They are told whether one has passed already. */
  async #runSteps(stepsOf: (isLong: () => boolean) => Generator<Promise<void> | undefined, void>): Promise<void> {
    const slice = new TimeSlice();
    let isLong = false;
    const steps = stepsOf(() => isLong);
    for (let step = steps.next(); step.done !== true; ) {
      let fault: { readonly error: unknown } | undefined;
      try {
        if (step.value !== undefined || slice.renewIfOver()) {
          isLong = true;
          await (step.value ?? nextTurn());
        }
      } catch (error) {
        fault = { error };
      }
      step = fault === undefined ? steps.next() : steps.throw(fault.error);
    }
  }

  *#repairSteps(isLong: () => boolean): Generator<Promise<void> | undefined, void> {
    const { shard, lock, writer, logger } = this.#parts;
    try {
      if (shard.isReading || !lock.tryTake()) return;
      for (const _ of shard.refreshSteps()) yield;
      if (lock.confirmHeld()) yield* writer.repairSteps(isLong);
    } catch (error) {
      if (error instanceof LockLost) {
        shard.requireFullRead();
        return;
      }
      shard.reportDamaged();
      logger.warn(
        { shard: shard.number, code: errorCode(error) },
        'JSONL shard: repair failed; the next write tries again',
      );
    } finally {
      lock.settle();
    }
  }

  /** Drops every line that counts no more, however few. False if that failed, and the file is as it was. Throws as `submit` does. */
  async compact(): Promise<boolean> {
    await this.submit({ kind: 'compact' });
    // That is answered before the work; what is submitted next comes after it.
    await this.submit({ kind: 'repair' });
    return this.#isCompact;
  }

  /** Does something that takes long with the lock held, which may be lost all the same: `confirmHeld` tells. Throws as `submit` does, and what `work` throws. */
  runExclusive<T>(work: (confirmHeld: () => boolean) => Promise<T>): Promise<T> {
    const { lock } = this.#parts;
    const done = new Promise<T>((resolve, reject) => {
      const then = () => work(() => lock.confirmHeld()).then(resolve, reject);
      this.#queue.push({ operations: [{ kind: 'repair' }], then, resolve: () => {}, reject });
    });
    this.start();
    return done;
  }

  /** Gives back a lock that a process left when it ended. What cannot be done is left to the next write. */
  releaseOrphan(): void {
    try {
      if (this.#parts.lock.isOrphan()) this.withLock(() => {});
    } catch (error) {
      const { shard, logger } = this.#parts;
      logger.debug({ shard: shard.number, code: errorCode(error) }, 'JSONL shard: a lock of a dead process stays');
    }
  }

  /** Calls `work` if the lock is free at once. */
  withLock(work: () => void): void {
    const { lock } = this.#parts;
    if (this.#draining !== undefined) return;
    try {
      if (lock.tryTake() && lock.confirmHeld()) work();
    } finally {
      lock.settle();
    }
  }

  /** Waits for what is queued. */
  async drain(): Promise<void> {
    this.start();
    while (this.#draining !== undefined) await this.#draining;
  }

  /** Waits for what is queued, leaves a side index for the next opening, and gives back the lock and the file. */
  async close(): Promise<void> {
    await this.drain();
    if (this.#repairLater !== undefined) await this.#repairTimed();
    try {
      await this.#leaveSideIndex();
    } catch (error) {
      const { shard, logger } = this.#parts;
      logger.debug({ shard: shard.number, code: errorCode(error) }, 'JSONL shard: no side index could be left');
    }
    this.#parts.lock.release();
    this.shard.file.close();
  }

  async #leaveSideIndex(): Promise<void> {
    const { shard, lock } = this.#parts;
    for (let tries = 0; tries < TRIES; tries++) {
      const due = shard.sideIndexDue();
      if (due === undefined || !this.#parts.isCurrent()) return;
      // Somebody who writes now makes it useless anyway, and we ourselves may have to rest.
      if (due > 0 || !lock.tryTake()) await sleep(Math.ceil(due) + 1 + REST);
      else if (!(await this.#readInTurns()) && lock.confirmHeld()) {
        shard.leaveSideIndex();
        return;
      }
    }
  }

  async #drain(): Promise<void> {
    const { lock } = this.#parts;
    let losses = 0;
    /** What the first operations of the queue came to when they were written in vain. */
    let before: Written | undefined;
    while (this.#queue.length > 0) {
      try {
        await this.#prepareToWrite();
      } catch (error) {
        for (const { reject } of this.#queue.splice(0)) reject(error);
        // What is queued from here on was never written.
        losses = 0;
        before = undefined;
        lock.settle();
        continue;
      }
      // Somebody who reads began meanwhile.
      if (this.shard.isReading) continue;
      const batch = this.#queue.splice(0);
      const lost = this.#runBatch(batch, before, losses < TRIES);
      if (lost !== undefined) {
        losses++;
        before = lost.written ?? before;
        this.#queue.unshift(...batch);
        continue;
      }
      losses = 0;
      before = undefined;
      const isAsked = batch.some(({ operations }) => operations.some(({ kind }) => kind === 'compact'));
      if (isAsked) this.#isCompact = this.shard.garbage === 0 || (await this.#compact());
      else if (isWorthCompacting(this.shard)) this.#parts.compactSoon(this);
      for (const { then } of batch) await then?.();
      lock.settle();
    }
  }

  /** Takes the lock, looks at the file, and makes sure that the lock is still ours after that. */
  async #prepareToWrite(): Promise<void> {
    const { lock } = this.#parts;
    for (let tries = 0; tries < TRIES; tries++) {
      // A set that is left for another one may be closed by now.
      if (!this.#parts.isCurrent()) throw new Resharded();
      if (!this.#tryTakeLock()) await lock.take();
      try {
        await this.#readInTurns();
      } catch (error) {
        throw this.#parts.isCurrent() ? storageFault('read a shard', error) : new Resharded();
      }
      if (!this.#parts.isCurrent()) throw new Resharded();
      if (lock.confirmHeld() && (await this.#repairIfLarge())) return;
    }
    throw lockLostError();
  }

  /** Follows the file, and waits first for those who do so already; true if anything changed. */
  async #readInTurns(): Promise<boolean> {
    const { shard } = this;
    while (shard.isReading) await nextTurn();
    const steps = shard.refreshSteps();
    for (;;) {
      const step = steps.next();
      if (step.done === true) return step.value;
      await nextTurn();
    }
  }

  /** What is much to repair is repaired in turns, before what is written next would do it in one. False if the lock or the file was lost. */
  async #repairIfLarge(): Promise<boolean> {
    const { lock, writer } = this.#parts;
    if (!this.shard.lines.isHeavilyDamaged) return true;
    try {
      await this.#runSteps((isLong) => writer.repairSteps(isLong));
    } catch (error) {
      if (!(error instanceof LockLost)) throw storageFault('write a shard', error);
      this.shard.requireFullRead();
      return false;
    }
    return lock.confirmHeld() && this.shard.isUnchanged();
  }

  #tryTakeLock(): boolean {
    try {
      return this.#parts.lock.tryTake();
    } catch (error) {
      throw storageFault('lock a shard', error);
    }
  }

  /** Gives the loss, and answers nothing, if the lock was lost before it was done and it `mayRepeat`. What was true `before` holds. */
  #runBatch(batch: readonly Waiting[], before: Written | undefined, mayRepeat: boolean): LockLost | undefined {
    const answered = (answers: readonly Answer[]) => {
      let at = 0;
      for (const { operations, resolve } of batch) {
        resolve(answers.slice(at, at + operations.length));
        at += operations.length;
      }
    };
    const failed = (error: unknown) => {
      for (const { reject } of batch) reject(error);
    };
    try {
      const written = this.#parts.writer.run(batch.flatMap(({ operations }) => operations));
      const answers = written.answers.map((answer, at) => (before?.answers[at] === true ? true : answer));
      const elsewhere = [...(before?.elsewhere ?? []), ...written.elsewhere];
      if (elsewhere.length === 0) answered(answers);
      else this.#parts.removeElsewhere(elsewhere).then(() => answered(answers), failed);
    } catch (error) {
      if (error instanceof LockLost) {
        this.shard.requireFullRead();
        if (mayRepeat) return error;
        failed(lockLostError());
      } else failed(storageFault('write a shard', error));
    }
    return undefined;
  }

  async #compact(): Promise<boolean> {
    const { shard, index, lock, logger } = this.#parts;
    const steps = compactShard(shard, index, () => lock.confirmHeld());
    try {
      for (let step = steps.next(); ; step = steps.next()) {
        if (step.done === true) return step.value;
        await (step.value ?? nextTurn());
      }
    } catch (error) {
      logger.warn(
        { shard: shard.number, code: errorCode(error) },
        'JSONL shard: compaction failed; the file is as it was',
      );
      return false;
    } finally {
      // A flush that failed is met outside: what was begun is tidied away.
      steps.return(false);
    }
  }
}

function lockLostError(): CacheStorageError {
  return new CacheStorageError('JSONL tier: the lock of a shard was lost again and again');
}
