import { setTimeout as sleep } from 'node:timers/promises';
import { CacheStorageError, runAtExit } from '@pw/cache-models';
import lockfile from 'proper-lockfile';
import { errorCode, storageFault } from '../files/storage-fault.ts';
import { LockFiles, type LockHolders } from './lock-files.ts';
import type { LockTiming } from './lock-timing.ts';
import { fenceShard } from './shard-fence.ts';
import type { TurnQueue } from './turn-queue.ts';

// A rival looks at least this often, and a holder that kept the lock for long rests for as long.
const RETRY_LEAST = 2;
const RETRY_MOST = 10;
/** A lock is kept over writes that follow one another within this time, and given back when it passes without any. */
const IDLE = 25;
/** A lock is not kept for longer than this, whatever is to be written. */
const KEEP_MOST = 150;

/**
 * The lock of one shard between processes, and between tiers of one process: a folder `shard_NN.jsonl.lock` beside the
 * file (ProxyWhirl's own lock is a file of another name). Kept for a moment under a burst of writes; see `settle`.
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
  /** True while a former holder that is only stopped could still write. */
  #mustFence = false;
  #takenAt = 0;
  #usedAt = Number.NEGATIVE_INFINITY;
  #restUntil = 0;

  /** Locks of many shards grow idle together: `turns` parts their folders' removals, each of which may wait for the disk. */
  constructor(shardPath: string, timing: LockTiming, turns: TurnQueue, holders: LockHolders) {
    this.#turns = turns;
    this.#target = shardPath;
    this.#path = `${shardPath}.lock`;
    this.#timing = timing;
    this.#files = new LockFiles(this.#path, timing.stale, holders);
  }

  /** True if the lock is ours now. Asked before each write: it may have been taken from us. */
  confirmHeld(): boolean {
    if (this.#unlock === undefined) return false;
    if (!this.#isLost && this.#files.isOurs()) return true;
    this.release();
    return false;
  }

  /** True if nobody has taken the lock over up to now. Asked after each write, before it is acknowledged. */
  isStillOurs(): boolean {
    return this.#unlock !== undefined && (this.#files.isOurs() || this.#files.isThere());
  }

  /** True if the holder has ended without giving the lock back. */
  isOrphan(): boolean {
    return this.#unlock === undefined && this.#files.isOrphan();
  }

  /**
   * Takes the lock if it is free, or its holder has ended or did not refresh it in time. One that we have already is not looked at: ask
   * `confirmHeld` before anything is written. Throws what the system says.
   */
  tryTake(): boolean {
    if (this.#isLost) this.release();
    if (this.#unlock !== undefined) {
      // It is used until the next `settle`, however long that takes.
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
    // A process that ends in the middle of a burst leaves no lock that others would wait for.
    this.#cancelExitHandler = runAtExit(() => this.release());
    this.#takenAt = performance.now();
    this.#mustFence = this.#files.isTakenOver;
    return this.#fence();
  }

  /** Of a lock that was taken over: shuts its former holder out. False if it is lost by then. */
  #fence(): boolean {
    if (!this.#mustFence) return true;
    try {
      fenceShard(this.#target);
    } catch (error) {
      // Whoever took it over from us meanwhile removed what was to be renamed.
      if (!this.confirmHeld()) return false;
      throw error;
    }
    this.#mustFence = false;
    return this.confirmHeld();
  }

  /** Waits for the lock. Throws a CacheStorageError when it is still held by another after `deadline`. */
  async take(): Promise<void> {
    const until = performance.now() + this.#timing.deadline;
    while (!this.#tryOrFault()) {
      if (performance.now() >= until)
        throw new CacheStorageError('JSONL tier: a shard stayed locked by another process');
      await sleep(RETRY_LEAST + Math.random() * (RETRY_MOST - RETRY_LEAST));
    }
  }

  /** After a write: keeps the lock for a moment if writes follow one another closely, else gives it back. */
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

  /** Gives the lock back, unless it was used since. */
  #releaseIf(idle: NodeJS.Timeout): void {
    if (this.#idle === idle) this.release();
  }

  /**
   * Gives the lock back; one that was taken from us is left alone, and so is one whose former holder could not be shut out: it grows
   * stale, and whoever takes it over tries again.
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
        if (this.#mustFence) this.#files.leave();
        if (!this.#isLost) unlock();
        else if (!this.#mustFence) this.#files.remove();
      } catch {
        // Its folder cannot be removed: it grows stale, and others take it over.
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
    const { stale, update } = this.#timing;
    return {
      stale,
      update,
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
