import type { CacheEntry } from '@pw/cache-models';
import { makeEntry } from '../samples/make-entry.ts';
import type { ObservedTier } from '../trial/observed-tier.ts';
import type { Trial } from '../trial/trial.ts';

/** Stores entries one by one and as a batch, and fails unless every kind of read returns each as it was put. */
export async function expectRoundTrip(trial: Trial, entries: readonly CacheEntry[]): Promise<ObservedTier> {
  const tier = await trial.tierWith(entries);
  await expectEntries(trial, tier, entries, 'after put');
  const others = entries.map(({ key }) => makeEntry(key, { source: 'another' }));
  trial.same('putMany over them', await tier.putMany(others), Array(entries.length).fill(true), 'batches');
  await expectFound(trial, tier, others, 'after putMany of another entry over it');
  trial.same('putMany over those', await tier.putMany(entries), Array(entries.length).fill(true), 'batches');
  await expectFound(trial, tier, entries, 'after putMany over another entry');
  return tier;
}

/** Fails unless every kind of read finds these entries, and the tier lists no others. */
export async function expectEntries(
  trial: Trial,
  tier: ObservedTier,
  entries: readonly CacheEntry[],
  when: string,
): Promise<void> {
  await expectFound(trial, tier, entries, when);
  const listed = new Map((await tier.entries()).map((entry) => [entry.key, entry]));
  for (const entry of entries) {
    trial.sameEntry(`get of ${label(entry)} ${when}`, await tier.get(entry.key), entry);
    trial.sameEntry(`${label(entry)} of entries() ${when}`, listed.get(entry.key), entry);
    if (tier.raw.getNow !== undefined)
      trial.sameEntry(`getNow of ${label(entry)} ${when}`, await tier.getNow(entry.key), entry);
    trial.sameEntry(`peek of ${label(entry)} ${when}`, await tier.peek(entry.key), entry);
  }
  trial.same(`number of entries() ${when}`, listed.size, entries.length);
}

async function expectFound(
  trial: Trial,
  tier: ObservedTier,
  entries: readonly CacheEntry[],
  when: string,
): Promise<void> {
  const found = await tier.getMany(entries.map(({ key }) => key));
  for (const entry of entries) trial.sameEntry(`${label(entry)} of getMany ${when}`, found.get(entry.key), entry);
}

function label({ key }: CacheEntry): string {
  const text = JSON.stringify(key);
  return text.length <= 60 ? text : `${text.slice(0, 40)}… (${key.length} characters)`;
}
