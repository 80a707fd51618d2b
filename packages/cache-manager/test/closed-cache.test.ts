import { ManualClock } from '@pw/test-support';
import { describe, expect, it } from 'vitest';
import { CacheManager } from '../src/index.ts';
import { HookTier } from './support/hook-tier.ts';
import { slow } from './support/hooked-cache.ts';
import { entryOf } from './support/stack.ts';

describe('a closed cache', () => {
  it('is not opened again by a running cleanup or stream', async () => {
    const clock = new ManualClock();
    const [first, second] = [new HookTier({ clock }), new HookTier({ clock })];
    const cache = await CacheManager.open({ tiers: [first, second], clock });
    for (const key of ['a', 'b']) await cache.put(key, entryOf(key, {}, clock));
    first.hook = (operation) => (operation === 'cleanup' ? slow() : undefined);
    const cleanup = cache.cleanupExpired();
    for await (const _ of cache.entries()) await cache.close();
    await cleanup;
    expect(first.status).toBe('closed');
    expect(second.status).toBe('closed');
  });
});
