import { channel } from 'node:diagnostics_channel';
import { setTimeout as sleep } from 'node:timers/promises';
import { CacheStatistics } from '@pw/cache-models';
import { ManualClock } from '@pw/test-support';
import { MemoryCacheTier } from '@pw/tier-memory';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { CacheManager } from '../../src/index.ts';
import { HookTier } from '../support/hook-tier.ts';
import { SharedStore, SharedTier } from '../support/shared-tier.ts';
import { entryOf, openStack } from '../support/stack.ts';

type Step =
  | { readonly op: 'put'; readonly key: string; readonly ttl: number }
  | { readonly op: 'get' | 'delete' | 'has' | 'invalidate'; readonly key: string }
  | { readonly op: 'sweep' | 'clear' }
  | { readonly op: 'advance'; readonly ms: number };

const key = fc.constantFrom('a', 'b', 'c', 'd', 'e');
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ op: fc.constant('put' as const), key, ttl: fc.integer({ min: 1, max: 60 }) }) },
  { weight: 6, arbitrary: fc.record({ op: fc.constant('get' as const), key }) },
  {
    weight: 2,
    arbitrary: fc.record({ op: fc.constantFrom('delete' as const, 'has' as const, 'invalidate' as const), key }),
  },
  { weight: 1, arbitrary: fc.record({ op: fc.constantFrom('sweep' as const, 'clear' as const) }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('advance' as const), ms: fc.integer({ min: 1, max: 30_000 }) }) },
);

