import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';

/** How long the event loop was held while something ran, in milliseconds. */
export interface LoopDelay {
  readonly p99: number;
  readonly longest: number;
  /** How long the work took altogether. */
  readonly total: number;
}

/** A few turns before and after: the histogram does not see the first interval, nor one that is not over. */
const MARGIN_MS = 10;

export async function loopDelayDuring(work: () => Promise<unknown>): Promise<LoopDelay> {
  const delays = monitorEventLoopDelay({ resolution: 1 });
  delays.enable();
  await setTimeout(MARGIN_MS);
  delays.reset();
  await setTimeout(MARGIN_MS);
  const started = performance.now();
  await work();
  const total = performance.now() - started;
  await setTimeout(MARGIN_MS);
  delays.disable();
  return { p99: delays.percentile(99) / 1e6, longest: delays.max / 1e6, total };
}
