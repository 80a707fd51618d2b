import { CacheError, CacheValidationError, HealthStatus } from '@pw/cache-models';
import { describe, expect, it, vi } from 'vitest';
import { CacheManager } from '../src/index.ts';
import { entryOf, openStack } from './support/stack.ts';

describe('put, get and delete', () => {
  it('store an entry in every tier and remove it again', async () => {
    const { manager, l1, l2, l3, clock } = await openStack();
    expect(await manager.put('k', entryOf('k', {}, clock))).toBe(true);
    for (const tier of [l1, l2, l3]) expect(tier.has('k')).toBe(true);
    expect((await manager.get('k'))?.key).toBe('k');
    expect(await manager.delete('k')).toBe(true);
    expect(await manager.get('k')).toBeUndefined();
    expect(await manager.delete('k')).toBe(false);
  });

  it('reject an entry under another key, and a value that is not an entry', async () => {
    const { manager, clock } = await openStack();
    await expect(manager.put('a', entryOf('b', {}, clock))).rejects.toThrow(CacheValidationError);
    await expect(manager.put('a', {} as never)).rejects.toThrow(/CacheEntry.create/);
    await expect(manager.get(5 as never)).rejects.toThrow(CacheValidationError);
    expect(await manager.keys()).toEqual([]);
  });

  it('store an entry given without a key under its own key', async () => {
    const { manager, clock } = await openStack();
    expect(await manager.put(entryOf('k', { source: 'first' }, clock))).toBe(true);
    expect((await manager.get('k'))?.source).toBe('first');
    expect((await manager.putDetailed(entryOf('k', { source: 'second' }, clock))).stored).toBe(true);
    expect((await manager.get('k'))?.source).toBe('second');
  });

  it('reject a missing entry, and a value alone that is not an entry', async () => {
    const { manager } = await openStack();
    for (const alone of ['k', undefined, null, { proxyUrl: 'http://192.0.2.1:80' }]) {
      await expect(manager.put(alone as never)).rejects.toThrow(/^entry: must be a CacheEntry/);
      await expect(manager.putDetailed(alone as never)).rejects.toThrow(/^entry: must be a CacheEntry/);
    }
    expect(await manager.keys()).toEqual([]);
  });

  it('return which tiers stored an entry', async () => {
    const { manager, clock } = await openStack();
    expect(await manager.putDetailed('k', entryOf('k', {}, clock))).toEqual({
      stored: true,
      tiers: { l1: true, l2: true, l3: true },
    });
  });

  it('have batch forms that return results in the order of their arguments', async () => {
    const { manager, clock } = await openStack();
    expect(await manager.putMany([entryOf('a', {}, clock), entryOf('b', {}, clock)])).toEqual([true, true]);
    expect([...(await manager.getMany(['b', 'x', 'a'])).keys()]).toEqual(['b', 'a']);
    expect(await manager.deleteMany(['x', 'a'])).toEqual([false, true]);
    expect(await manager.keys()).toEqual(['b']);
  });

  it('count the accesses of an entry, whichever tier has it', async () => {
    const { manager, clock, l1 } = await openStack();
    await manager.put('k', entryOf('k', { accessCount: 5 }, clock));
    clock.advance(10);
    expect(await manager.get('k')).toMatchObject({ accessCount: 6, lastAccessed: clock.now() });
    l1.clear();
    clock.advance(10);
    expect(await manager.get('k')).toMatchObject({ accessCount: 7, lastAccessed: clock.now() });
    expect((await manager.get('k'))?.accessCount).toBe(8);
  });

  it('return the entry that the first tier keeps, and the same promise of it each time', async () => {
    const { manager, clock, l1 } = await openStack();
    await manager.put('k', entryOf('k', {}, clock));
    const hit = manager.get('k');
    expect(await hit).toBe(l1.peek('k'));
    expect(manager.get('k')).toBe(hit);
  });

  it('copy an entry that another cache keeps', async () => {
    const [one, other] = [await openStack(), await openStack()];
    const entry = entryOf('k', {}, one.clock);
    await one.manager.put('k', entry);
    await other.manager.put('k', entry);
    for (let i = 0; i < 3; i++) await one.manager.get('k');
    expect((await other.manager.get('k'))?.accessCount).toBe(1);
    expect((await one.manager.get('k'))?.accessCount).toBe(4);
  });

  it('write access counts behind, in one batch', async () => {
    const { manager, clock, l2, l3 } = await openStack();
    const writes = [l2, l3].map((tier) => vi.spyOn(tier, 'recordAccess'));
    await manager.put('k', entryOf('k', {}, clock));
    for (let i = 0; i < 3; i++) await manager.get('k');
    for (const write of writes) expect(write).not.toHaveBeenCalled();
    await manager.close();
    const update = { key: 'k', hits: 3, lastAccessed: clock.now(), evictedFromL1: false };
    for (const write of writes) expect(write.mock.calls).toEqual([[[update]]]);
  });

  it('clear everything and count each entry once', async () => {
    const { manager, clock, l1, l2, l3 } = await openStack({ maxEntries: 2 });
    for (const key of ['a', 'b', 'c', 'd']) await manager.put(key, entryOf(key, {}, clock));
    expect(await manager.clear()).toBe(4);
    expect(l1.size()).toBe(0);
    expect(l2.size()).toBe(0);
    expect(l3.size()).toBe(0);
    expect(await manager.size()).toBe(0);
  });
});

