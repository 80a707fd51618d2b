import { setImmediate } from 'node:timers/promises';
import { CacheEntry, type CacheEntryInput } from '@pw/cache-models';
import { RecordingLogger } from '@pw/test-support/doubles';
import { MemoryCacheTier } from '@pw/tier-memory';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { CacheManager, type CacheManagerOptions } from '../../../src/index.ts';
import { LogStore } from '../../support/agreed/log-store.ts';
import { LogTier } from '../../support/agreed/log-tier.ts';
import { MarkStore } from '../../support/agreed/mark-store.ts';
import { MarkTier } from '../../support/agreed/mark-tier.ts';
import { AgreedWorld } from '../../support/agreed/open-agreed.ts';
import { PluginStore } from '../../support/agreed/plugin-store.ts';
import { PluginTier } from '../../support/agreed/plugin-tier.ts';

let port = 0;

function entryOf(key: string, input: Partial<CacheEntryInput> = {}): CacheEntry {
  port = (port % 65_000) + 1;
  return CacheEntry.create({ key, proxyUrl: `http://h.example:${port}`, ttlSeconds: 1e8, ...input });
}

/** Memory, a middle tier, a tier without marks, and a base. */
function worldWithPlugin() {
  const world = new AgreedWorld();
  const plugin = new PluginStore();
  world.plugin = plugin;
  return { world, plugin };
}

async function opened(world: AgreedWorld, name = 'p', options: Partial<CacheManagerOptions> = {}) {
  const cache = await world.open(name, options);
  onTestFinished(() => cache.close());
  return cache;
}

/** Lets background attempts to recover happen. */
async function pass(world: AgreedWorld, cache: CacheManager): Promise<void> {
  for (let second = 0; second < 130; second++) {
    world.clock.advance(1_000);
    await cache.get('nothing');
    await setImmediate();
  }
}

const check = { status: 'unhealthy', checkUrl: 'http://c.example' } as const;

describe('what a tier without marks has of an earlier run', () => {
  it.each(['killed', 'closed'])('is not returned, because it may lack writes of the %s process', async (end) => {
    const { world, plugin } = worldWithPlugin();
    const first = await opened(world, 'first');
    await first.put(entryOf('a', { source: 'old' }));
    world.down.add('plugin@first');
    await first.put(entryOf('a', { source: 'new' }));
    if (end === 'closed') await first.close();
    expect(plugin.entries.get('a')?.source).toBe('old');
    const next = await opened(world, 'next');
    world.middle.records.delete('a');
    expect((await next.get('a'))?.source).toBe('new');
  });

  it('is removed before the first read, with one line in the log', async () => {
    const { world, plugin } = worldWithPlugin();
    await (await opened(world, 'killed')).put(entryOf('a'));
    const logger = new RecordingLogger();
    await opened(world, 'next', { logger });
    expect(plugin.entries.size).toBe(0);
    expect(world.base.rows.size).toBe(1);
    expect(logger.lines.filter(({ level }) => level === 'info')).toEqual([
      expect.objectContaining({ fields: { tier: 'plugin' } }),
    ]);
  });

  it('is stored in a base that is new, before it is removed', async () => {
    const { world, plugin } = worldWithPlugin();
    for (const key of ['a', 'b']) plugin.entries.set(key, entryOf(key, { source: 'earlier' }));
    const cache = await opened(world);
    expect((await cache.keys()).sort()).toEqual(['a', 'b']);
    expect((await cache.get('a'))?.source).toBe('earlier');
    expect(world.base.rows.size).toBe(2);
  });

  it('is not stored in a base that was emptied by a clear', async () => {
    const { world, plugin } = worldWithPlugin();
    const first = await opened(world, 'first');
    await first.put(entryOf('a'));
    world.down.add('plugin@first');
    await first.clear();
    await first.close();
    expect(plugin.entries.size).toBe(1);
    expect(await (await opened(world, 'next')).keys()).toEqual([]);
  });

  it('is not read if the tier cannot be reached at the opening, and removed once it can', async () => {
    const { world, plugin } = worldWithPlugin();
    await (await opened(world, 'killed')).put(entryOf('a', { source: 'old' }));
    await (await opened(world, 'killed')).put(entryOf('gone'));
    plugin.entries.set('gone', entryOf('gone'));
    world.down.add('plugin');
    const next = await opened(world, 'next');
    await next.put(entryOf('a', { source: 'new' }));
    await next.delete('gone');
    world.down.delete('plugin');
    expect((await next.get('a'))?.source).toBe('new');
    expect(await next.get('gone')).toBeUndefined();
    expect(await next.keys()).toEqual(['a']);
    await pass(world, next);
    expect([...plugin.entries.keys()]).toEqual([]);
    await next.put(entryOf('b'));
    expect([...plugin.entries.keys()]).toEqual(['b']);
  });

  it('is kept if the tier is the lowest durable one', async () => {
    const plugin = new PluginStore();
    const open = () => CacheManager.open({ tiers: [new MemoryCacheTier({}), new PluginTier({ store: plugin })] });
    await (await open()).put(entryOf('a'));
    const next = await open();
    expect(await next.get('a')).toBeDefined();
    await next.close();
  });
});

