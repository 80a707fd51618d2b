import { CacheError } from '@pw/cache-models';
import { GONE } from '../ledger/ledger.ts';
import { note, noteAll } from '../ledger/ledger-writer.ts';
import { entryOf, openTier, SHARDS } from './survey.ts';

// Works through a short day of a tier while one call of the system fails somewhere. Ends with 0 if all it saw was what the
// contract allows: `false`, or a CacheError out of `open`; and if the same thing done again, the fault gone, went well.
const [directory, durability = 'normal'] = process.argv.slice(2) as [string, 'normal' | 'full'];
const tier = openTier(directory, { numShards: SHARDS, durability });

async function opened(): Promise<boolean> {
  try {
    await tier.open();
    return true;
  } catch (error) {
    if (error instanceof CacheError) return false;
    throw error;
  }
}

/** True if the tier did it, and nothing failed on the way. */
async function well(work: () => Promise<boolean>): Promise<boolean> {
  const before = tier.totalFailures;
  const answer = await work();
  return answer && tier.totalFailures === before;
}

async function twice(what: string, work: () => Promise<boolean>): Promise<void> {
  if (!(await work()) && !(await work())) throw new Error(`${what} failed although the fault was gone`);
}

await twice('open', opened);
for (let n = 0; n < 24; n++) {
  const key = `k${(n * 7) % 10}`;
  const value = String(n);
  if (n % 6 === 5)
    await twice('delete', () =>
      note(key, GONE, () => well(async () => (await tier.delete(key)) || !(await tier.has(key)))),
    );
  else await twice('put', () => note(key, value, () => well(() => tier.put(key, entryOf(key, value)))));
  await twice('get', () => well(async () => (await tier.get(key))?.source === (n % 6 === 5 ? undefined : value)));
}
const batch = Array.from({ length: 20 }, (_, n) => [`b${n}`, 'batch'] as const);
await twice('putMany', async () => {
  const stored = await noteAll(batch, () => tier.putMany(batch.map(([key, value]) => entryOf(key, value))));
  return !stored.includes(false);
});
// Enough garbage in one shard for a compaction.
for (let n = 0; n < 100; n++)
  await twice('put', () => note('k0', `c${n}`, () => well(() => tier.put('k0', entryOf('k0', `c${n}`)))));
await twice('cleanup', () => well(async () => (await tier.cleanupExpired()) >= 0));
await tier.close();
