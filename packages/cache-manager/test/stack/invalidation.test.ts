import { CacheEntry } from '@pw/cache-models';
import { MemoryCacheTier } from '@pw/tier-memory';
import { describe, expect, it } from 'vitest';
import { CacheManager } from '../../src/index.ts';
import { SharedStore, SharedTier } from '../support/shared-tier.ts';

const entryOf = (source: string) => CacheEntry.create({ key: 'k', proxyUrl: 'http://192.0.2.1:8080', source });

async function twoProcesses() {
  const store = new SharedStore();
  const open = async (name: string) => {
    const tier = new SharedTier(store, name);
    const memory = new MemoryCacheTier({});
    return { tier, memory, cache: await CacheManager.open({ tiers: [memory, tier] }) };
  };
  return { one: await open('one'), other: await open('other') };
}

describe('tiers above a tier that other processes write to', () => {
  it('drop entries that another process has replaced or removed', async () => {
    const { one, other } = await twoProcesses();
    await one.cache.put('k', entryOf('old'));
    expect((await other.cache.get('k'))?.source).toBe('old');
    await one.cache.put('k', entryOf('new'));
    expect((await other.cache.get('k'))?.source).toBe('new');
    await one.cache.delete('k');
    expect(await other.cache.get('k')).toBeUndefined();
  });

  it('keep entries that their own process writes', async () => {
    const { one } = await twoProcesses();
    await one.cache.put('k', entryOf('own'));
    expect((await one.cache.lookup('k'))?.tier).toBe('l1');
  });

  it('drop a copy that was being promoted when the value changed', async () => {
    const { one, other } = await twoProcesses();
    await one.cache.put('k', entryOf('old'));
    let arrive = () => {};
    other.tier.onTheWay = new Promise((resolve) => {
      arrive = resolve;
    });
    const reading = other.cache.get('k');
    await one.cache.put('k', entryOf('new'));
    arrive();
    await reading;
    expect((await other.cache.get('k'))?.source).toBe('new');
  });

  it('drop everything when changes may have been missed', async () => {
    const { one } = await twoProcesses();
    await one.cache.put('k', entryOf('old'));
    for (const listener of one.tier.listeners) listener(null);
    await one.cache.has('other');
    expect((await one.cache.lookup('k'))?.tier).toBe('l2');
  });

  it('are not notified after the cache is closed', async () => {
    const { one } = await twoProcesses();
    expect(one.tier.listeners.size).toBe(1);
    await one.cache.close();
    expect(one.tier.listeners.size).toBe(0);
  });

  it('do not count accesses of the old value for the new one', async () => {
    const { one, other } = await twoProcesses();
    await one.cache.put('k', entryOf('old'));
    for (let i = 0; i < 5; i++) await other.cache.get('k');
    await one.cache.put('k', entryOf('new'));
    expect((await other.cache.get('k'))?.accessCount).toBe(1);
  });
});
