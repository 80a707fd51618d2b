import { ManualClock } from '@pw/test-support';
import { MemoryCacheTier } from '@pw/tier-memory';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { CacheManager } from '../../src/index.ts';
import { HookTier } from '../support/hook-tier.ts';
import { slow } from '../support/hooked-cache.ts';
import { entryOf } from '../support/stack.ts';

describe('TierStack.find', () => {
  it('does not deadlock if the entry expires between two reads of the first tier', async () => {
    const clock = new ManualClock();
    let step = 0;
    const running = {
      now() {
        clock.advance(step);
        return clock.now();
      },
    };
    const l1 = new MemoryCacheTier({ clock: running });
    const l2 = new HookTier({ clock });
    const cache = await CacheManager.open({ tiers: [l1, l2], clock });
    onTestFinished(() => cache.close());
    await cache.put('k', entryOf('k', { expiresAt: clock.now() + 1_000 }, clock));
    l1.delete('k');
    l2.hook = async (operation) => {
      if (operation !== 'get') return;
      await slow(5);
      clock.advance(998);
    };
    const both = [cache.get('k'), cache.get('k')];
    vi.spyOn(l1, 'put').mockImplementation(function (this: MemoryCacheTier, key, entry) {
      const stored = MemoryCacheTier.prototype.put.call(l1, key, entry);
      step = 1;
      return stored;
    });
    await Promise.all(both);
    expect(await cache.delete('k')).toBe(false);
  }, 5_000);
});
