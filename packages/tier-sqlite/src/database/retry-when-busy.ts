import { codeOf } from './storage-error.ts';

/** Waits between two tries, in milliseconds: from the first to the longest, doubling. */
const FIRST_WAIT_MS = 0.5;
const LONGEST_WAIT_MS = 4;

/**
 * The one policy for a database that another connection holds: try again until it is free or the time is up, with waits
 * that are short (whoever waits long misses the moments in between) and random (so that two do not stay in step).
 * The thread stands still meanwhile; where a promise may be the answer, {@link import('./lock-queue.ts').LockQueue} waits. Everything in `work` must be undone when it throws.
 * Throws what `work` throws, when it is about anything else or the time is up.
 */
export function retryWhenBusy<T>(work: () => T, timeoutMs: number, isToRetry = isBusy): T {
  const end = performance.now() + timeoutMs;
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(LONGEST_WAIT_MS, wait * 2)) {
    try {
      return work();
    } catch (error) {
      if (!isToRetry(error) || performance.now() >= end) throw error;
      sleep(wait * (0.5 + Math.random() / 2));
    }
  }
}

/** Also a snapshot that is too old to write on, a log that another process is recovering, and a lock that it lost a race for. */
export function isBusy(error: unknown): boolean {
  const code = codeOf(error);
  return code?.startsWith('SQLITE_BUSY') === true || code === 'SQLITE_LOCKED' || code === 'SQLITE_PROTOCOL';
}

const nobody = new Int32Array(new SharedArrayBuffer(4));

function sleep(ms: number): void {
  Atomics.wait(nobody, 0, 0, ms);
}
