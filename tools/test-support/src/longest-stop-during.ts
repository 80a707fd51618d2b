import { setImmediate } from 'node:timers/promises';

/** For how long the event loop stood still at once, at most, in milliseconds. */
export interface LongestStop {
  /** By the clock on the wall: a busy machine, or a slow disk, makes it longer. */
  readonly wallMs: number;
  /** Counting only what this thread computed, so that a busy machine adds nothing. */
  readonly computedMs: number;
}

/**
 * The longest stop of the event loop while something was done; what is done before the first turn counts, too. Collections of garbage fall into some
 * runs and not into others: take the best of several, or compare it with the time of the whole.
 */
export async function longestStopDuring(work: () => unknown): Promise<LongestStop> {
  const longest = { wallMs: 0, computedMs: 0 };
  let last = clocks();
  const look = (): void => {
    const now = clocks();
    const wallMs = now.wall - last.wall;
    longest.wallMs = Math.max(longest.wallMs, wallMs);
    // The system counts a thread's time in steps of some milliseconds, so it may also be the larger of the two.
    longest.computedMs = Math.max(longest.computedMs, Math.min(wallMs, now.thread - last.thread));
    last = now;
  };
  let isDone = false;
  const done = Promise.resolve(work()).finally(() => {
    isDone = true;
  });
  look();
  while (!isDone) {
    await setImmediate();
    look();
  }
  await done;
  return longest;
}

function clocks(): { readonly wall: number; readonly thread: number } {
  const { user, system } = process.threadCpuUsage();
  return { wall: performance.now(), thread: (user + system) / 1000 };
}
