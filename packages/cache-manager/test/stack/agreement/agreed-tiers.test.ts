import { setImmediate } from 'node:timers/promises';
import { CacheEntry, type CacheEntryInput } from '@pw/cache-models';
import { nextVersion, versionOf } from '@pw/cache-models/tier';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { CacheManager } from '../../../src/index.ts';
import { AgreedWorld } from '../../support/agreed/open-agreed.ts';

let port = 0;

function entryOf(key: string, input: Partial<CacheEntryInput> = {}): CacheEntry {
  port = (port % 65_000) + 1;
  return CacheEntry.create({ key, proxyUrl: `http://h.example:${port}`, ttlSeconds: 1e8, ...input });
}

async function opened(world: AgreedWorld, name = 'p', options = {}): Promise<CacheManager> {
  const manager = await world.open(name, options);
  onTestFinished(() => manager.close());
  return manager;
}

/** Lets the tiers that can be reached again be used. */
async function recovered(world: AgreedWorld, cache: CacheManager): Promise<void> {
  world.clock.advance(60_000);
  await cache.get('none');
  await setImmediate();
}

const check = { status: 'unhealthy', checkUrl: 'http://c.example' } as const;

describe('a put', () => {
  it('stores the entry with one version in all tiers', async () => {
    const world = new AgreedWorld();
    const cache = await opened(world);
    expect(await cache.putDetailed('a', entryOf('a'))).toEqual({
      stored: true,
      tiers: { l1: true, l2: true, l3: true },
    });
    const version = world.base.versionOf('a');
    expect(version).toBeGreaterThan(0);
    expect(versionOf(world.middle.records.get('a')!)).toBe(version);
    expect(versionOf(cache.peek('a')!)).toBe(version);
  });

  it('gets a version above all others, whatever the clock says', async () => {
    const world = new AgreedWorld();
    const cache = await opened(world);
    await cache.put('a', entryOf('a'));
    const before = world.base.versionOf('a');
    world.clock.advance(-1e9);
    await cache.put('b', entryOf('b'));
    expect(world.base.versionOf('b')).toBeGreaterThan(before);
  });

  it('is found by another process at once', async () => {
    const world = new AgreedWorld();
    const [one, other] = [await opened(world, 'one'), await opened(world, 'other')];
    await one.put('a', entryOf('a', { source: 'old' }));
    expect((await other.get('a'))?.source).toBe('old');
    await one.put('a', entryOf('a', { source: 'new' }));
    expect((await other.get('a'))?.source).toBe('new');
  });
});

describe('a delete', () => {
  it('removes the copy in the memory of another process', async () => {
    const world = new AgreedWorld();
    const [one, other] = [await opened(world, 'one'), await opened(world, 'other')];
    await one.put('a', entryOf('a'));
    await other.get('a');
    expect(await one.delete('a')).toBe(true);
    expect(await other.get('a')).toBeUndefined();
    expect(await other.keys()).toEqual([]);
  });
});

describe('a health check', () => {
  it('does not bring back what another process has replaced', async () => {
    const world = new AgreedWorld();
    const [one, other] = [await opened(world, 'one'), await opened(world, 'other')];
    await one.put('a', entryOf('a', { source: 'old' }));
    await one.get('a');
    await other.put('a', entryOf('a', { source: 'new' }));
    await one.recordHealthCheck('a', check);
    for (const cache of [one, other]) expect((await cache.get('a'))?.source).toBe('new');
    expect((await other.get('a'))?.totalHealthChecks).toBe(1);
  });

  it('does not bring back what another process has removed', async () => {
    const world = new AgreedWorld();
    const [one, other] = [await opened(world, 'one'), await opened(world, 'other')];
    await one.put('a', entryOf('a'));
    await other.delete('a');
    await one.invalidateByHealth('a');
    for (const cache of [one, other]) expect(await cache.get('a')).toBeUndefined();
  });

  it('counts exactly over processes', async () => {
    const world = new AgreedWorld();
    const caches = [await opened(world, 'one'), await opened(world, 'other'), await opened(world, 'third')];
    await caches[0]!.put('a', entryOf('a'));
    await Promise.all(Array.from({ length: 60 }, (_, i) => caches[i % 3]!.recordHealthCheck('a', check)));
    for (const cache of caches) expect((await cache.get('a'))?.totalHealthChecks).toBe(60);
  });
});

