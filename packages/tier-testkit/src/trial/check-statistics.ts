import { RemovalReason } from '@pw/cache-models';
import type { Assertions } from './assertions.ts';
import type { ObservedTier } from './observed-tier.ts';

/** Compares the statistics of a tier with everything that it answered. */
export async function checkStatistics(tier: ObservedTier, assertions: Assertions): Promise<void> {
  if (!tier.checksStatistics || !tier.enabled || !tier.isInUse) return;
  const size = await tier.size();
  const counts = tier.statistics;
  const made = tier.evictions.filter(({ reason }) => reason === RemovalReason.CAPACITY).length;
  const { hits, misses, healthRemovals, cleaned } = tier.observed;
  const sum = counts.evictionsLru + counts.evictionsTtl + counts.evictionsHealth + counts.evictionsCorruption;
  const expected = {
    hits,
    misses,
    evictionsLru: made,
    evictionsHealth: healthRemovals,
    currentSize: size,
    totalEvictions: sum,
  };
  const received = Object.fromEntries(
    Object.keys(expected).map((name) => [name, counts[name as keyof typeof expected]]),
  );
  assertions.same('statistics, compared with the answers of the tier', received, expected, 'statistics');
  assertions.holds(
    'statistics.evictionsTtl',
    counts.evictionsTtl >= cleaned,
    `at least ${cleaned}`,
    counts.evictionsTtl,
    'statistics',
  );
}
