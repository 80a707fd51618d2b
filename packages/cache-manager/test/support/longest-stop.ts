import { setImmediate } from 'node:timers/promises';

/** Collections of garbage fall into some runs and not into others. */
const MOST_RUNS = 12;

/**
 * The longest time in milliseconds that the event loop was held at once while something was done: of several runs the least, as soon as one is
 * below `enough`; and only time that this thread computed, so that a busy machine adds nothing.
 */
export async function longestStopDuring(work: () => Promise<unknown>, enough: number): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < MOST_RUNS && least >= enough; i++) least = Math.min(least, await longestStopOnce(work));
  return least;
}

async function longestStopOnce(work: () => Promise<unknown>): Promise<number> {
  let longest = 0;
  let isDone = false;
  const done = work().finally(() => {
    isDone = true;
  });
  for (let last = clocks(); !isDone; ) {
    await setImmediate();
    const now = clocks();
    // The system counts a thread's time in steps of some milliseconds, so it may also be the larger of the two.
    longest = Math.max(longest, Math.min(now.wall - last.wall, now.thread - last.thread));
    last = now;
  }
  await done;
  return longest;
}

function clocks(): { readonly wall: number; readonly thread: number } {
  const { user, system } = process.threadCpuUsage();
  return { wall: performance.now(), thread: (user + system) / 1000 };
}
