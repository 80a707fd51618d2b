import { makeEntry } from '../samples/make-entry.ts';
import type { ChildWork } from './child-work.ts';
import { report } from './report.ts';

/** Writes alone until it is killed, every third time a removal, and reports each write once it is acknowledged. */
export async function writeAlone(work: ChildWork): Promise<void> {
  const tier = await work.tier();
  for (let count = 0; ; count++) {
    const key = `${work.orders.prefix}-${count}`;
    const entry = count % 3 === 2 ? null : makeEntry(key);
    const versions = await tier.marks!.writeAlone([{ key, entry }], { after: 0, timeoutMs: 60_000 });
    if (versions === undefined) throw new Error('a write was not stored');
    report(count);
    // A synchronous tier would never let the process do anything else.
    await new Promise((resolve) => setImmediate(resolve));
  }
}
