import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';

/** How long the event loop was held while something ran, in milliseconds. */
export interface LoopDelay {
  readonly p99: number;
  readonly longest: number;
  /** How long the work took altogether. */
  readonly total: number;
}

/** The histogram counts the time from one tick to the next, which is this long where nothing holds the loop. */
const TICK_MS = 1;
/** A few turns before and after: the histogram does not see the first interval, nor one that is not over. */
const MARGIN_MS = 10;

export async function loopDelayDuring(work: () => Promise<unknown>): Promise<LoopDelay> {
  const delays = monitorEventLoopDelay({ resolution: TICK_MS });
  delays.enable();
  await setTimeout(MARGIN_MS);
  delays.reset();
  await setTimeout(MARGIN_MS);
  const started = performance.now();
  await work();
  const total = performance.now() - started;
  await setTimeout(MARGIN_MS);
  delays.disable();
  const held = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - TICK_MS);
  return { p99: held(delays.percentile(99)), longest: held(delays.max), total };
}
