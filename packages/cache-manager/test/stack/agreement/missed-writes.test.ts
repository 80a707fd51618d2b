import { CacheEntry } from '@pw/cache-models';
import { stampEntry, versionOf } from '@pw/cache-models/tier';
import { describe, expect, it, onTestFinished } from 'vitest';
import { AgreedWorld } from '../../support/agreed/open-agreed.ts';

function entryOf(source: string): CacheEntry {
  return CacheEntry.create({ key: 'a', proxyUrl: 'http://h.example:1', ttlSeconds: 1e8, source });
}

/** A cache of one process; `happen` runs right after its first write to the base, before the middle tier is written. */
async function interrupted(happen: (world: AgreedWorld, version: number) => void) {
  const world = new AgreedWorld();
  const cache = await world.open('one', { maxStalenessMs: 100_000 });
  onTestFinished(() => cache.close());
  const { base } = world;
  const write = base.write.bind(base);
  base.write = (...args) => {
    base.write = write;
    const version = write(...args);
    happen(world, version);
    return version;
  };
  return { world, cache };
}

describe('a write that the middle tier does not take', () => {
  it('is not kept in memory if the middle tier has something newer alone', async () => {
    const { cache } = await interrupted(({ middle }, version) => {
      middle.records.set('a', stampEntry(entryOf('newer'), version + 3_600_001));
      middle.marks.set('a', 0);
    });
    await cache.put(entryOf('older'));
    expect((await cache.get('a'))?.source).toBe('newer');
  });

  it('is not stored if another base took the place of the one that was written', async () => {
    const { world, cache } = await interrupted(({ base }) => {
      base.rows.clear();
      base.log = [];
    });
    expect((await cache.putDetailed(entryOf('lost'))).stored).toBe(false);
    const record = world.middle.records.get('a');
    expect(record === undefined ? 0 : versionOf(record)).toBe(0);
  });

  it('of a batch is not kept in memory if the middle tier has something newer alone', async () => {
    const { cache } = await interrupted(({ middle }, version) => {
      middle.records.set('a', stampEntry(entryOf('newer'), version + 3_600_001));
      middle.marks.set('a', 0);
    });
    await cache.putMany([entryOf('older'), CacheEntry.create({ key: 'b', proxyUrl: 'http://h.example:2' })]);
    expect((await cache.get('a'))?.source).toBe('newer');
  });
});

describe('a write of a process that has never read the marks of the middle tier', () => {
  it.each(['put', 'delete'] as const)('outlasts a %s that was made there alone before', async (earlier) => {
    const world = new AgreedWorld();
    const first = await world.open('first');
    await first.put(entryOf('first'));
    world.down.add('base');
    if (earlier === 'put') await first.put(entryOf('alone'));
    else await first.delete('a');
    world.down.delete('base');
    world.down.add('middle');
    const second = await world.open('second');
    expect(await second.put(entryOf('second'))).toBe(true);
    world.down.clear();
    const third = await world.open('third');
    expect((await third.get('a'))?.source).toBe('second');
    await third.close();
    expect(world.base.rows.get('a')?.source).toBe('second');
    expect(world.middle.marks.size).toBe(0);
  });
});

it('an entry that a middle tier has alone is found although the lock of that tier cannot be taken', async () => {
  const world = new AgreedWorld();
  const first = await world.open('first');
  world.down.add('base');
  await first.put(entryOf('alone'));
  world.down.delete('base');
  const second = await world.open('second');
  onTestFinished(() => second.close());
  const middle = second.tiers[1]!.tier!;
  const change = middle.marks!.change.bind(middle.marks);
  middle.marks!.change = async () => false;
  expect((await second.get('a'))?.source).toBe('alone');
  middle.marks!.change = change;
});