describe('promotion and demotion', () => {
  it('copy a hit in the lowest tier into both tiers above', async () => {
    const { manager, clock, l1, l2, l3 } = await openStack();
    l3.put('k', entryOf('k', {}, clock));
    expect(await manager.lookup('k')).toMatchObject({ tier: 'l3', level: 3 });
    expect(l1.has('k')).toBe(true);
    expect(l2.has('k')).toBe(true);
    expect(manager.getStatistics().promotions).toBe(2);
    expect(await manager.lookup('k')).toMatchObject({ tier: 'l1', level: 1 });
    expect(manager.getStatistics()).toMatchObject({ promotions: 2, requestMisses: 0 });
  });

  it('never extend a TTL', async () => {
    const { manager, clock, l1, l3 } = await openStack();
    const entry = entryOf('k', { ttlSeconds: 60 }, clock);
    l3.put('k', entry);
    clock.advance(30_000);
    expect(await manager.lookup('k')).toMatchObject({ ageMs: 30_000, remainingTtlMs: 30_000 });
    expect(l1.peek('k')?.expiresAt).toBe(entry.expiresAt);
    clock.advance(30_000);
    expect(await manager.get('k')).toBeUndefined();
  });

  it('keep in the lower tiers, and mark there, entries that the first tier evicts', async () => {
    const { manager, clock, l1, l2, l3 } = await openStack({ maxEntries: 2 });
    for (const key of ['a', 'b', 'c']) await manager.put(key, entryOf(key, {}, clock));
    expect(l1.has('a')).toBe(false);
    expect(l2.has('a')).toBe(true);
    expect(l3.has('a')).toBe(true);
    expect(manager.getStatistics()).toMatchObject({ demotions: 1, l1Stats: { evictionsLru: 1 } });
    for await (const entry of manager.entries()) expect(entry.evictedFromL1).toBe(entry.key === 'a');
    expect((await manager.get('a'))?.evictedFromL1).toBe(false);
    expect(l1.peek('a')?.evictedFromL1).toBe(false);
  });

  it('write the mark of an evicted entry to the lower tiers later', async () => {
    const { manager, clock, l3 } = await openStack({ maxEntries: 1 });
    const write = vi.spyOn(l3, 'recordAccess');
    for (const key of ['a', 'b']) await manager.put(key, entryOf(key, {}, clock));
    await manager.close();
    expect(write.mock.calls).toEqual([[[expect.objectContaining({ key: 'a', evictedFromL1: true })]]]);
  });

  it('count no promotion for a hit in the first tier', async () => {
    const { manager, clock } = await openStack();
    await manager.put('k', entryOf('k', {}, clock));
    await manager.get('k');
    expect(manager.getStatistics().promotions).toBe(0);
  });
});

