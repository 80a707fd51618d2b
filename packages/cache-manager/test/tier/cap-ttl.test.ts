import { ManualClock } from '@pw/test-support';
import { MemoryCacheTier } from '@pw/tier-memory';
import { describe, expect, it, onTestFinished } from 'vitest';
import { CacheManager } from '../../src/index.ts';
import { entryOf } from '../support/stack.ts';

async function openCapped() {
  const clock = new ManualClock();
  const [l1, l2] = [new MemoryCacheTier({ clock }), new MemoryCacheTier({ clock })];
  const tiers = [{ name: 'fast', tier: l1, maxTtlSeconds: 10 }, l2];
  const manager = await CacheManager.open({ tiers, clock });
  onTestFinished(() => manager.close());
  return { clock, l1, l2, manager };
}

describe('maxTtlSeconds of a tier', () => {
  it('null caps nothing', async () => {
    const clock = new ManualClock();
    const tier = new MemoryCacheTier({ clock });
    await using cache = await CacheManager.open({ tiers: [{ name: 'l1', tier, maxTtlSeconds: null }], clock });
    const entry = entryOf('k', { ttlSeconds: 100 }, clock);
    await cache.put(entry);
    expect(tier.peek('k')?.expiresAt).toBe(entry.expiresAt);
  });

  it('expires only the copies in this tier early; a lower tier then answers, and its entry is promoted again', async () => {
    const { manager, clock, l1, l2 } = await openCapped();
    const entry = entryOf('k', { ttlSeconds: 100 }, clock);
    await manager.put('k', entry);
    await manager.putMany([entryOf('m', { ttlSeconds: 100 }, clock)]);
    const expiry = (tier: MemoryCacheTier, key: string) => tier.peek(key)?.expiresAt;
    for (const key of ['k', 'm']) expect(expiry(l1, key)).toBe(clock.now() + 10_000);
    expect(expiry(l2, 'k')).toBe(entry.expiresAt);
    clock.advance(10_000);
    expect(l1.peek('k')).toBeUndefined();
    expect((await manager.lookup('k'))?.tier).toBe('l2');
    expect(expiry(l1, 'k')).toBe(clock.now() + 10_000);
    clock.advance(85_000);
    await manager.get('k');
    expect(expiry(l1, 'k')).toBe(entry.expiresAt);
  });

  it('does not extend a shorter TTL', async () => {
    const { manager, clock, l1 } = await openCapped();
    const entry = entryOf('k', { ttlSeconds: 5 }, clock);
    await manager.put('k', entry);
    expect(l1.peek('k')?.expiresAt).toBe(entry.expiresAt);
  });

  it('does not shorten the TTL in the lower tier when the entry is changed or exported', async () => {
    const { manager, clock, l2 } = await openCapped();
    const entry = entryOf('k', { ttlSeconds: 100 }, clock);
    await manager.put('k', entry);
    await manager.get('k');
    await manager.invalidateByHealth('k');
    expect(l2.peek('k')).toMatchObject({ expiresAt: entry.expiresAt, failureCount: 1 });
    for await (const one of manager.entries()) expect(one.expiresAt).toBe(entry.expiresAt);
  });

  it.each([0, -1, Number.NaN])('rejects %d', async (maxTtlSeconds) => {
    const tiers = [{ name: 'l1', tier: new MemoryCacheTier(), maxTtlSeconds }];
    await expect(CacheManager.open({ tiers })).rejects.toThrow('tiers[0].maxTtlSeconds');
  });
});
