import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { CacheStorageError, type Logger } from '@pw/cache-models';
import { errorCode } from '@pw/cache-models/tier';
import { compactShard, isWorthCompacting } from '../compaction/compact-shard.ts';
import { storageFault } from '../files/storage-fault.ts';
import type { RecordIndex } from '../index/record-index.ts';
import { LockLost, type Written } from '../lock/lock-lost.ts';
import type { ShardLock } from '../lock/shard-lock.ts';
import type { Shard } from './shard.ts';
import type { Elsewhere, ShardOperation } from './shard-operation.ts';
import type { ShardWriter } from './shard-writer.ts';
import { TimeSlice } from './slice.ts';

/** The number of shards has changed: the operation has to find its shard again. */
export class Resharded extends Error {}

export interface LaneParts {
  readonly shard: Shard;
  readonly index: RecordIndex;
  readonly lock: ShardLock;
  readonly writer: ShardWriter;
  readonly logger: Logger;
  /** False once the number of shards has changed. */
  isCurrent(): boolean;
  /** Queues a shard for compaction. */
  compactSoon(lane: ShardLane): void;
  /** Removes lines of other shards that a write superseded, before the write is acknowledged. */
  removeElsewhere(elsewhere: readonly Elsewhere[]): Promise<unknown>;
}

type Answer = boolean | number;

interface Waiting {
  readonly operations: readonly ShardOperation[];
  /** Runs after the operations, with the lock still held. Never rejects. */
  readonly then?: () => Promise<void>;
  readonly resolve: (answers: Answer[]) => void;
  readonly reject: (error: unknown) => void;
}

const TRIES = 3;
/** Milliseconds between two attempts to take a lock when there is no hurry. */
const REST = 10;
/**
 * Shortest pause between two repairs requested by readers: this many milliseconds, or {@link REPAIR_RESTS} times the
 * duration of the last one if that is longer.
 */
const REPAIR_REST = 100;
const REPAIR_RESTS = 10;
/** How often a repair is tried at the close. */
const LAST_REPAIRS = 20;

/**
 * The only way to change a shard: a queue of operations. All that arrive before the lock is taken share it, one
 * `refresh` and one write. The part with the lock held is synchronous, so nothing of this process interleaves with it.
 *
 * A lane is *idle*, or *draining*: `#prepareToWrite` takes the lock, follows the file and makes sure that the lock is
 * still held; then a batch runs. If the lock or the file is lost before the batch is done, nothing is acknowledged and
 * the whole batch is repeated, a few times at most. Answers that were true in a lost attempt stay true, as their effect
 * may already be in the file.
 */
export class ShardLane {
  readonly shard: Shard;
  readonly #parts: LaneParts;
  #queue: Waiting[] = [];
  #draining: Promise<void> | undefined;
  /** True if the last requested compaction was done, or not needed. */
  #isCompact = true;
  /** Time of the next repair that a reader may request, and its timer if one did. */
  #repairAt = 0;
  #repairLater: NodeJS.Timeout | undefined;
  /** True from the request of a reader until a repair was made: one may find the lane in use, or the lock taken. */
  #isRepairWanted = false;

  constructor(parts: LaneParts) {
    this.shard = parts.shard;
    this.#parts = parts;
  }

  /** True if nothing is queued or being written. */
  get isIdle(): boolean {
    return this.#draining === undefined && this.#queue.length === 0;
  }

  /** Rejects with a CacheStorageError if the operation fails, or Resharded. */
  submit(operation: ShardOperation): Promise<Answer> {
    const answer = this.queue(operation);
    this.start();
    return answer;
  }

  /** Like `submit`, but waits for the next `submit` or `start`. */
  queue(operation: ShardOperation): Promise<Answer> {
    return new Promise<Answer>((resolve, reject) => {
      this.#queue.push({ operations: [operation], resolve: ([only]) => resolve(only!), reject });
    });
  }

