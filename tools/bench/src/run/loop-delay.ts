import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';

/** How long the event loop was blocked while some work ran, in milliseconds. */
export interface LoopDelay {
  readonly p99: number;
  readonly longest: number;
  /** The duration of the whole work. */
  readonly total: number;
}

/** The interval between two ticks of the histogram when nothing blocks the loop. */
const TICK_MS = 1;
/** Time before and after the work: the histogram misses the first interval and an unfinished one. */
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
