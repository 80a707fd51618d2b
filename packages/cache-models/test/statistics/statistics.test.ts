import { describe, expect, it } from 'vitest';
import { CacheStatistics, TierStatistics } from '../../src/index.ts';

const statistics = () =>
  new CacheStatistics({
    l1Stats: new TierStatistics({ hits: 50, misses: 10, currentSize: 3 }),
    l2Stats: new TierStatistics({ hits: 30, misses: 5, currentSize: 2 }),
    l3Stats: new TierStatistics({ hits: 20, misses: 5, currentSize: 1 }),
    promotions: 4,
    demotions: 2,
  });

describe('TierStatistics', () => {
  it('starts with zeros', () => {
    expect(new TierStatistics().toJSON()).toMatchObject({
      hits: 0,
      misses: 0,
      currentSize: 0,
      hitRate: 0,
      totalEvictions: 0,
    });
  });

  it('computes hit rate and evictions', () => {
    expect(new TierStatistics({ hits: 80, misses: 20 }).hitRate).toBe(0.8);
    expect(new TierStatistics({ hits: 3 }).hitRate).toBe(1);
    expect(new TierStatistics({ misses: 3 }).hitRate).toBe(0);
    const evictions = { evictionsLru: 10, evictionsTtl: 5, evictionsHealth: 3, evictionsCorruption: 2 };
    expect(new TierStatistics(evictions).totalEvictions).toBe(20);
  });

  it('counts each removal under one reason', () => {
    const stats = new TierStatistics();
    stats.countRemoval('capacity');
    stats.countRemoval('ttl', 2);
    stats.countRemoval('health', 3);
    stats.countRemoval('corruption', 4);
    stats.countRemoval('explicit', 5);
    expect(stats.evictionsLru).toBe(1);
    expect(stats.evictionsTtl).toBe(2);
    expect(stats.evictionsHealth).toBe(3);
    expect(stats.evictionsCorruption).toBe(4);
    expect(stats.totalEvictions).toBe(10);
  });
});

describe('CacheStatistics', () => {
  it('uses ProxyWhirl’s formula if request misses were not counted', () => {
    expect(statistics().overallHitRate).toBeCloseTo(100 / 110, 12);
    expect(new CacheStatistics().overallHitRate).toBe(0);
  });

  it('uses request misses if they were counted', () => {
    const l3Only = new CacheStatistics({
      l1Stats: new TierStatistics({ misses: 10 }),
      l2Stats: new TierStatistics({ misses: 10 }),
      l3Stats: new TierStatistics({ hits: 10 }),
      requestMisses: 0,
    });
    expect(l3Only.overallHitRate).toBe(1);
  });

  it('returns ProxyWhirl’s ten metrics, and more', () => {
    expect(statistics().toMetricsDict()).toMatchObject({
      'cache.l1.hit_rate': 50 / 60,
      'cache.l2.hit_rate': 30 / 35,
      'cache.l3.hit_rate': 20 / 25,
      'cache.overall.hit_rate': 100 / 110,
      'cache.total_size': 6,
      'cache.promotions': 4,
      'cache.demotions': 2,
      'cache.l1.size': 3,
      'cache.l2.size': 2,
      'cache.l3.size': 1,
      'cache.l1.degraded': 0,
    });
  });

  it('covers any number of tiers', () => {
    const stats = new CacheStatistics({
      tiers: ['mem', 'redis', 'disk', 'archive'].map((name, i) => ({
        name,
        degraded: i === 3,
        stats: new TierStatistics({ hits: i, currentSize: 1 }),
      })),
    });
    expect(stats.totalSize).toBe(4);
    expect(stats.l2Stats.hits).toBe(1);
    expect(stats.toMetricsDict()['cache.archive.degraded']).toBe(1);
  });

  it('shows computed values in JSON', () => {
    const json = JSON.parse(JSON.stringify(statistics())) as Record<string, unknown>;
    expect(json).toMatchObject({
      overallHitRate: 100 / 110,
      totalSize: 6,
      promotions: 4,
      l1Stats: { hits: 50, hitRate: 50 / 60 },
    });
  });
});
