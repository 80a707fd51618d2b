import { errorCode } from '@pw/cache-models/tier';
import { sleepSync } from './sleep-sync.ts';

/** Waits between two attempts, in milliseconds: from the first to the longest, doubling. */
const FIRST_WAIT_MS = 0.5;
const LONGEST_WAIT_MS = 4;

/**
 * The one policy for a database that another connection has locked: retry until the lock is free or the time has run
 * out. Waits are short, as a long one misses the moments in which the lock is free, and random, so that two processes
 * do not keep retrying at the same moments. The thread is blocked meanwhile; where a promise may be returned,
 * `LockQueue` waits instead. `work` must have changed nothing when it throws. Throws the error of `work` if it has
 * another cause, or when the time has run out.
 */
export function retryWhenBusy<T>(work: () => T, timeoutMs: number, isRetryable = isBusy): T {
  const end = performance.now() + timeoutMs;
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(LONGEST_WAIT_MS, wait * 2)) {
    try {
      return work();
    } catch (error) {
      if (!isRetryable(error) || performance.now() >= end) throw error;
      sleepSync(wait * (0.5 + Math.random() / 2));
    }
  }
}

/**
 * Also true for a snapshot too old to write on, a log that another process is recovering, and a lost race for a lock.
 */
export function isBusy(error: unknown): boolean {
  const code = errorCode(error);
  return code?.startsWith('SQLITE_BUSY') === true || code === 'SQLITE_LOCKED' || code === 'SQLITE_PROTOCOL';
}