describe('expiry', () => {
  it('hides an expired entry from every method', async () => {
    const { manager, clock, l1, l2, l3 } = await openStack();
    await manager.put('k', entryOf('k', { ttlSeconds: 60 }, clock));
    clock.advance(59_999);
    expect(await manager.has('k')).toBe(true);
    clock.advance(1);
    expect(await manager.has('k')).toBe(false);
    expect(await manager.keys()).toEqual([]);
    expect(await manager.size()).toBe(0);
    expect(manager.peek('k')).toBeUndefined();
    expect(await manager.get('k')).toBeUndefined();
    for (const tier of [l1, l2, l3]) expect(tier.statistics).toMatchObject({ evictionsTtl: 1, currentSize: 0 });
  });

  it('lets cleanupExpired remove expired entries from all tiers', async () => {
    const { manager, clock } = await openStack();
    await manager.put('old', entryOf('old', { ttlSeconds: 1 }, clock));
    await manager.put('new', entryOf('new', { ttlSeconds: 100 }, clock));
    clock.advance(1_000);
    expect(await manager.cleanupExpired()).toBe(3);
    expect(await manager.keys()).toEqual(['new']);
  });
});

describe('health', () => {
  it('marks a failed proxy and removes it at the threshold', async () => {
    const { manager, clock, l3 } = await openStack();
    await manager.put('k', entryOf('k', { healthStatus: 'healthy' }, clock));
    await manager.invalidateByHealth('k');
    expect(l3.peek('k')).toMatchObject({ failureCount: 1, healthStatus: HealthStatus.UNHEALTHY });
    expect((await manager.get('k'))?.accessCount).toBe(1);
    await manager.invalidateByHealth('k');
    await manager.invalidateByHealth('k');
    expect(await manager.get('k')).toBeUndefined();
    expect(manager.getStatistics().l1Stats.evictionsHealth).toBe(1);
  });

  it('only counts if invalidation is off, and accepts an unknown key', async () => {
    const { manager, clock } = await openStack({}, { healthCheckInvalidation: false });
    await manager.put('k', entryOf('k', {}, clock));
    for (let i = 0; i < 10; i++) await manager.invalidateByHealth('k');
    expect(await manager.get('k')).toMatchObject({ failureCount: 10, healthStatus: 'unhealthy' });
    await expect(manager.invalidateByHealth('unknown')).resolves.toBeUndefined();
  });
});

describe('statistics', () => {
  it('are consistent: a request is a hit in one tier or a request miss', async () => {
    const { manager, clock, l1 } = await openStack();
    await manager.put('k', entryOf('k', {}, clock));
    for (let i = 0; i < 5; i++) await manager.get('k');
    l1.clear();
    await manager.get('k');
    for (const key of ['x', 'y']) await manager.get(key);
    const stats = manager.getStatistics();
    expect(stats.tiers.reduce((sum, { stats: { hits } }) => sum + hits, 0)).toBe(6);
    expect(stats.requestMisses).toBe(2);
    expect(stats.overallHitRate).toBe(6 / 8);
  });

  it('are a copy', async () => {
    const { manager, clock } = await openStack();
    const before = manager.getStatistics();
    await manager.put('k', entryOf('k', {}, clock));
    await manager.get('k');
    expect(before.l1Stats.hits).toBe(0);
  });

  it('can be disabled', async () => {
    const { manager, clock } = await openStack({}, { enableStatistics: false });
    await manager.put('k', entryOf('k', {}, clock));
    await manager.get('k');
    expect(manager.getStatistics().toJSON()).toMatchObject({ l1Stats: { hits: 0, currentSize: 1 }, requestMisses: 0 });
  });
});

