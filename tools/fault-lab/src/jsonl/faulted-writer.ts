import { CacheError } from '@pw/cache-models';
import { GONE } from '../ledger/ledger.ts';
import { note, noteAll } from '../ledger/ledger-writer.ts';
import { entryOf, openTier, SHARDS } from './survey.ts';

// Uses a tier in every way while one system call fails somewhere. Exits with 0 if it saw only what the contract allows
// (`false`, or a CacheError from `open`) and every failed operation succeeded when it was repeated without the fault.
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

/** True if the operation succeeded and the tier counted no failure. */
async function succeeds(work: () => Promise<boolean>): Promise<boolean> {
  const before = tier.totalFailures;
  const answer = await work();
  return answer && tier.totalFailures === before;
}

async function retry(what: string, work: () => Promise<boolean>): Promise<void> {
  if (!(await work()) && !(await work())) throw new Error(`${what} failed although the fault was gone`);
}

await retry('open', opened);
for (let n = 0; n < 24; n++) {
  const key = `k${(n * 7) % 10}`;
  const value = String(n);
  if (n % 6 === 5)
    await retry('delete', () =>
      note(key, GONE, () => succeeds(async () => (await tier.delete(key)) || !(await tier.has(key)))),
    );
  else await retry('put', () => note(key, value, () => succeeds(() => tier.put(key, entryOf(key, value)))));
  await retry('get', () => succeeds(async () => (await tier.get(key))?.source === (n % 6 === 5 ? undefined : value)));
}
const batch = Array.from({ length: 20 }, (_, n) => [`b${n}`, 'batch'] as const);
await retry('putMany', async () => {
  const stored = await noteAll(batch, () => tier.putMany(batch.map(([key, value]) => entryOf(key, value))));
  return !stored.includes(false);
});
// Enough superseded lines in one shard for a compaction.
for (let n = 0; n < 100; n++)
  await retry('put', () => note('k0', `c${n}`, () => succeeds(() => tier.put('k0', entryOf('k0', `c${n}`)))));
await retry('cleanup', () => succeeds(async () => (await tier.cleanupExpired()) >= 0));
await tier.close();
