import type { CacheTier } from '@pw/cache-models';
import { doStep, writeStep } from '../histories/write-step.ts';
import type { ChildWork } from './child-work.ts';
import { report } from './report.ts';

/** Writes until it is killed, and reports the number of each step once the tier has acknowledged it. */
export async function write(work: ChildWork): Promise<void> {
  const tier = await work.tier();
  for (let count = 0; ; count++) {
    if (!(await doStep(tier, writeStep(work.orders.prefix, count)))) throw new Error('a put was not stored');
    report(count);
  }
}

/** Runs some steps, then exits immediately, without close. */
export async function exit(work: ChildWork): Promise<void> {
  await writeSome(work);
  process.exit(0);
}

/** Runs some steps and never closes: the process ends when nothing keeps it alive. */
export async function end(work: ChildWork): Promise<void> {
  await writeSome(work);
  reportAtExit();
}

/** Runs some steps, then closes: the process ends when nothing keeps it alive. */
export async function closeAndEnd(work: ChildWork): Promise<void> {
  const tier = await writeSome(work);
  await tier.close();
  report('closed');
  reportAtExit();
}

async function writeSome(work: ChildWork): Promise<CacheTier> {
  const { count, prefix } = work.orders;
  const tier = await work.tier();
  await tier.open();
  for (let step = 0; step < count; step++) {
    if (!(await doStep(tier, writeStep(prefix, step)))) throw new Error('a put was not stored');
    await tier.get(`${prefix}-${step}`);
  }
  // A tier may buffer these for a while before it writes them.
  const keys = await tier.keys();
  const now = work.clock.now();
  await tier.recordAccess(keys.map((key) => ({ key, hits: 5, lastAccessed: now })));
  report('written');
  return tier;
}

/** Reports at exit for how many milliseconds the process was kept alive. */
function reportAtExit(): void {
  const since = performance.now();
  process.once('exit', () => report(performance.now() - since));
}