describe('a tier without marks', () => {
  it('has nothing before the base has it', async () => {
    const { world, plugin } = worldWithPlugin();
    const cache = await opened(world);
    const atWrites: (string | undefined)[] = [];
    world.base.beforeWrite = () => {
      atWrites.push(plugin.entries.get('a')?.source);
    };
    await cache.put(entryOf('a', { source: 'one' }));
    await cache.put(entryOf('a', { source: 'two' }));
    await cache.putMany([entryOf('a', { source: 'three' }), entryOf('b')]);
    await cache.delete('a');
    await cache.putMany([entryOf('a', { source: 'four' })]);
    await cache.deleteMany(['a']);
    expect(atWrites).toEqual([undefined, 'one', 'two', 'three', undefined, 'four']);
    expect([...plugin.entries.keys()]).toEqual(['b']);
  });

  it('has no write that no other durable tier has taken', async () => {
    const { world, plugin } = worldWithPlugin();
    const cache = await opened(world);
    await cache.put(entryOf('a', { source: 'old' }));
    world.down.add('base').add('middle');
    expect((await cache.putDetailed(entryOf('a', { source: 'new' }))).tiers).toEqual({
      l1: true,
      l2: false,
      plugin: false,
      l3: false,
    });
    await cache.putMany([entryOf('b'), entryOf('c')]);
    expect([...plugin.entries.keys()]).toEqual([]);
    expect((await cache.get('a'))?.source).toBe('new');
  });

  it('drops what it missed, instead of getting it later', async () => {
    const { world, plugin } = worldWithPlugin();
    const [one, other] = [await opened(world, 'one'), await opened(world, 'other')];
    world.down.add('plugin@one');
    await one.put(entryOf('a', { source: 'old' }));
    await other.put(entryOf('a', { source: 'new' }));
    await one.put(entryOf('b'));
    world.down.delete('plugin@one');
    // The process finds out about the other's write only after the tier is back.
    await one.close();
    expect(plugin.entries.get('a')?.source).not.toBe('old');
    expect(plugin.entries.has('b')).toBe(false);
    expect((await other.get('a'))?.source).toBe('new');
  });

  it('does not keep the other tiers from agreeing', async () => {
    const { world } = worldWithPlugin();
    const killed = await opened(world, 'killed');
    await killed.put(entryOf('a', { source: 'old' }));
    await killed.put(entryOf('b'));
    world.down.add('base');
    expect((await killed.putDetailed(entryOf('a', { source: 'new' }))).tiers).toEqual({
      l1: true,
      l2: true,
      plugin: true,
      l3: false,
    });
    await killed.delete('b');
    world.down.delete('base');
    const next = await opened(world, 'next');
    expect((await next.get('a'))?.source).toBe('new');
    expect(await next.keys()).toEqual(['a']);
    await next.close();
    expect(world.base.rows.get('a')?.source).toBe('new');
    expect(world.base.rows.has('b')).toBe(false);
    expect(world.middle.marks.size).toBe(0);
  });

  it('counts accesses once, as each other tier does', async () => {
    const { world, plugin } = worldWithPlugin();
    const cache = await world.open();
    await cache.put(entryOf('a'));
    for (let i = 0; i < 3; i++) await cache.get('a');
    const memory = cache.tiers[0]!.tier!;
    await memory.delete('a');
    expect((await cache.lookup('a'))?.tier).toBe('plugin');
    await memory.delete('a');
    plugin.entries.delete('a');
    expect((await cache.lookup('a'))?.entry.accessCount).toBe(5);
    for (let i = 0; i < 2; i++) await cache.get('a');
    await cache.close();
    expect(plugin.entries.get('a')?.accessCount).toBe(7);
    expect(world.base.rows.get('a')?.accessCount).toBe(7);
  });

  it('is where the user has put it, in all answers', async () => {
    const { world, plugin } = worldWithPlugin();
    const cache = await opened(world);
    const names = ['l1', 'l2', 'plugin', 'l3'];
    expect(cache.tiers.map(({ name }) => name)).toEqual(names);
    world.down.add('middle');
    const { tiers } = await cache.putDetailed(entryOf('a'));
    expect(Object.keys(tiers)).toEqual(names);
    expect(Object.values(tiers)).toEqual([true, false, true, true]);
    await cache.tiers[0]!.tier!.delete('a');
    expect(await cache.lookup('a')).toMatchObject({ tier: 'plugin', level: 3 });
    await cache.tiers[0]!.tier!.delete('a');
    plugin.entries.clear();
    expect(await cache.lookup('a')).toMatchObject({ tier: 'l3', level: 4 });
    const statistics = cache.getStatistics();
    expect(statistics.tiers.map(({ name, promotions }) => [name, promotions])).toEqual([
      ['l1', 2],
      ['l2', 0],
      ['plugin', 1],
      ['l3', 0],
    ]);
  });

  it('takes part in lists, sizes and queries only as a cache', async () => {
    const { world, plugin } = worldWithPlugin();
    const cache = await opened(world);
    await cache.putMany([entryOf('a'), entryOf('b')]);
    plugin.entries.delete('b');
    expect((await cache.keys()).sort()).toEqual(['a', 'b']);
    expect(await cache.size()).toBe(2);
    const listed: string[] = [];
    for await (const { key } of cache.entries()) listed.push(key);
    expect(listed.sort()).toEqual(['a', 'b']);
    expect((await cache.query()).entries.map(({ key }) => key).sort()).toEqual(['a', 'b']);
    expect(await cache.clear()).toBe(2);
    expect(plugin.entries.size).toBe(0);
  });
});

