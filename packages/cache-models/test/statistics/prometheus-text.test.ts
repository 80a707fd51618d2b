import { describe, expect, it } from 'vitest';
import { CacheStatistics, TierStatistics } from '../../src/index.ts';

describe('the Prometheus text', () => {
  const statistics = new CacheStatistics({
    tiers: [
      { name: 'l1', stats: new TierStatistics({ hits: 3, misses: 1, currentSize: 2 }), degraded: false, promotions: 4 },
      { name: 'a"\\\nb', stats: new TierStatistics({ evictionsTtl: 7 }), degraded: true },
    ],
    requestMisses: 1,
  });
  const lines = statistics.toPrometheus().split('\n');

  it('has each family once, with its help text and the right type', () => {
    const types = lines.filter((line) => line.startsWith('# TYPE ')).map((line) => line.split(' ').slice(2));
    expect(new Set(types.map(([name]) => name)).size).toBe(types.length);
    for (const [name, type] of types) {
      expect(type).toBe(name!.endsWith('_total') ? 'counter' : 'gauge');
      expect(lines.filter((line) => line.startsWith(`# HELP ${name} `))).toHaveLength(1);
    }
    expect(lines.at(-1)).toBe('');
  });

  it('has every sample in its family, with labels escaped', () => {
    expect(lines).toContain('proxywhirl_cache_hits_total{tier="l1"} 3');
    expect(lines).toContain('proxywhirl_cache_evictions_total{tier="a\\"\\\\\\nb",reason="ttl"} 7');
    expect(lines).toContain('proxywhirl_cache_degraded{tier="a\\"\\\\\\nb"} 1');
    expect(lines).toContain('proxywhirl_cache_promotions_total{tier="l1"} 4');
    expect(lines).toContain('proxywhirl_cache_request_misses_total 1');
    expect(lines).toContain('proxywhirl_cache_hit_ratio 0.75');
    for (const line of lines.filter((one) => one !== '' && !one.startsWith('#')))
      expect(line).toMatch(/^proxywhirl_cache_[a-z_]+(\{([a-z]+="(\\.|[^"\\])*",?)+\})? \d+(\.\d+)?$/);
  });

  it('leaves out counts that were not taken', () => {
    expect(new CacheStatistics().toPrometheus()).not.toContain('request_misses');
  });
});