  /** Like `submit`, for operations that succeed or fail together, in one write. */
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
        // Something may have been queued after the last check of the queue.
        this.start();
      });
  }

  /**
   * Repairs the shard, but not too often: each repair may have to read the whole file. If another process holds the
   * lock, or on a fault, the next write repairs it. Long repairs yield to the event loop.
   */
  repairSoon(): void {
    this.#isRepairWanted = true;
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
    const rest = Math.max(REPAIR_REST, (end - start) * REPAIR_RESTS);
    this.#repairAt = end + rest;
    if (this.#isRepairWanted) this.#repairLater ??= setTimeout(() => void this.#repairTimed(), rest).unref();
  }

  /** Makes a repair that a reader has asked for and that is still to be made; a lock that rests is waited for. */
  async #lastRepair(): Promise<void> {
    for (let tries = 0; tries < LAST_REPAIRS && this.#isRepairWanted; tries++) {
      if (tries > 0) await sleep(REST);
      await this.#repairTimed();
    }
    clearTimeout(this.#repairLater);
    this.#repairLater = undefined;
  }

  /** Like `repairSoon`, but immediately; with `waits` it flushes asynchronously, however little it writes. */
  async repair(waits = false): Promise<void> {
    if (this.#draining !== undefined) return;
    this.#draining = this.#runSteps((isLong) => this.#repairSteps(() => waits || isLong())).finally(() => {
      this.#draining = undefined;
      this.start();
    });
    await this.#draining;
  }

  /**
   * Takes steps one after another, yields to the event loop in between, and awaits the promises that they yield.
   * `isLong` is true once it has yielded.
   */
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
      if (!lock.confirmHeld()) return;
      // What is found while this repair yields is left to another one.
      this.#isRepairWanted = false;
      yield* writer.repairSteps(isLong);
    } catch (error) {
      if (error instanceof LockLost) {
        shard.requireFullRead();
        this.#isRepairWanted = true;
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

  /** Drops every superseded line. False if that failed, and the file is unchanged. Rejects as `submit` does. */
  async compact(): Promise<boolean> {
    await this.submit({ kind: 'compact' });
    // A compaction is answered before it runs; the next operation waits for it.
    await this.submit({ kind: 'repair' });
    return this.#isCompact;
  }

  /**
   * Runs long `work` with the lock held. The lock may nevertheless be lost; then `confirmHeld` returns false. Rejects
   * as `submit` does, or with the error of `work`.
   */
  runExclusive<T>(work: (confirmHeld: () => boolean) => Promise<T>): Promise<T> {
    const { lock } = this.#parts;
    const done = new Promise<T>((resolve, reject) => {
      const then = () => work(() => lock.confirmHeld()).then(resolve, reject);
      this.#queue.push({ operations: [{ kind: 'repair' }], then, resolve: () => {}, reject });
    });
    this.start();
    return done;
  }

  /** Releases a lock left by a process that has ended. On failure the next write does it. */
  releaseOrphan(): void {
    try {
      if (this.#parts.lock.isOrphan()) this.withLock(() => {});
    } catch (error) {
      const { shard, logger } = this.#parts;
      logger.debug(
        { shard: shard.number, code: errorCode(error) },
        'JSONL shard: the lock of a dead process could not be released; the next write tries again',
      );
    }
  }

  /** Runs `work` if the lock can be taken immediately. */
  withLock(work: () => void): void {
    const { lock } = this.#parts;
    if (this.#draining !== undefined) return;
    try {
      if (lock.tryTake() && lock.confirmHeld()) work();
    } finally {
      lock.settle();
    }
  }

  /** Waits for queued operations. */
  async drain(): Promise<void> {
    this.start();
    while (this.#draining !== undefined) await this.#draining;
  }

  /** Waits for queued operations, writes a side index for the next opening, and releases the lock and the file. */
  async close(): Promise<void> {
    await this.drain();
    if (this.#isRepairWanted) await this.#lastRepair();
    try {
      await this.#writeSideIndex();
    } catch (error) {
      const { shard, logger } = this.#parts;
      logger.debug(
        { shard: shard.number, code: errorCode(error) },
        'JSONL shard: the side index could not be written; the next opening reads the shard',
      );
    }
    this.#parts.lock.release();
    this.shard.file.close();
  }

  async #writeSideIndex(): Promise<void> {
    const { shard, lock } = this.#parts;
    for (let tries = 0; tries < TRIES; tries++) {
      const due = shard.sideIndexDue();
      if (due === undefined || !this.#parts.isCurrent()) return;
      // It can wait: a concurrent writer would make it useless anyway, and our own lock may be pausing after a long
      // use.
      if (due > 0 || !lock.tryTake()) await sleep(Math.ceil(due) + 1 + REST);
      else if (!(await this.#readInTurns()) && lock.confirmHeld()) {
        shard.writeSideIndex();
        return;
      }
    }
  }

  async #drain(): Promise<void> {
    const { lock } = this.#parts;
    let losses = 0;
    /** Result of the first operations of the queue, if they were written but lost. */
    let before: Written | undefined;
    while (this.#queue.length > 0) {
      try {
        await this.#prepareToWrite();
      } catch (error) {
        for (const { reject } of this.#queue.splice(0)) reject(error);
        // Operations queued from here on were never written.
        losses = 0;
        before = undefined;
        lock.settle();
        continue;
      }
      // A reading has begun in the meantime.
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

  /** Takes the lock, follows the file, and then makes sure that the lock is still held. */
  async #prepareToWrite(): Promise<void> {
    const { lock } = this.#parts;
    for (let tries = 0; tries < TRIES; tries++) {
      // A replaced set may already be closed.
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

  /** Follows the file, after any reading under way; true if anything changed. */
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

  /**
   * Runs a large repair in steps, before the next write would do it synchronously. False if the lock or the file was
   * lost.
   */
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

  /**
   * Runs a batch and answers it. If the lock was lost and the batch `mayRepeat`, answers nothing and returns the loss.
   * Answers that were true `before` stay true.
   */
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
        'JSONL shard: compaction failed; the file is unchanged',
      );
      return false;
    } finally {
      // A failed flush throws outside the generator: let it clean up.
      steps.return(false);
    }
  }
}

function lockLostError(): CacheStorageError {
  return new CacheStorageError(
    'JSONL tier: the lock of a shard was lost repeatedly; try again, or raise `lock.staleMs` if processes stall for long',
  );
}