describe.each(['a store of its own', 'one store'])('with %s for each process, a tier without marks', (kind) => {
  async function twoProcesses() {
    const { world } = worldWithPlugin();
    const one = await opened(world, 'one');
    if (kind === 'a store of its own') world.plugin = new PluginStore();
    return { world, one, other: await opened(world, 'other') };
  }

  it('does not return what another process has replaced or removed', async () => {
    const { one, other } = await twoProcesses();
    await one.put(entryOf('a', { source: 'old' }));
    expect((await other.get('a'))?.source).toBe('old');
    await one.put(entryOf('a', { source: 'new' }));
    expect((await other.get('a'))?.source).toBe('new');
    await one.recordHealthCheck('a', check);
    expect((await other.get('a'))?.totalHealthChecks).toBe(1);
    await one.delete('a');
    expect(await other.get('a')).toBeUndefined();
    expect(await other.has('a')).toBe(false);
    expect(await other.keys()).toEqual([]);
  });

  it('does not return it while the removal is on its way either', async () => {
    const { world, one, other } = await twoProcesses();
    await one.put(entryOf('a', { source: 'old' }));
    await other.get('a');
    world.gate = async (step) => {
      if (step === 'plugin.delete') for (let turn = 0; turn < 5; turn++) await setImmediate();
    };
    await one.put(entryOf('a', { source: 'new' }));
    expect((await Promise.all([other.get('a'), other.get('a')])).map((entry) => entry?.source)).toEqual(['new', 'new']);
    await one.delete('a');
    expect(await other.has('a')).toBe(false);
    expect(await other.keys()).toEqual([]);
  });

  it('does not return it after many changes that were not noticed', async () => {
    const { world, one, other } = await twoProcesses();
    await one.put(entryOf('a', { source: 'old' }));
    await other.get('a');
    world.base.keeps = 0;
    await one.put(entryOf('a', { source: 'new' }));
    for (let i = 0; i < 10; i++) await one.put(entryOf(`k${i}`));
    world.base.log.splice(0);
    world.base.pruned = world.base.versionOf('k9');
    expect((await other.get('a'))?.source).toBe('new');
  });

  it('is emptied by a clear, also with unread changes of another process', async () => {
    const { one, other } = await twoProcesses();
    await other.put(entryOf('b'));
    await one.put(entryOf('a'));
    expect(await other.clear()).toBe(2);
    expect(await one.keys()).toEqual([]);
  });

  it('does not lose what another process made of an entry that is imported over', async () => {
    const { one, other } = await twoProcesses();
    const entry = CacheEntry.create({ proxyUrl: 'http://h.example:80', ttlSeconds: 1e8 });
    await one.put(entry);
    await other.get(entry.key);
    await one.recordHealthCheck(entry.key, check);
    const line = JSON.stringify({ proxy_url: 'http://h.example:80', source: 'list' });
    expect(await other.warmFromFile(Buffer.from(`${line}\n`), { format: 'jsonl' })).toMatchObject({ loaded: 1 });
    for (const cache of [one, other])
      expect(await cache.get(entry.key)).toMatchObject({ source: 'list', totalHealthChecks: 1 });
  });

  it('lets entries be removed that a source does not have any more', async () => {
    const { world, one, other } = await twoProcesses();
    const list = (...hosts: string[]) =>
      hosts.map((host) => ({ proxyUrl: `http://${host}.example:80`, ttlSeconds: 1e8 }));
    await one.syncFrom('list', list('a', 'b', 'c'));
    const keys = await other.keys();
    await other.getMany(keys);
    // Now from the tier without marks, and so without versions.
    await other.tiers[0]!.tier!.clear();
    await other.getMany(keys);
    expect(await other.syncFrom('list', list('b', 'c'))).toMatchObject({ removed: 1 });
    expect(world.base.rows.size).toBe(2);
    expect(await one.size()).toBe(2);
  });
});

