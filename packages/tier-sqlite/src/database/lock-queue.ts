import { CacheStorageError, type MaybePromise } from '@pw/cache-models';
import { isBusy, retryWhenBusy } from './retry-when-busy.ts';

interface Waiting {
  readonly work: () => unknown;
  /** The time at which it fails, in milliseconds of `performance.now()`. */
  readonly deadline: number;
  readonly resolve: (value: never) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Shortest pause between two attempts, in milliseconds. Pauses are random, up to twice this, so that two processes do
 * not keep retrying at the same moments.
 */
const MIN_WAIT_MS = 1;
/** How long the queue works in one turn of the event loop, in milliseconds. */
const MAX_TURN_MS = 5;

/**
 * Writes that wait for another connection's lock without blocking the event loop. They run in the order in which they
 * arrived: while anything waits, later work waits, too. A timer retries the first; each ends when it succeeds, when it
 * fails for any reason other than a lock, or at its deadline. `flush` runs everything immediately and blocks the
 * thread; `end` also makes the remaining work fail.
 *
 * Work that finds the database locked must throw SQLite's error, or an error with that as its cause, and must have
 * changed nothing.
 */
export class LockQueue {
  readonly #timeoutMs: number;
  #waiting: Waiting[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  /**
   * Runs work now and returns its result or, if the lock is taken or earlier work waits for it, returns a promise.
   * Fails as the work fails or, after `timeoutMs`, with the error of the lock.
   */
  run<T>(work: () => T, timeoutMs = this.#timeoutMs): MaybePromise<T> {
    if (this.#waiting.length === 0) {
      try {
        return work();
      } catch (error) {
        if (!isLocked(error) || timeoutMs === 0) throw error;
      }
    }
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ work, resolve, reject, deadline: performance.now() + timeoutMs });
      this.#schedule();
    });
  }

  /**
   * Runs all waiting work and blocks the thread meanwhile. Throws if the lock is not released in time; the work then
   * continues to wait.
   */
  flush(): void {
    const end = performance.now() + this.#timeoutMs;
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const { work } = next;
      const isSettled = this.#settle(next, () => retryWhenBusy(work, end - performance.now(), isLocked), false);
      if (!isSettled)
        throw new CacheStorageError('earlier writes still wait for a lock that another connection holds; try again');
    }
  }

  /** Runs waiting work as far as the lock is free. True if none waits any longer. */
  tryFlush(): boolean {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0])
      if (!this.#settle(next, next.work, false)) return false;
    return true;
  }

  /** Runs all waiting work, or makes it fail; afterwards the queue is empty. */
  end(): void {
    try {
      this.flush();
    } catch (error) {
      for (const { reject } of this.#waiting.splice(0)) reject(error);
    }
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #schedule(): void {
    this.#timer ??= setTimeout(() => this.#runTurn(), MIN_WAIT_MS * (1 + Math.random()));
  }

  #runTurn(): void {
    this.#timer = undefined;
    const end = performance.now() + MAX_TURN_MS;
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const isLate = performance.now() >= next.deadline;
      if (!this.#settle(next, next.work, isLate) || performance.now() >= end) break;
    }
    if (this.#waiting.length > 0) this.#schedule();
  }

  /** False if the lock is taken and the work must continue to wait. With `isLast` the work fails instead. */
  #settle(next: Waiting, work: () => unknown, isLast: boolean): boolean {
    try {
      const value = work();
      this.#remove(next);
      next.resolve(value as never);
    } catch (error) {
      if (isLocked(error) && !isLast) return false;
      this.#remove(next);
      next.reject(error);
    }
    return true;
  }

  /** The work itself may have emptied the queue, as when the file is gone and the tier closes. */
  #remove(done: Waiting): void {
    const at = this.#waiting.indexOf(done);
    if (at !== -1) this.#waiting.splice(at, 1);
  }
}

/** True for SQLite's error of a lock, and for an error with that as its cause. */
export function isLocked(error: unknown): boolean {
  return isBusy(error) || isBusy((error as { cause?: unknown } | null)?.cause);
}