describe('a middle tier that cannot be reached', () => {
  it('is not asked for what it missed, also by the next process', async () => {
    const world = new AgreedWorld();
    const first = await opened(world, 'first');
    await first.put('a', entryOf('a', { source: 'old' }));
    world.down.add('middle');
    expect(await first.put('a', entryOf('a', { source: 'new' }))).toBe(true);
    world.down.delete('middle');
    // The first process is not closed: it was killed.
    const next = await opened(world, 'next');
    expect((await next.get('a'))?.source).toBe('new');
  });

  it('is brought up to the base when the cache is closed', async () => {
    const world = new AgreedWorld();
    const first = await world.open('first');
    await first.put('a', entryOf('a', { source: 'old' }));
    world.down.add('middle');
    await first.put('a', entryOf('a', { source: 'new' }));
    world.down.delete('middle');
    await first.close();
    expect(world.middle.records.get('a')?.source).not.toBe('old');
    expect([...world.base.cursors.values()]).toEqual([world.base.head]);
  });
});

describe('a base that cannot be reached', () => {
  it('gets what was written meanwhile, also from the next process', async () => {
    const world = new AgreedWorld();
    const first = await opened(world, 'first');
    await first.put('a', entryOf('a', { source: 'old' }));
    await first.put('b', entryOf('b'));
    world.down.add('base');
    expect(await first.put('a', entryOf('a', { source: 'new' }))).toBe(true);
    expect(await first.delete('b')).toBe(true);
    expect((await first.get('a'))?.source).toBe('new');
    expect(await first.get('b')).toBeUndefined();
    world.down.delete('base');
    const next = await opened(world, 'next');
    expect((await next.get('a'))?.source).toBe('new');
    expect(await next.get('b')).toBeUndefined();
    expect(await next.keys()).toEqual(['a']);
    await next.close();
    expect(world.base.rows.get('a')?.source).toBe('new');
    expect(world.base.rows.has('b')).toBe(false);
    expect(world.middle.marks.size).toBe(0);
  });

  it('gets the counts of several processes, exactly', async () => {
    const world = new AgreedWorld();
    const caches = [await opened(world, 'one'), await opened(world, 'other')];
    await caches[0]!.put('a', entryOf('a'));
    world.down.add('base');
    await Promise.all(Array.from({ length: 100 }, (_, i) => caches[i % 2]!.recordHealthCheck('a', check)));
    expect(world.middle.records.get('a')?.totalHealthChecks).toBe(100);
    world.down.delete('base');
    for (const cache of caches) expect((await cache.get('a'))?.totalHealthChecks).toBe(100);
    await caches[0]!.close();
    expect(world.base.rows.get('a')?.totalHealthChecks).toBe(100);
  });

  it('is not given a change of what the middle tier has outdated', async () => {
    const world = new AgreedWorld();
    const cache = await opened(world);
    await cache.put('a', entryOf('a', { source: 'old' }));
    world.down.add('middle');
    await cache.put('a', entryOf('a', { source: 'new' }));
    world.down.delete('middle');
    await recovered(world, cache);
    expect(world.middle.records.get('a')?.source).toBe('old');
    world.down.add('base');
    await cache.recordHealthCheck('a', check);
    const stored = world.middle.records.get('a');
    expect([stored?.source, stored?.totalHealthChecks]).toEqual(['new', 1]);
  });

  it('does not get back what another process has removed meanwhile', async () => {
    const world = new AgreedWorld();
    const [one, other] = [await opened(world, 'one', { maxStalenessMs: 100_000 }), await opened(world, 'other')];
    await one.put('a', entryOf('a'));
    world.down.add('base');
    await other.delete('a');
    await one.recordHealthCheck('a', check);
    for (const cache of [one, other]) expect(await cache.get('a')).toBeUndefined();
  });

  it('counts on from what no tier has taken', async () => {
    const world = new AgreedWorld();
    const cache = await opened(world);
    await cache.put('a', entryOf('a'));
    world.down.add('base').add('middle');
    for (let i = 0; i < 3; i++) await cache.recordHealthCheck('a', check);
    world.down.delete('middle');
    await recovered(world, cache);
    for (let i = 0; i < 4; i++) await cache.recordHealthCheck('a', check);
    expect(world.middle.records.get('a')?.totalHealthChecks).toBe(7);
  });

  it('misses a clear only until it is back', async () => {
    const world = new AgreedWorld();
    const cache = await world.open();
    await cache.put('a', entryOf('a'));
    world.down.add('base');
    await cache.clear();
    await cache.put('b', entryOf('b'));
    world.down.delete('base');
    const next = await opened(world, 'next');
    expect((await next.keys()).sort()).toEqual(['b']);
    expect(await next.get('a')).toBeUndefined();
    await next.close();
    expect([...world.base.rows.keys()]).toEqual(['b']);
  });
});

it('keeps writes that no tier takes in memory, and stores them later', async () => {
  const world = new AgreedWorld();
  const cache = await world.open();
  world.down.add('base').add('middle');
  expect(await cache.putDetailed('a', entryOf('a'))).toEqual({
    stored: true,
    tiers: { l1: true, l2: false, l3: false },
  });
  expect(await cache.get('a')).toBeDefined();
  world.down.clear();
  await cache.close();
  expect(world.base.rows.has('a')).toBe(true);
});

