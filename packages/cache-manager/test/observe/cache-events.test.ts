import { MemoryCacheTier } from '@pw/tier-memory';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { openHooked, slow } from '../support/hooked-cache.ts';
import { entryOf } from '../support/stack.ts';

describe('listeners', () => {
  it('that reject leave no unhandled rejection', async () => {
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    onTestFinished(() => void process.off('unhandledRejection', unhandled));
    const { cache, put } = await openHooked(1);
    cache.on('eviction', (() => Promise.reject(new Error('planted'))) as () => void);
    const onEvict = (() => Promise.reject(new Error('planted'))) as () => void;
    const tier = new MemoryCacheTier({ maxEntries: 1, onEvict });
    for (const key of ['a', 'b']) {
      await put(key);
      tier.put(key, entryOf(key));
    }
    await slow(5);
    expect(unhandled).not.toHaveBeenCalled();
  });
});
