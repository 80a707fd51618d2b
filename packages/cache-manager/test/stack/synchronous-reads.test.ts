import type { CacheEntry, MaybePromise } from '@pw/cache-models';
import { ManualClock } from '@pw/test-support';
import { MemoryCacheTier } from '@pw/tier-memory';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { CacheManager } from '../../src/index.ts';
import { FaultTier } from '../support/fault-tier.ts';
import { entryOf } from '../support/stack.ts';

/** An asynchronous tier that can answer immediately, unless a test makes it asynchronous. */
class ReadyTier extends FaultTier {
  isAway = false;
  protected override doGet(key: string): MaybePromise<CacheEntry | undefined> {
    return this.isAway ? super.doGet(key) : this.store.get(key);
  }
}

/** Three tiers, with entries `a` to `d` in the second one. The timer of the access buffer is already running. */
async function openReady() {
  const clock = new ManualClock();
  const [second, third] = [new ReadyTier({ clock }), new ReadyTier({ clock })];
  const cache = await CacheManager.open({ tiers: [new MemoryCacheTier({ clock }), second, third], clock });
  onTestFinished(() => cache.close());
  for (const key of ['a', 'b', 'c', 'd', 'noted']) second.store.set(key, entryOf(key, {}, clock));
  await cache.get('noted');
  const timers = vi.spyOn(globalThis, 'setTimeout');
  onTestFinished(() => timers.mockRestore());
  return { cache, second, third, timers };
}

describe('a lookup in tiers that can answer immediately', () => {
  it('starts no timer', async () => {
    const { cache, third, timers } = await openReady();
    expect(await cache.get('unknown')).toBeUndefined();
    expect(await cache.lookup('unknown')).toBeUndefined();
    expect((await cache.get('a'))?.key).toBe('a');
    expect((await cache.lookup('b'))?.tier).toBe('l2');
    expect(timers).not.toHaveBeenCalled();

    third.isAway = true;
    expect(await cache.get('unknown')).toBeUndefined();
    expect(timers).toHaveBeenCalledOnce();
  });

  it('starts one timer for each tier if it is for many keys', async () => {
    const { cache, timers } = await openReady();
    expect(await cache.getMany(['unknown', 'nowhere', 'missing'])).toEqual(new Map());
    expect(timers).toHaveBeenCalledTimes(2);
  });

  it('does not wait for a deadline: the result is there in the next turn of the event loop', async () => {
    const { cache, second } = await openReady();
    const order: string[] = [];
    const ask = async (key: string) => {
      const asked = cache.get(key).then((entry) => order.push(entry?.key ?? `no ${key}`));
      await Promise.all([asked, Promise.resolve().then(() => order.push('next turn'))]);
    };
    await ask('unknown');
    await ask('a');
    await ask('a');
    expect(order).toEqual(['no unknown', 'next turn', 'a', 'next turn', 'a', 'next turn']);

    order.length = 0;
    second.isAway = true;
    await ask('b');
    expect(order).toEqual(['next turn', 'b']);
  });
});