describe('a base that was lost', () => {
  it('is filled again from the middle tier', async () => {
    const world = new AgreedWorld();
    const first = await world.open('first');
    for (let i = 0; i < 20; i++) await first.put(`k${i}`, entryOf(`k${i}`));
    await first.close();
    world.loseBase();
    const next = await world.open('next');
    expect((await next.keys()).length).toBe(20);
    expect(await next.get('k3')).toBeDefined();
    await next.close();
    expect(world.base.rows.size).toBe(20);
    expect(world.middle.records.size).toBe(20);
    expect(world.middle.marks.size).toBe(0);
  });

  it('is filled even if writes of the new one come first', async () => {
    const world = new AgreedWorld();
    const first = await world.open('first');
    await first.put('a', entryOf('a', { source: 'old' }));
    await first.put('b', entryOf('b'));
    await first.close();
    world.loseBase();
    const next = await world.open('next');
    await next.put('a', entryOf('a', { source: 'new' }));
    expect((await next.keys()).sort()).toEqual(['a', 'b']);
    await next.close();
    expect(world.base.rows.get('a')?.source).toBe('new');
    expect(world.base.rows.has('b')).toBe(true);
  });
});

describe('an entry that another program wrote', () => {
  it('is found in the middle tier, and stored in the base', async () => {
    const world = new AgreedWorld();
    const cache = await opened(world);
    await cache.put('a', entryOf('a', { source: 'ours' }));
    await cache.get('a');
    world.middle.records.set('a', entryOf('a', { source: 'foreign' }));
    world.middle.changes.push({ key: 'a', by: {} });
    // Ours has not been agreed yet, so which came first cannot be known: after a close it is.
    await cache.close();
    const next = await opened(world, 'next');
    world.middle.records.set('a', entryOf('a', { source: 'foreign' }));
    world.middle.changes.push({ key: 'a', by: {} });
    expect((await next.get('a'))?.source).toBe('foreign');
    expect(world.base.rows.get('a')?.source).toBe('foreign');
  });

  it('is found in the base', async () => {
    const world = new AgreedWorld();
    const cache = await opened(world);
    await cache.put('a', entryOf('a', { source: 'ours' }));
    world.base.writeForeign(entryOf('a', { source: 'foreign' }));
    expect((await cache.get('a'))?.source).toBe('foreign');
  });
});

it('does not return what the base is known to have replaced while the base cannot be reached, even if it is marked', async () => {
  const world = new AgreedWorld();
  world.middle.records.set('a', entryOf('a', { source: 'old' }));
  const cache = await opened(world);
  expect((await cache.get('a'))?.source).toBe('old');
  // The base did not know the middle tier: until they have agreed, everything in it is marked.
  expect([...world.middle.marks]).toEqual([[null, 0]]);
  world.base.writeForeign(entryOf('a', { source: 'new' }));
  await cache.get('other');
  world.down.add('base');
  expect((await cache.get('a'))?.source).not.toBe('old');
  world.down.delete('base');
  await cache.close();
  const next = await opened(world, 'next');
  expect((await next.get('a'))?.source).toBe('new');
});

it('gives each write a version near the time of its clock', async () => {
  const world = new AgreedWorld();
  const cache = await opened(world);
  await cache.put('a', entryOf('a'));
  expect(world.base.versionOf('a')).toBe(nextVersion(world.clock.now()));
});

describe('an import over an entry', () => {
  it.each([true, false])(
    'merges into what another has made of it meanwhile (with a copy in memory: %s)',
    async (isKnown) => {
      const world = new AgreedWorld();
      const [one, other] = [await opened(world, 'one'), await opened(world, 'other')];
      const entry = CacheEntry.create({ proxyUrl: 'http://h.example:80', ttlSeconds: 1e8 });
      const { key } = entry;
      await one.put(entry);
      await one.get(key);
      if (isKnown) await other.get(key);
      const line = JSON.stringify({ proxy_url: 'http://h.example:80', source: 'list' });
      const write = world.base.write.bind(world.base);
      let isFirst = true;
      world.base.beforeWrite = async () => {
        if (!isFirst) return;
        isFirst = false;
        // Between the read and the write of the import.
        write(key, world.base.rows.get(key)!.with({ failureCount: 7 }), world.clock.now(), 0);
      };
      expect(await other.warmFromFile(Buffer.from(`${line}\n`), { format: 'jsonl' })).toMatchObject({ loaded: 1 });
      expect((await one.get(key))?.source).toBe('list');
      expect((await one.get(key))?.failureCount).toBe(7);
    },
  );
});
