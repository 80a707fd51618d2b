import { CacheEntry } from '@pw/cache-models';
import { ManualClock } from '@pw/test-support';
import { MemoryCacheTier } from '@pw/tier-memory';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { CacheManager } from '../src/index.ts';
import { HookTier } from './support/hook-tier.ts';
import { SharedStore, SharedTier } from './support/shared-tier.ts';
import { entryOf, openStack } from './support/stack.ts';

describe('batch reads', () => {
  it('return for each existing key what single reads return', async () => {
    const { manager, clock, l1 } = await openStack();
    for (const key of ['a', 'b']) await manager.put(key, entryOf(key, {}, clock));
    l1.delete('b');
    expect([...manager.peekMany(['a', 'b', 'c']).keys()]).toEqual(['a']);
    const found = await manager.lookupMany(['a', 'b', 'c']);
    expect([...found].map(([key, { tier }]) => [key, tier])).toEqual([
      ['a', 'l1'],
      ['b', 'l2'],
    ]);
  });

  it('call each lower tier once, with the keys that no tier above has', async () => {
    const { manager, clock, l1, l2, l3 } = await openStack();
    const keys = ['a', 'b', 'c', 'd'];
    for (const key of keys) await manager.put(key, entryOf(key, {}, clock));
    for (const key of ['b', 'c', 'd']) l1.delete(key);
    for (const key of ['c', 'd']) l2.delete(key);
    const calls = [l2, l3].map((tier) => vi.spyOn(tier, 'getMany'));
    expect([...(await manager.getMany([...keys, 'e'])).keys()]).toEqual(keys);
    expect(calls.map(({ mock }) => mock.calls)).toEqual([[[['b', 'c', 'd', 'e']]], [[['c', 'd', 'e']]]]);
    expect(keys.map((key) => l1.peek(key)?.key)).toEqual(keys);
  });

  it('find what another request has copied into the first tier while they waited for its lock', async () => {
    const store = new SharedStore();
    const tier = new SharedTier(store);
    const memory = new MemoryCacheTier();
    const cache = await CacheManager.open({ tiers: [memory, tier] });
    await cache.put('k', CacheEntry.create({ key: 'k', proxyUrl: 'http://192.0.2.1:80' }));
    memory.delete('k');
    const [one, many] = await Promise.all([cache.get('k'), cache.getMany(['k'])]);
    expect(many.get('k')?.accessCount).toBe(2);
    expect(one?.key).toBe('k');
    expect(cache.getStatistics().promotions).toBe(1);
    await cache.close();
  });

  it('find nothing in a tier that fails, hangs or answers nonsense, and go on below it', async () => {
    const clock = new ManualClock();
    const answers = {
      throws: () => Promise.reject(new Error('planted')),
      hangs: () => new Promise(() => {}),
      'is no map': async () => ['a'],
      'has no entries': async () => new Map([['a', 'an entry']]),
      'has another entry': async () => new Map([['a', entryOf('b', {}, clock)]]),
    };
    for (const [name, answer] of Object.entries(answers)) {
      const middle = Object.assign(new HookTier({ clock }), { getMany: answer as never });
      const last = new MemoryCacheTier({ clock });
      const tiers = [new MemoryCacheTier({ clock }), middle, last];
      const cache = await CacheManager.open({ tiers, clock, tierTimeoutMs: 5 });
      last.put('a', entryOf('a', {}, clock));
      expect([name, (await cache.lookupMany(['a'])).get('a')?.tier]).toEqual([name, 'l3']);
      await cache.close();
    }
  });

  it('do and count what single reads do, whatever each tier has', async () => {
    const keys = ['a', 'b', 'c', 'd'];
    const where = fc.array(fc.subarray(['l1', 'l2', 'l3'] as const), {
      minLength: keys.length,
      maxLength: keys.length,
    });
    const reads = fc.array(fc.constantFrom(...keys, 'missing'), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(where, fc.array(reads, { maxLength: 4 }), async (places, batches) => {
        const run = async (isBatch: boolean) => {
          const stack = await openStack();
          for (const [i, key] of keys.entries())
            for (const level of places[i]!) stack[level].put(key, entryOf(key, { accessCount: 3 }, stack.clock));
          const found: unknown[] = [];
          for (const batch of batches) {
            const entries = isBatch
              ? await stack.manager.getMany(batch)
              : new Map(await Promise.all(batch.map(async (key) => [key, await stack.manager.get(key)] as const)));
            for (const [key, entry] of entries) if (entry !== undefined) found.push([key, entry.accessCount]);
          }
          const { tiers, promotions, requestMisses } = stack.manager.getStatistics();
          const counts = tiers.map(({ stats: { hits, misses } }) => [hits, misses]);
          return { found, counts, promotions, requestMisses };
        };
        expect(await run(true)).toEqual(await run(false));
      }),
      { numRuns: 50 },
    );
  });
});
