import { CacheEntry } from '@pw/cache-models';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { CacheManagerOptions } from '../../../src/index.ts';
import { AgreedWorld } from '../../support/agreed/open-agreed.ts';

function entryOf(key: string): CacheEntry {
  return CacheEntry.create({ key, proxyUrl: 'http://h.example:1', ttlSeconds: 1e8 });
}

/** A cache that was opened while its base could not be reached; the middle tier has `a` from before. */
async function openedWithoutBase(options: Partial<CacheManagerOptions>) {
  const world = new AgreedWorld();
  const first = await world.open('first');
  await first.put(entryOf('a'));
  await first.close();
  world.down.add('base');
  const cache = await world.open('next', options);
  onTestFinished(() => cache.close());
  return { world, cache };
}

async function all(cache: { entries(): AsyncIterable<CacheEntry> }): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of cache.entries()) keys.push(key);
  return keys.sort();
}

describe('a cache that has never reached its base', () => {
  it('answers what the middle tier has, and counts that', async () => {
    const { cache } = await openedWithoutBase({});
    expect((await cache.get('a'))?.key).toBe('a');
    expect(await cache.has('a')).toBe(true);
    expect(await cache.keys()).toEqual(['a']);
    expect(cache.getStatistics().staleness?.doubtful).toBe(1);
  });

  it('misses with onDoubt "miss", whatever is asked', async () => {
    const { cache } = await openedWithoutBase({ onDoubt: 'miss' });
    expect(await cache.get('a')).toBeUndefined();
    expect((await cache.getMany(['a'])).size).toBe(0);
    expect(await cache.has('a')).toBe(false);
    expect(await cache.keys()).toEqual([]);
    expect(await all(cache)).toEqual([]);
    expect(cache.getStatistics().staleness?.doubtful).toBe(0);
  });

  it('with onDoubt "miss" has what was written since', async () => {
    const { world, cache } = await openedWithoutBase({ onDoubt: 'miss' });
    expect(await cache.put(entryOf('b'))).toBe(true);
    const other = await world.open('other', { onDoubt: 'miss' });
    onTestFinished(() => other.close());
    for (const process of [cache, other]) {
      expect((await process.get('b'))?.key).toBe('b');
      expect(await process.keys()).toEqual(['b']);
      expect(await all(process)).toEqual(['b']);
    }
  });

  it('with onDoubt "miss" has everything once the base is back', async () => {
    const { world, cache } = await openedWithoutBase({ onDoubt: 'miss' });
    await cache.put(entryOf('b'));
    world.down.delete('base');
    world.clock.advance(120_000);
    await expect.poll(async () => (await cache.get('a'))?.key).toBe('a');
    expect((await cache.keys()).sort()).toEqual(['a', 'b']);
  });
});
