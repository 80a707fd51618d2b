import type { CacheEntry } from '@pw/cache-models';
import { makeEntry } from './make-entry.ts';
import type { ObservedTier } from './observed-tier.ts';
import type { Trial } from './trial.ts';

/** Stores entries one by one and all at once, and fails unless each comes back as it was put, however it is asked for. */
export async function comeBack(trial: Trial, entries: readonly CacheEntry[]): Promise<ObservedTier> {
  const tier = await trial.tier();
  for (const entry of entries) trial.same(`put of ${label(entry)}`, await tier.put(entry), true, 'stores');
  await areThere(trial, tier, entries, 'after put');
  for (const entry of entries) await tier.put(makeEntry(entry.key, { source: 'another' }));
  for (const entry of entries)
    trial.sameEntry(
      `get of the entry that replaced ${label(entry)}`,
      await tier.get(entry.key),
      makeEntry(entry.key, { source: 'another' }),
    );
  trial.same('putMany over them', await tier.putMany(entries), Array(entries.length).fill(true), 'batches');
  await areThere(trial, tier, entries, 'after putMany over other entries');
  return tier;
}

/** Fails unless a tier holds these entries and no others. */
export async function areThere(
  trial: Trial,
  tier: ObservedTier,
  entries: readonly CacheEntry[],
  when: string,
): Promise<void> {
  for (const entry of entries) trial.sameEntry(`get of ${label(entry)} ${when}`, await tier.get(entry.key), entry);
  const found = await tier.getMany(entries.map(({ key }) => key));
  const listed = new Map((await tier.entries()).map((entry) => [entry.key, entry]));
  for (const entry of entries) {
    trial.sameEntry(`${label(entry)} of getMany ${when}`, found.get(entry.key), entry);
    trial.sameEntry(`${label(entry)} of entries() ${when}`, listed.get(entry.key), entry);
    if (tier.raw.peek !== undefined)
      trial.sameEntry(`peek of ${label(entry)} ${when}`, await tier.peek(entry.key), entry);
  }
  trial.same(`number of entries() ${when}`, listed.size, entries.length);
}

function label({ key }: CacheEntry): string {
  const text = JSON.stringify(key);
  return text.length <= 60 ? text : `${text.slice(0, 40)}… (${key.length} characters)`;
}
