import { CacheConfigError } from '@pw/cache-models';
import { ManualClock } from '@pw/test-support';
import { MemoryCacheTier } from '@pw/tier-memory';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CacheManager } from '../../src/index.ts';
import { entryOf } from '../support/stack.ts';

describe('ttlJitter', () => {
  it('shortens a TTL by at most its share, and never extends it', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        async (share, random) => {
          const clock = new ManualClock();
          const tier = new MemoryCacheTier({ clock });
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

  it('does not further shorten the TTL of an entry that is changed and put repeatedly', async () => {
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
          const tiers = [new MemoryCacheTier({ clock })];
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

  it.each([-0.1, 1.1, Number.NaN])('rejects a share of %d', async (share) => {
    await expect(CacheManager.open({ tiers: [new MemoryCacheTier()], ttlJitter: { share } })).rejects.toBeInstanceOf(
      CacheConfigError,
    );
  });
});
