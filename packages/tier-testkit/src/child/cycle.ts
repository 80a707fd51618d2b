import { setTimeout as sleep } from 'node:timers/promises';
import type { CacheTier } from '@pw/cache-models';
import { numberedEntry } from '../samples/numbered-entry.ts';
import type { ChildWork } from './child-work.ts';
import { report } from './report.ts';
import { type Holdings, Resources } from './resources.ts';

/** Cycles to run first, so that everything created once exists. */
const FIRST = 10;
const REPORT_EVERY = 20;
/** How long to wait until the system has released everything after a close, in milliseconds. */
const PATIENCE = 1000;
/** How long to wait before each count, in milliseconds. */
const WAIT = 20;

/** Opens, uses and closes tiers, and reports the resources held after the first cycles and after the last. */
export async function cycle(work: ChildWork): Promise<void> {
  const resources = new Resources(work.orders.directory);
  let tier = await work.tier();
  let before: Holdings = {};
  for (let count = 0; count < work.orders.count + FIRST; count++) {
    if (count === FIRST) before = await leastHeld(resources);
    // Half of the cycles reopen the previous tier.
    if (count % 2 === 0) tier = await work.tier();
    if (count % 4 < 2) await tier.open();
    await use(tier, count);
    await tier.close();
    if (count % REPORT_EVERY === 0) report(count);
  }
  report({ before, after: await leastHeld(resources, before) });
}

async function use(tier: CacheTier, count: number): Promise<void> {
  await tier.put('a', numberedEntry('a', count % 100));
  await tier.putMany([numberedEntry('b', 1), numberedEntry('c', 2)]);
  await tier.get('a');
  for await (const { key } of tier.entries()) await tier.has(key);
  await tier.recordAccess([{ key: 'b', hits: 1, lastAccessed: 1 }]);
  await tier.delete('c');
}

/** The lowest count of each kind during {@link PATIENCE}; returns earlier if no count exceeds the one in `before`. */
async function leastHeld(resources: Resources, before: Holdings = {}): Promise<Holdings> {
  // Node.js reports the end of a timer one turn later. So each count includes the timer of the wait before it, and the
  // first one must be preceded by a wait too.
  await sleep(WAIT);
  let least = resources.held();
  const isMore = () => Object.entries(least).some(([kind, count]) => count > (before[kind] ?? 0));
  for (const until = performance.now() + PATIENCE; isMore() && performance.now() < until; ) {
    await sleep(WAIT);
    const held = resources.held();
    least = Object.fromEntries(Object.entries(least).map(([kind, count]) => [kind, Math.min(count, held[kind] ?? 0)]));
  }
  return least;
}
