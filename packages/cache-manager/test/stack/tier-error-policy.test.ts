import { CacheConfigError, CacheStorageError } from '@pw/cache-models';
import { ManualClock } from '@pw/test-support';
import { MemoryCacheTier } from '@pw/tier-memory';
import { describe, expect, it, onTestFinished } from 'vitest';
import { CacheManager, type OnTierError } from '../../src/index.ts';
import { FaultTier } from '../support/fault-tier.ts';
import { entryOf } from '../support/stack.ts';

async function openFaulty(onTierError?: OnTierError) {
  const clock = new ManualClock();
  const l1 = new MemoryCacheTier({ clock });
  const l2 = new FaultTier({ clock });
  const manager = await CacheManager.open({ tiers: [l1, l2], clock, onTierError });
  onTestFinished(() => manager.close());
  return { clock, l1, l2, manager };
}

describe('onTierError', () => {
  const entry = entryOf('k');

  it('"degrade" continues without the tier', async () => {
    for (const mode of [undefined, 'degrade'] as const) {
      const { manager, l2 } = await openFaulty(mode);
      l2.fault = 'throw';
      expect(await manager.put('k', entry)).toBe(true);
      expect(await manager.get('none')).toBeUndefined();
      expect(await manager.delete('k')).toBe(true);
    }
  });

  it.each(['throw', 'reject'] as const)(
    '"throw" rejects for a tier that fails by %s, after the others completed the operation',
    async (fault) => {
      const { manager, l1, l2 } = await openFaulty('throw');
      expect(await manager.put('k', entry)).toBe(true);
      expect((await manager.get('k'))?.key).toBe('k');
      l2.fault = fault;
      const other = entryOf('other');
      const failure = manager.put('other', other);
      await expect(failure).rejects.toBeInstanceOf(CacheStorageError);
      await expect(failure).rejects.toMatchObject({ tier: 'l2', message: expect.stringContaining('l2') });
      expect(l1.peek('other')?.key).toBe('other');
      // A hit in the first tier does not reach the other one.
      expect((await manager.get('other'))?.key).toBe('other');
      await expect(manager.get('none')).rejects.toBeInstanceOf(CacheStorageError);
    },
  );

  it('"throw" ignores a degraded tier, which still recovers', async () => {
    const { manager, clock, l2 } = await openFaulty('throw');
    l2.fault = 'throw';
    for (let i = 0; i < 3; i++) await expect(manager.get('none')).rejects.toBeInstanceOf(CacheStorageError);
    expect(l2.enabled).toBe(false);
    expect(await manager.put('k', entry)).toBe(true);
    // The first attempt to recover, which fails.
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
    l2.fault = 'none';
    const back = new Promise<void>((resolve) => manager.on('recovered', () => resolve()));
    clock.advance(60_000);
    await manager.get('none');
    await back;
    expect(l2.store.has('k')).toBe(true);
  });

  it('must be "degrade" or "throw"', async () => {
    await expect(openFaulty('panic' as never)).rejects.toBeInstanceOf(CacheConfigError);
  });
});
