import { CacheStorageError, type MaybePromise } from '@pw/cache-models';
import { isBusy, retryWhenBusy } from './retry-when-busy.ts';

interface Waiting {
  readonly work: () => unknown;
  /** When it fails, by `performance.now()`. */
  readonly deadline: number;
  readonly resolve: (value: never) => void;
  readonly reject: (error: unknown) => void;
}

/** Between two tries, in milliseconds: at random up to twice the least, so that two processes do not stay in step. */
const LEAST_WAIT_MS = 1;
/** Work that waited for the same lock is done in turns of the event loop of so many milliseconds. */
const TURN_MS = 5;

/**
 * Writes that wait for another connection's lock while the event loop goes on, in the order in which they came. Work must throw what SQLite
 * throws of a lock, or an error with that as its cause, and be undone then.
 */
export class LockQueue {
  readonly #timeoutMs: number;
  #waiting: Waiting[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  /** Works now, and answers at once; if the lock is taken or others wait for it, later, with a promise. Fails as the work, at the latest when the time is up. */
  run<T>(work: () => T): MaybePromise<T> {
    if (this.#waiting.length === 0) {
      try {
        return work();
      } catch (error) {
        if (!isLocked(error) || this.#timeoutMs === 0) throw error;
      }
    }
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ work, resolve, reject, deadline: performance.now() + this.#timeoutMs });
      this.#again();
    });
  }

  /** Works off now whatever waits; the thread stands still meanwhile. Throws if the lock stays taken for too long, and all goes on waiting. */
  flush(): void {
    const end = performance.now() + this.#timeoutMs;
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const { work } = next;
      const isSettled = this.#settle(next, () => retryWhenBusy(work, end - performance.now(), isLocked), false);
      if (!isSettled) throw new CacheStorageError('earlier writes still wait for the lock of another connection');
    }
  }

  /** Works off whatever waits, or fails it: nothing waits any more. */
  end(): void {
    try {
      this.flush();
    } catch (error) {
      for (const { reject } of this.#waiting.splice(0)) reject(error);
    }
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #again(): void {
    this.#timer ??= setTimeout(() => this.#turn(), LEAST_WAIT_MS * (1 + Math.random()));
  }

  #turn(): void {
    this.#timer = undefined;
    const end = performance.now() + TURN_MS;
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const isLate = performance.now() >= next.deadline;
      if (!this.#settle(next, next.work, isLate) || performance.now() >= end) break;
    }
    if (this.#waiting.length > 0) this.#again();
  }

  /** False if it must go on waiting. Where `isLast`, it fails instead. */
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

  /** The work itself may have ended the queue, as where the file is gone. */
  #remove(done: Waiting): void {
    const at = this.#waiting.indexOf(done);
    if (at !== -1) this.#waiting.splice(at, 1);
  }
}

function isLocked(error: unknown): boolean {
  return isBusy(error) || isBusy((error as { cause?: unknown } | null)?.cause);
}
