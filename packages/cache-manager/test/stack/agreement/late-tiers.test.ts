import { setImmediate } from 'node:timers/promises';
import { CacheEntry, type CacheTier } from '@pw/cache-models';
import { ManualClock } from '@pw/test-support/doubles';
import { MemoryCacheTier } from '@pw/tier-memory';
import { describe, expect, it, onTestFinished } from 'vitest';
import { CacheManager } from '../../../src/index.ts';
import { LogStore } from '../../support/agreed/log-store.ts';
import { LogTier } from '../../support/agreed/log-tier.ts';
import { MarkStore } from '../../support/agreed/mark-store.ts';
import { MarkTier } from '../../support/agreed/mark-tier.ts';
import { PluginStore } from '../../support/agreed/plugin-store.ts';
import { PluginTier } from '../../support/agreed/plugin-tier.ts';

function entryOf(key: string): CacheEntry {
  return CacheEntry.create({ key, proxyUrl: 'http://h.example:1', ttlSeconds: 1e8 });
}

describe('a tier above the base whose factory fails when the cache is opened', () => {
  async function openWith(late: CacheTier, base = new LogStore()) {
    const clock = new ManualClock();
    const state = { isReady: false };
    const factory = (): CacheTier => {
      if (!state.isReady) throw new Error('planted');
      return late;
    };
    const tiers = [
      new MemoryCacheTier({ clock }),
      { name: 'late', tier: factory },
      new LogTier({ store: base, clock }),
    ];
    const cache = await CacheManager.open({ tiers, clock, maxStalenessMs: 0 });
    onTestFinished(() => cache.close());
    const recover = async () => {
      state.isReady = true;
      for (let second = 0; second < 130; second++) {
        clock.advance(1_000);
        await cache.get('nothing');
        await setImmediate();
      }
    };
    return { cache, base, recover };
  }

  it('is emptied and used as soon as it is made, if it has no marks', async () => {
    const store = new PluginStore();
    store.entries.set('a', entryOf('a'));
    const { cache, recover } = await openWith(new PluginTier({ store }));
    expect(await cache.get('a')).toBeUndefined();
    await recover();
    expect(await cache.get('a')).toBeUndefined();
    await cache.put(entryOf('b'));
    expect([...store.entries.keys()]).toEqual(['b']);
  });

  it('is left as it is until the next opening, if it has marks', async () => {
    const store = new MarkStore();
    store.records.set('a', entryOf('a'));
    store.marks.set('a', 0);
    const { cache, base, recover } = await openWith(new MarkTier({ store }));
    await recover();
    await cache.put(entryOf('b'));
    expect([...store.records.keys()]).toEqual(['a']);
    await cache.close();
    const tiers = [new MarkTier({ store }), new LogTier({ store: base })];
    const next = await CacheManager.open({ tiers });
    expect((await next.keys()).sort()).toEqual(['a', 'b']);
    await next.close();
  });
});