describe('a copy of the old entry', () => {
  /** The other process holds up the steps of a kind of its tier without marks until they are let go. */
  async function held(step: string, maxStalenessMs = 0) {
    const { world } = worldWithPlugin();
    const one = await opened(world, 'one');
    world.plugin = new PluginStore();
    const other = await opened(world, 'other', { maxStalenessMs });
    const { promise: isLet, resolve: letGo } = Promise.withResolvers<void>();
    const hold = () => {
      world.gate = (next, process) => (next === step && process === 'other' ? isLet : undefined);
    };
    return { one, other, hold, letGo };
  }

  it('that is being made when the change is noticed is dropped afterwards', async () => {
    const { one, other, hold, letGo } = await held('plugin.put');
    await one.put(entryOf('a', { source: 'old' }));
    hold();
    const reading = other.get('a');
    await setImmediate();
    await one.put(entryOf('a', { source: 'new' }));
    await other.has('other');
    letGo();
    await reading;
    expect((await other.get('a'))?.source).toBe('new');
  });

  it('is not read while the removal that a background task has begun is on its way', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const { one, other, hold, letGo } = await held('plugin.delete', 1e6);
    await one.put(entryOf('a', { source: 'old' }));
    await other.get('a');
    await other.put(entryOf('b'));
    hold();
    await one.put(entryOf('a', { source: 'new' }));
    // The tiers agree, and the log is read with that.
    await vi.advanceTimersByTimeAsync(1_000);
    expect(other.peek('a')).toBeUndefined();
    const reading = other.get('a');
    await setImmediate();
    letGo();
    expect((await reading)?.source).toBe('new');
  });
});

it('a tier without marks may be the first tier', async () => {
  const [plugin, base] = [new PluginStore(), new LogStore()];
  const open = async () => {
    const tiers = [
      new PluginTier({ store: plugin }),
      new MarkTier({ store: new MarkStore() }),
      new LogTier({ store: base }),
    ];
    const cache = await CacheManager.open({ tiers, maxStalenessMs: 0 });
    onTestFinished(() => cache.close());
    return cache;
  };
  const [one, other] = [await open(), await open()];
  await one.put(entryOf('a', { source: 'old' }));
  expect(await one.lookup('a')).toMatchObject({ tier: 'l1', level: 1 });
  plugin.entries.clear();
  expect(await one.lookup('a')).toMatchObject({ tier: 'l2', level: 2, entry: { accessCount: 2 } });
  expect((await other.get('a'))?.source).toBe('old');
  await one.put(entryOf('a', { source: 'new' }));
  expect((await other.get('a'))?.source).toBe('new');
  await one.delete('a');
  expect(await other.get('a')).toBeUndefined();
});