describe('statistics', () => {
  it('are consistent after any sequence of operations', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 80 }), async (steps) => {
        const clock = new ManualClock();
        const sizes = [1, 2, 3];
        const tiers = sizes.map((maxEntries) => (context: object) => new MemoryCacheTier({ maxEntries, ...context }));
        const cache = await CacheManager.open({ tiers, clock });
        const seen = { promotions: 0, requests: 0, found: 0, byTier: [0, 0, 0] };
        cache.on('promotion', () => seen.promotions++);
        for (const one of steps) {
          if (one.op === 'put') await cache.put(one.key, entryOf(one.key, { ttlSeconds: one.ttl }, clock));
          else if (one.op === 'get') {
            seen.requests++;
            const level = (await cache.lookup(one.key))?.level;
            if (level !== undefined) seen.found++;
            if (level !== undefined) seen.byTier[level - 1]!++;
          } else if (one.op === 'advance') clock.advance(one.ms);
          else if (one.op === 'delete') await cache.delete(one.key);
          else if (one.op === 'has') await cache.has(one.key);
          else if (one.op === 'invalidate') await cache.invalidateByHealth(one.key);
          else if (one.op === 'sweep') await cache.cleanupExpired();
          else await cache.clear();
        }
        const stats = cache.getStatistics();
        expect(stats.tiers.map((tier) => tier.stats.hits)).toEqual(seen.byTier);
        expect(stats.requestMisses).toBe(seen.requests - seen.found);
        expect(stats.overallHitRate).toBeCloseTo(seen.requests === 0 ? 0 : seen.found / seen.requests, 12);
        // Each read of a tier is a hit or a miss, and continues with the next tier after a miss.
        const asked = stats.tiers.map(({ stats: { hits, misses } }) => hits + misses);
        expect(asked[0]).toBe(seen.requests);
        expect(asked[1]).toBe(stats.tiers[0]!.stats.misses);
        expect(asked[2]).toBe(stats.tiers[1]!.stats.misses);
        expect(stats.promotions).toBe(seen.promotions);
        const byTier = (of: (tier: (typeof stats.tiers)[number]) => number | undefined) =>
          stats.tiers.reduce((sum, tier) => sum + (of(tier) ?? 0), 0);
        expect(byTier((tier) => tier.promotions)).toBe(stats.promotions);
        expect(byTier((tier) => tier.demotions)).toBe(stats.demotions);
        expect(stats.tiers[2]!.promotions).toBe(0);
        for (const [level, { stats: one, demotions }] of stats.tiers.entries()) {
          expect(one.currentSize).toBeLessThanOrEqual(sizes[level]!);
          expect(demotions).toBeLessThanOrEqual(one.evictionsLru);
          expect(one.totalEvictions).toBe(one.evictionsLru + one.evictionsTtl + one.evictionsHealth);
        }
        await cache.close();
      }),
    );
  });

  it('count no demotion of an entry that the lower tier has evicted before', async () => {
    const tiers = [2, 1].map((maxEntries) => (context: object) => new MemoryCacheTier({ maxEntries, ...context }));
    const cache = await CacheManager.open({ tiers });
    onTestFinished(() => cache.close());
    for (const name of ['a', 'b', 'c', 'd']) await cache.put(name, entryOf(name));
    const { demotions, l1Stats } = cache.getStatistics();
    expect(l1Stats.evictionsLru).toBe(2);
    expect(demotions).toBe(0);
  });

  it('count a hit after the deadline as a miss of its tier', async () => {
    const clock = new ManualClock();
    const [l1, l2] = [new MemoryCacheTier({ clock }), new HookTier({ clock })];
    const tiers = [l1, l2, new MemoryCacheTier({ clock })];
    const cache = await CacheManager.open({ tiers, clock, tierTimeoutMs: 10 });
    onTestFinished(() => cache.close());
    await cache.put('k', entryOf('k', {}, clock));
    l1.clear();
    const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
    l2.hook = (operation) => (operation === 'get' ? answered : undefined);
    expect((await cache.lookup('k'))?.tier).toBe('l3');
    answer();
    await sleep(5);
    const { tiers: counts, requestMisses } = cache.getStatistics();
    expect(counts.map(({ stats }) => stats.hits)).toEqual([0, 0, 1]);
    expect(requestMisses).toBe(0);
    expect(counts[1]!.stats.misses).toBe(1);
  });

  it('count one request for an entry that another process loaded', async () => {
    const store = new SharedStore();
    const tiers = [new MemoryCacheTier(), new SharedTier(store, 'a')];
    const cache = await CacheManager.open({ tiers });
    onTestFinished(() => cache.close());
    store.leases.set('k', 'of another');
    const waiting = cache.getOrLoad('k', () => undefined);
    await sleep(5);
    store.entries.set('k', entryOf('k'));
    expect((await waiting)?.key).toBe('k');
    const { overallHitRate, requestMisses, l2Stats } = cache.getStatistics();
    expect(overallHitRate).toBe(1);
    expect(requestMisses).toBe(0);
    expect(l2Stats.hits).toBe(1);
  });

  it('are emitted as events while there is a listener', async () => {
    const { manager, clock } = await openStack({}, { statisticsInterval: 0.01 });
    await manager.put('k', entryOf('k', {}, clock));
    await manager.get('k');
    const events: CacheStatistics[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    const stop = manager.on('statistics', (event) => {
      events.push(event);
      if (events.length === 2) resolve();
    });
    await promise;
    stop();
    expect(events[0]).toBeInstanceOf(CacheStatistics);
    expect(events[0]!.l1Stats.hits).toBe(1);
    const count = events.length;
    await sleep(50);
    expect(events).toHaveLength(count);
  });

  it('are published to diagnostics_channel, without secrets', async () => {
    const { manager, clock } = await openStack({ maxEntries: 1 });
    const messages: unknown[] = [];
    for (const name of ['promotion', 'eviction']) {
      const published = channel(`@pw/cache-manager:${name}`);
      const listener = (message: unknown) => void messages.push([name, message]);
      published.subscribe(listener);
      onTestFinished(() => void published.unsubscribe(listener));
    }
    for (const name of ['a', 'b']) await manager.put(name, entryOf(name, { password: 'hunter2' }, clock));
    await manager.get('a');
    expect(messages).toEqual([
      ['eviction', { key: 'a', tier: 'l1', reason: 'capacity' }],
      ['eviction', { key: 'b', tier: 'l1', reason: 'capacity' }],
      ['promotion', { key: 'a', tier: 'l1' }],
    ]);
    expect(JSON.stringify(messages)).not.toContain('hunter2');
  });
});
