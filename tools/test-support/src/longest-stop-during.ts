import { setImmediate } from 'node:timers/promises';

/** The longest time for which the event loop was blocked, in milliseconds. */
export interface LongestStop {
  /** Elapsed time: a busy machine or a slow disk increases it. */
  readonly wallMs: number;
  /** Processor time of this thread: a busy machine does not increase it. */
  readonly computedMs: number;
}

/**
 * Runs `work` and returns the longest time for which it blocked the event loop, the synchronous start of `work`
 * included. Garbage is collected in some runs and not in others: take the best of several, or compare the result with
 * the duration of the whole.
 */
export async function longestStopDuring(work: () => unknown): Promise<LongestStop> {
  const longest = { wallMs: 0, computedMs: 0 };
  let last = clocks();
  const measure = (): void => {
    const now = clocks();
    const wallMs = now.wall - last.wall;
    longest.wallMs = Math.max(longest.wallMs, wallMs);
    // The system counts a thread's time in steps of a few milliseconds, so it can exceed the elapsed time.
    longest.computedMs = Math.max(longest.computedMs, Math.min(wallMs, now.thread - last.thread));
    last = now;
  };
  let isDone = false;
  const done = Promise.resolve(work()).finally(() => {
    isDone = true;
  });
  measure();
  while (!isDone) {
    await setImmediate();
    measure();
  }
  await done;
  return longest;
}

function clocks(): { readonly wall: number; readonly thread: number } {
  const { user, system } = process.threadCpuUsage();
  return { wall: performance.now(), thread: (user + system) / 1000 };
}