describe('getOrLoad', () => {
  it('runs one load for any number of callers', async () => {
    const { manager, clock } = await openStack();
    let loads = 0;
    const loader = async (key: string) => {
      loads++;
      await new Promise((resolve) => setImmediate(resolve));
      return entryOf(key, {}, clock);
    };
    const all = await Promise.all(Array.from({ length: 100 }, () => manager.getOrLoad('k', loader)));
    expect(loads).toBe(1);
    expect(new Set(all.map((entry) => entry?.key))).toEqual(new Set(['k']));
    expect(await manager.has('k')).toBe(true);
  });

  it('rejects for all callers of a failed load and leaves nothing behind', async () => {
    const { manager, clock } = await openStack();
    const failing = () => Promise.reject(new Error('source is down'));
    await expect(Promise.all([manager.getOrLoad('k', failing), manager.getOrLoad('k', failing)])).rejects.toThrow(
      'source is down',
    );
    expect(await manager.getOrLoad('k', () => entryOf('k', {}, clock))).toMatchObject({ key: 'k' });
    expect(await manager.getOrLoad('none', () => undefined)).toBeUndefined();
  });

  it('ends the wait of a caller that leaves, but not the load', async () => {
    const { manager, clock } = await openStack();
    const { promise, resolve } = Promise.withResolvers<void>();
    const loader = async (key: string) => {
      await promise;
      return entryOf(key, {}, clock);
    };
    const abort = new AbortController();
    const impatient = manager.getOrLoad('k', loader, { signal: abort.signal });
    const patient = manager.getOrLoad('k', loader);
    await new Promise((next) => setImmediate(next));
    abort.abort();
    await expect(impatient).rejects.toThrow(/abort/i);
    resolve();
    expect((await patient)?.key).toBe('k');
  });
});

describe('opening and closing', () => {
  it('rejects an invalid stack', async () => {
    await expect(CacheManager.open({ tiers: [] })).rejects.toThrow(/at least one/);
    await expect(openStack({}, { required: ['l9'] })).rejects.toThrow(/l9/);
    await expect(CacheManager.open({ tiers: [{} as never] })).rejects.toThrow(/contract/);
  });

  it('leaves out a tier that is disabled by its configuration', async () => {
    const { manager, l1 } = await openStack({ enabled: false });
    expect(manager.tiers.map(({ name }) => name)).toEqual(['l2', 'l3']);
    expect(l1.status).toBe('new');
    expect(manager.getStatistics().l1Degraded).toBe(false);
  });

  it('allow close to be called again, and make later operations reject because the cache is closed', async () => {
    const { manager } = await openStack();
    await Promise.all([manager.close(), manager.close()]);
    await manager.close();
    await expect(manager.get('k')).rejects.toMatchObject({ code: 'CACHE_CLOSED' });
    await expect(manager.get('k')).rejects.toThrow(CacheError);
  });

  it('cleans up in the background if configured, until the cache is closed', async () => {
    const { manager } = await openStack({}, { cleanupIntervalSeconds: 60 });
    expect(manager.ttlManager?.enabled).toBe(true);
    await manager.close();
    expect(manager.ttlManager?.enabled).toBe(false);
  });

  it('notifies listeners of promotions and evictions, and swallows their errors', async () => {
    const { manager, clock, l3 } = await openStack({ maxEntries: 1 });
    const seen: unknown[] = [];
    manager.on('eviction', () => {
      throw new Error('listener');
    });
    manager.on('eviction', (event) => seen.push(event));
    const off = manager.on('promotion', (event) => seen.push(event));
    for (const key of ['a', 'b']) await manager.put(key, entryOf(key, {}, clock));
    l3.put('c', entryOf('c', {}, clock));
    off();
    await manager.get('c');
    expect(seen).toEqual([
      { key: 'a', tier: 'l1', reason: 'capacity' },
      { key: 'b', tier: 'l1', reason: 'capacity' },
    ]);
  });
});
