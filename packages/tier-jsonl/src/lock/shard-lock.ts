import { setTimeout as sleep } from 'node:timers/promises';
import { CacheStorageError } from '@pw/cache-models';
import { errorCode, runAtExit } from '@pw/cache-models/tier';
import lockfile from 'proper-lockfile';
import { storageFault } from '../files/storage-fault.ts';
import { LockFiles, type LockHolders } from './lock-files.ts';
import type { LockTiming } from './lock-timing.ts';
import { fenceShard } from './shard-fence.ts';
import type { TurnQueue } from './turn-queue.ts';

// Shortest and longest pause of a waiting process between two attempts. After a long use, the holder leaves the lock
// free for the longest pause.
const RETRY_LEAST = 2;
const RETRY_MOST = 10;
/**
 * A lock is kept while writes follow one another within this time, and released once that long has passed without one.
 */
const IDLE = 25;
/** A lock is released after this time even if more is to be written. */
const KEEP_MOST = 150;

/**
 * The lock of one shard between processes, and between tiers of one process: a folder `shard_NN.jsonl.lock` beside the
 * file. (The lock of ProxyWhirl is a file with another name.)
 *
 * States: *free* (`#unlock` is undefined), *held*, and *lost* (`#isLost`: the library reported that the lock was
 * compromised; it is released at the next use). A lock taken over from a process that did not release it is held but
 * *must be fenced* first: until `fenceShard` succeeds, the former holder may still write, and `tryTake` does not return
 * true. Between writes of a burst a held lock is *idle*: a timer releases it, unless it is used again.
 *
 * It is never certain that the lock is still held: the process may be stopped at any point. So `confirmHeld` is called
 * before each write, and `isStillOurs` after it, before it is acknowledged.
 */
export class ShardLock {
  readonly #target: string;
  readonly #path: string;
  readonly #timing: LockTiming;
  readonly #files: LockFiles;
  readonly #turns: TurnQueue;
  #idle: NodeJS.Timeout | undefined;
  #unlock: (() => void) | undefined;
  #cancelExitHandler: (() => void) | undefined;
  #isLost = false;
  /** True while a former holder that is merely stopped could still write. */
  #mustFence = false;
  #takenAt = 0;
  #usedAt = Number.NEGATIVE_INFINITY;
  #restUntil = 0;

  /**
   * Locks of many shards become idle together: `turns` spreads the removals of their folders, each of which may wait
   * for the disk.
   */
  constructor(shardPath: string, timing: LockTiming, turns: TurnQueue, holders: LockHolders) {
    this.#turns = turns;
    this.#target = shardPath;
    this.#path = `${shardPath}.lock`;
    this.#timing = timing;
    this.#files = new LockFiles(this.#path, timing.staleMs, holders);
  }

  /**
   * True if the lock is ours now; a lost one is released. Called before each write, as the lock may have been taken
   * over.
   */
  confirmHeld(): boolean {
    if (this.#unlock === undefined) return false;
    if (!this.#isLost && this.#files.isOurs()) return true;
    this.release();
    return false;
  }

  /** True if no other process has taken the lock over so far. Called after each write, before it is acknowledged. */
  isStillOurs(): boolean {
    return this.#unlock !== undefined && (this.#files.isOurs() || this.#files.isThere());
  }

  /** True if the holder has ended without releasing the lock. */
  isOrphan(): boolean {
    return this.#unlock === undefined && this.#files.isOrphan();
  }

  /**
   * Takes the lock if it is free, or its holder has ended or failed to refresh it. A lock that we already have is not
   * checked: call `confirmHeld` before writing. Throws the system's error.
   */
  tryTake(): boolean {
    if (this.#isLost) this.release();
    if (this.#unlock !== undefined) {
      // In use until the next `settle`, however long that takes.
      clearTimeout(this.#idle);
      this.#idle = undefined;
      return this.#fence();
    }
    if (performance.now() < this.#restUntil) return false;
    this.#isLost = false;
    try {
      this.#unlock = lockfile.lockSync(this.#target, this.#options());
    } catch (error) {
      if (errorCode(error) === 'ELOCKED' || errorCode(error) === 'ENOENT') return this.#failed();
      this.#failed();
      throw error;
    }
    // A process that ends in a burst of writes must not leave a lock that others wait for.
    this.#cancelExitHandler = runAtExit(() => this.release());
    this.#takenAt = performance.now();
    this.#mustFence = this.#files.isTakenOver;
    return this.#fence();
  }

  /** Shuts out the former holder of a lock that was taken over. False if the lock is lost by then. */
  #fence(): boolean {
    if (!this.#mustFence) return true;
    try {
      fenceShard(this.#target);
    } catch (error) {
      // The process that took it over from us removed our temporary file.
      if (!this.confirmHeld()) return false;
      throw error;
    }
    this.#mustFence = false;
    return this.confirmHeld();
  }

  /** Waits for the lock. Throws a CacheStorageError if another process still holds it after `deadline`. */
  async take(): Promise<void> {
    const until = performance.now() + this.#timing.deadlineMs;
    while (!this.#tryOrFault()) {
      if (performance.now() >= until)
        throw new CacheStorageError(
          'JSONL tier: a shard is still locked by another process after `lock.deadlineMs`; try again',
        );
      await sleep(RETRY_LEAST + Math.random() * (RETRY_MOST - RETRY_LEAST));
    }
  }

  /** Ends a use of the lock: keeps it for a moment if writes follow one another closely, else releases it. */
  settle(): void {
    if (this.#unlock === undefined) return;
    const now = performance.now();
    const isBurst = now - this.#usedAt < IDLE;
    this.#usedAt = now;
    if (isBurst && now - this.#takenAt < KEEP_MOST) {
      clearTimeout(this.#idle);
      const idle = setTimeout(() => this.#turns.add(() => this.#releaseIf(idle)), IDLE);
      this.#idle = idle.unref();
      return;
    }
    if (now - this.#takenAt >= KEEP_MOST) this.#restUntil = now + RETRY_MOST;
    this.release();
  }

  /** Releases the lock unless it was used since. */
  #releaseIf(idle: NodeJS.Timeout): void {
    if (this.#idle === idle) this.release();
  }

  /**
   * Releases the lock. A lock that was taken from us is left alone, and so is one whose former holder could not be shut
   * out: it becomes stale, and the process that takes it over tries again.
   */
  release(): void {
    clearTimeout(this.#idle);
    this.#idle = undefined;
    this.#cancelExitHandler?.();
    this.#cancelExitHandler = undefined;
    const unlock = this.#unlock;
    this.#unlock = undefined;
    if (unlock !== undefined) {
      try {
        if (this.#mustFence) this.#files.leaveInPlace();
        if (!this.#isLost) unlock();
        else if (!this.#mustFence) this.#files.remove();
      } catch {
        // Its folder cannot be removed: it becomes stale, and others take it over.
      }
    }
    this.#mustFence = false;
    this.#files.disclaim();
  }

  #tryOrFault(): boolean {
    try {
      return this.tryTake();
    } catch (error) {
      throw storageFault('lock a shard', error);
    }
  }

  #failed(): false {
    const unlock = this.#unlock;
    this.#unlock = undefined;
    if (unlock !== undefined) this.#isLost = true;
    this.#files.disclaim();
    return false;
  }

  #options() {
    const { staleMs, updateMs } = this.#timing;
    return {
      stale: staleMs,
      update: updateMs,
      realpath: false,
      retries: 0,
      lockfilePath: this.#path,
      fs: this.#files,
      // By default the library throws inside a timer, which ends the process.
      onCompromised: () => {
        this.#isLost = true;
      },
    };
  }
}
