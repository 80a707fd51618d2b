import type { CacheEntry } from '@pw/cache-models';
import type { ObservedTier } from '../trial/observed-tier.ts';
import type { Trial } from '../trial/trial.ts';

/** Fails unless `get`, `keys` and `size` report exactly these entries, equal in every field. */
export async function expectContents(
  trial: Trial,
  tier: ObservedTier,
  entries: Iterable<CacheEntry>,
  when: string,
): Promise<void> {
  const expected = [...entries];
  for (const entry of expected) trial.sameEntry(`get("${entry.key}") ${when}`, await tier.get(entry.key), entry);
  trial.sameSet(
    `keys ${when}`,
    await tier.keys(),
    expected.map(({ key }) => key),
  );
  trial.same(`size ${when}`, await tier.size(), expected.length);
}
