import { setImmediate } from 'node:timers/promises';

/**
 * The longest time, in milliseconds, for which the event loop stood still while something was done; what is done before the first turn
 * counts, too. A busy machine makes it longer: take the best of several, or compare it with the time of the whole.
 */
export async function longestStopDuring(work: () => unknown): Promise<number> {
  let longest = 0;
  let last = performance.now();
  const look = (): void => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
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
