import { CacheError } from '@pw/cache-models';
import { GONE } from '../ledger/ledger.ts';
import { note, noteAll } from '../ledger/ledger-writer.ts';
import { entryOf, type Kind, openTier } from './survey.ts';

// Uses a tier in every way while one system call fails somewhere. Exits with 0 if it saw only what the contract allows
// (`false`, or a CacheError from `open`) and every failed operation succeeded when it was repeated without the fault.
const [directory, kind, durability = 'normal'] = process.argv.slice(2) as [string, Kind, 'normal' | 'full'];
const tier = openTier(kind, directory, { durability, busyTimeoutMs: 100 });

function opened(): boolean {
  try {
    tier.open();
    return true;
  } catch (error) {
    if (error instanceof CacheError) return false;
    throw error;
  }
}

/** True if the operation succeeded and the tier counted no failure. */
function succeeds(work: () => boolean): boolean {
  const before = tier.totalFailures;
  return work() && tier.totalFailures === before;
}

/** Up to three attempts: a fault can also prevent the database from being reopened. */
async function retry(what: string, work: () => Promise<boolean> | boolean): Promise<void> {
  for (let time = 0; time < 3; time++) if (await work()) return;
  throw new Error(`${what} failed although the fault was gone`);
}

await retry('open', opened);
for (let n = 0; n < 24; n++) {
  const key = `k${(n * 7) % 10}`;
  const value = String(n);
  if (n % 6 === 5)
    await retry('delete', () => note(key, GONE, () => succeeds(() => tier.delete(key) || !tier.has(key))));
  else await retry('put', () => note(key, value, () => succeeds(() => tier.put(key, entryOf(key, value)))));
  await retry('get', () => succeeds(() => tier.get(key)?.source === (n % 6 === 5 ? undefined : value)));
}
const batch = Array.from({ length: 40 }, (_, n) => [`b${n}`, 'batch'] as const);
await retry('putMany', async () => {
  const stored = await noteAll(batch, () => tier.putMany(batch.map(([key, value]) => entryOf(key, value))));
  return !stored.includes(false);
});
await retry('keys', () => succeeds(() => tier.keys().length >= 40));
await retry('entries', () => succeeds(() => [...tier.entries()].length >= 40));
await retry('cleanup', () => succeeds(() => (tier.cleanupExpired() as number) >= 0));
await retry('close', () => {
  try {
    tier.close();
    return true;
  } catch (error) {
    if (error instanceof CacheError) return false;
    throw error;
  }
});
