import { CacheError } from '@pw/cache-models';
import { GONE } from '../ledger/ledger.ts';
import { note, noteAll } from '../ledger/ledger-writer.ts';
import { entryOf, type Kind, openTier } from './survey.ts';

// Works through a short day of a tier while one call of the system fails somewhere. Ends with 0 if all it saw was what the
// contract allows: `false`, or a CacheError out of `open`; and if the same thing done again, the fault gone, went well.
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

/** True if the tier did it, and nothing failed on the way. */
function well(work: () => boolean): boolean {
  const before = tier.totalFailures;
  return work() && tier.totalFailures === before;
}

/** A fault can keep the database from being opened once more, hence the third time. */
async function again(what: string, work: () => Promise<boolean> | boolean): Promise<void> {
  for (let time = 0; time < 3; time++) if (await work()) return;
  throw new Error(`${what} failed although the fault was gone`);
}

await again('open', opened);
for (let n = 0; n < 24; n++) {
  const key = `k${(n * 7) % 10}`;
  const value = String(n);
  if (n % 6 === 5) await again('delete', () => note(key, GONE, () => well(() => tier.delete(key) || !tier.has(key))));
  else await again('put', () => note(key, value, () => well(() => tier.put(key, entryOf(key, value)))));
  await again('get', () => well(() => tier.get(key)?.source === (n % 6 === 5 ? undefined : value)));
}
const batch = Array.from({ length: 40 }, (_, n) => [`b${n}`, 'batch'] as const);
await again('putMany', async () => {
  const stored = await noteAll(batch, () => tier.putMany(batch.map(([key, value]) => entryOf(key, value))));
  return !stored.includes(false);
});
await again('keys', () => well(() => tier.keys().length >= 40));
await again('entries', () => well(() => [...tier.entries()].length >= 40));
await again('cleanup', () => well(() => (tier.cleanupExpired() as number) >= 0));
await again('close', () => {
  try {
    tier.close();
    return true;
  } catch (error) {
    if (error instanceof CacheError) return false;
    throw error;
  }
});
