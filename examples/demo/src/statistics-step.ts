import type { CacheManager } from '@pw/cache-manager';
import { check, count, heading, line, table } from './screen.ts';

/** Prints the statistics of the cache. */
export async function showStatistics(cache: CacheManager): Promise<void> {
  heading('Statistics', 'The counts of this process.');
  const missing = await cache.get('a key that was never stored');
  for (const { tier } of cache.tiers) await tier?.size();
  const statistics = cache.getStatistics();
  const percent = (rate: number) => `${(rate * 100).toFixed(1)} %`;
  table(
    ['tier', 'entries', 'hits', 'misses', 'hit rate', 'evictions'],
    statistics.tiers.map(({ name, stats }) => [
      name,
      count(stats.currentSize),
      count(stats.hits),
      count(stats.misses),
      percent(stats.hitRate),
      count(stats.totalEvictions),
    ]),
  );
  line();
  const { promotions, demotions, requestMisses, overallHitRate } = statistics;
  line(
    `${count(promotions)} promotions, ${count(demotions)} demotions, ${count(requestMisses ?? 0)} request misses, overall hit rate ${percent(overallHitRate)}`,
  );
  check(missing === undefined && requestMisses === 1, 'the only request miss was for a key that was never stored');
}
