import { CacheConfigError } from '@pw/cache-models';
import { ManualClock } from '@pw/test-support';
import { MemoryCacheTier } from '@pw/tier-memory';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { CacheManager, type CacheManagerOptions } from '../../src/index.ts';
import { entryOf } from '../support/stack.ts';

async function openCapped(options: Partial<CacheManagerOptions> = {}) {
  const clock = new ManualClock();
  const [l1, l2] = [new MemoryCacheTier({}, { clock }), new MemoryCacheTier({}, { clock })];
  const tiers = [{ name: 'fast', tier: l1, maxTtlSeconds: 10 }, l2];
  const manager = await CacheManager.open({ tiers, clock, ...options });
  onTestFinished(() => manager.close());
  return { clock, l1, l2, manager };
}

describe('the longest life of a tier', () => {
  it('ends its copies early, and no other; a lower tier then answers, and gives it a new copy', async () => {
    const { manager, clock, l1, l2 } = await openCapped();
    const entry = entryOf('k', { ttlSeconds: 100 }, clock);
    await manager.put('k', entry);
    await manager.putMany([entryOf('m', { ttlSeconds: 100 }, clock)]);
    const end = (tier: MemoryCacheTier, key: string) => tier.peek(key)?.expiresAt;
    for (const key of ['k', 'm']) expect(end(l1, key)).toBe(clock.now() + 10_000);
    expect(end(l2, 'k')).toBe(entry.expiresAt);
    clock.advance(10_000);
    expect(l1.peek('k')).toBeUndefined();
    expect((await manager.lookup('k'))?.tier).toBe('l2');
    expect(end(l1, 'k')).toBe(clock.now() + 10_000);
    clock.advance(85_000);
    await manager.get('k');
    expect(end(l1, 'k')).toBe(entry.expiresAt);
  });

  it('is no longer life: one that ends sooner keeps its end', async () => {
    const { manager, clock, l1 } = await openCapped();
    const entry = entryOf('k', { ttlSeconds: 5 }, clock);
    await manager.put('k', entry);
    expect(l1.peek('k')?.expiresAt).toBe(entry.expiresAt);
  });

  it('shortens nothing below when an entry is changed or exported', async () => {
    const { manager, clock, l2 } = await openCapped();
    const entry = entryOf('k', { ttlSeconds: 100 }, clock);
    await manager.put('k', entry);
    await manager.get('k');
    await manager.invalidateByHealth('k');
    expect(l2.peek('k')).toMatchObject({ expiresAt: entry.expiresAt, failureCount: 1 });
    for await (const one of manager.entries()) expect(one.expiresAt).toBe(entry.expiresAt);
  });

  it.each([0, -1, Number.NaN])('must not be %d', async (maxTtlSeconds) => {
    const tiers = [{ name: 'l1', tier: new MemoryCacheTier(), maxTtlSeconds }];
    await expect(CacheManager.open({ tiers })).rejects.toThrow('tiers[0].maxTtlSeconds');
  });
});

describe('ttlJitter', () => {
  it('takes off at most its share, and never adds', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        async (share, random) => {
          const clock = new ManualClock();
          const tier = new MemoryCacheTier({}, { clock });
          const cache = await CacheManager.open({ tiers: [tier], clock, ttlJitter: { share, random: () => random } });
          const entry = entryOf('k', { ttlSeconds: 1000 }, clock);
          await cache.put('k', entry);
          await cache.putMany([entryOf('m', { ttlSeconds: 1000 }, clock)]);
          const earlier = Math.floor(random * share * 1e6);
          for (const key of ['k', 'm']) {
            const stored = cache.peek(key);
            expect(entry.expiresAt - (stored?.expiresAt ?? entry.expiresAt)).toBe(stored === undefined ? 0 : earlier);
            if (stored !== undefined) expect(stored.ttlSeconds).toBe(1000);
          }
          await cache.close();
        },
      ),
    );
  });

  it('takes off no more when an entry is changed and put again and again', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            random: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
            ttlSeconds: fc.constantFrom(1000, 3000),
          }),
          {
            minLength: 1,
          },
        ),
        async (puts) => {
          const clock = new ManualClock();
          let random = 0;
          const tiers = [new MemoryCacheTier({}, { clock })];
          const cache = await CacheManager.open({ tiers, clock, ttlJitter: { share: 0.5, random: () => random } });
          let entry = entryOf('k', { ttlSeconds: 1000 }, clock);
          for (const put of puts) {
            random = put.random;
            await cache.put('k', entry.with({ ttlSeconds: put.ttlSeconds }));
            entry = cache.peek('k')!;
            expect(entry.expiresAt).toBeGreaterThanOrEqual(clock.now() + 500_000);
          }
          await cache.close();
        },
      ),
    );
  });

  it.each([-0.1, 1.1, Number.NaN])('must not be a share of %d', async (share) => {
    await expect(CacheManager.open({ tiers: [new MemoryCacheTier()], ttlJitter: { share } })).rejects.toBeInstanceOf(
      CacheConfigError,
    );
  });
});
