import { CacheEntry } from '@pw/cache-models';
import type { ChangeListener } from '@pw/cache-models/tier';
import { isServerMissing, RedisCluster, until } from '@pw/test-support';
import { createCluster } from 'redis';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { RedisCacheTier, type RedisTierOptions } from '../../src/index.ts';

const entryOf = (key: string, source = 'first') =>
  CacheEntry.create({ key, proxyUrl: 'http://192.0.2.1:8080', source, labels: { of: key } });
const many = (count: number) => Array.from({ length: count }, (_, i) => entryOf(`key ${i}`));

describe.skipIf(isServerMissing())('RedisCacheTier on a cluster of three nodes', () => {
  let cluster: RedisCluster;
  let tiers: RedisCacheTier[] = [];
  beforeAll(async () => {
    cluster = await RedisCluster.start();
  });
  afterAll(() => cluster.end());
  afterEach(async () => {
    for (const tier of tiers) {
      await tier.clear();
      await tier.close();
    }
    tiers = [];
  });

  function tierOf(config = {}, options: RedisTierOptions = {}): RedisCacheTier {
    const client = createCluster({ rootNodes: cluster.nodes.map(({ url }) => ({ url })) });
    // A long deadline, because the machine may be busy.
    const tier = new RedisCacheTier({ ...config, client, timeoutMs: 10_000, ...options });
    tiers.push(tier);
    return tier;
  }

  it('spreads entries over all nodes and finds each of them', async () => {
    const tier = tierOf();
    const entries = [...many(300), entryOf('}{'), entryOf('{}'), entryOf('{a}b'), entryOf('日本 😀')];
    expect((await tier.putMany(entries)).every(Boolean)).toBe(true);
    for (const node of cluster.nodes) expect(Number(await node.ask('DBSIZE'))).toBeGreaterThan(50);
    const keys = entries.map(({ key }) => key);
    expect((await tier.keys()).sort()).toEqual([...keys].sort());
    expect((await tier.getMany(keys)).size).toBe(keys.length);
    expect(await tier.recordAccess(keys.map((key) => ({ key, hits: 7, lastAccessed: 1e12 })))).toBe(keys.length);
    for (const key of keys.slice(-5)) expect((await tier.get(key))?.accessCount).toBe(7);
    let seen = 0;
    for await (const { key, accessCount, labels } of tier.entries()) {
      seen += accessCount;
      expect(labels).toEqual({ of: key });
    }
    expect(seen).toBe(7 * keys.length);
    expect(await tier.deleteMany(keys.slice(-2))).toEqual([true, true]);
    expect(await tier.size()).toBe(keys.length - 2);
    expect(await tier.cleanupExpired()).toBe(0);
    expect(await tier.clear()).toBe(keys.length - 2);
    expect(tier.failureCount).toBe(0);
  });

  it('keeps a bounded namespace on one node and enforces its bound', async () => {
    for (const evictionPolicy of ['lru', 'lfu', 'fifo'] as const) {
      const tier = tierOf({ maxEntries: 20, evictionPolicy }, { namespace: `bounded-${evictionPolicy}` });
      await tier.putMany(many(50));
      expect(await tier.size()).toBe(20);
      expect(await tier.has('key 49')).toBe(true);
      expect(await tier.has('key 0')).toBe(false);
    }
  });

  it('reports changes by others on every node, but not its own', async () => {
    const [one, other] = [tierOf(), tierOf()];
    await one.open();
    await other.open();
    const changes = new Map<RedisCacheTier, (string | null)[]>();
    for (const tier of [one, other]) {
      const listener: ChangeListener = (key) => void changes.get(tier)!.push(key);
      changes.set(tier, []);
      tier.changes.subscribe(listener);
    }
    const entries = many(60);
    await one.putMany(entries);
    await one.delete('key 7');
    await until('all changes are reported', () => new Set(changes.get(other)).size === 61);
    expect(changes.get(other)!.filter((key) => key === 'key 7').length).toBeGreaterThan(1);
    // A delete runs in a script, and the server reports changes by scripts to the writer too.
    expect(new Set(changes.get(one))).toEqual(new Set([null, 'key 7']));
  });

  it('grants leases', async () => {
    const [one, other] = [tierOf(), tierOf()];
    const token = await one.leases.acquire('k', 60_000);
    expect(await other.leases.acquire('k', 60_000)).toBeNull();
    expect(await one.leases.release('k', token!)).toBe(true);
  });

  it('refuses an overlong reply from any node', async () => {
    // The reads that lose their connection to such a reply must not switch the tier off, even if reconnecting takes long.
    const tier = tierOf({}, { failureThreshold: 1_000_000 });
    await tier.putMany(many(20));
    for (const { key } of many(20)) {
      const name = `pw:<proxies>:e:{.${key}}`;
      for (const node of cluster.nodes) await node.ask('SETRANGE', name, String(8 * 2 ** 20), 'x').catch(() => '');
    }
    await Promise.all(many(20).map(({ key }) => tier.get(key)));
    await until('all are quarantined', async () => {
      await tier.getMany(many(20).map(({ key }) => key));
      return (await tier.keys()).length === 0 && tier.statistics.evictionsCorruption >= 20;
    });
    expect(await tier.put('good', entryOf('good'))).toBe(true);
    expect((await tier.get('good'))?.key).toBe('good');
    for (const node of cluster.nodes) await node.ask('FLUSHALL');
  });

  it('settles every call while a node is paused or dead, and recovers on its own', async () => {
    const tier = tierOf({}, { timeoutMs: 500, failureThreshold: 1_000_000 });
    await tier.putMany(many(100));
    const node = cluster.nodes[1]!;
    node.freeze();
    await Promise.all(many(100).map(({ key }) => tier.get(key)));
    node.goOn();
    await cluster.works();
    await until(
      'all entries can be read again',
      async () => (await tier.getMany(many(100).map(({ key }) => key))).size === 100,
    );
    await node.kill();
    await Promise.all(many(100).map(({ key }) => tier.get(key)));
    await node.start();
    await cluster.works();
    await until('the tier stores entries again', async () => (await tier.putMany(many(100))).every(Boolean));
    expect((await tier.getMany(many(100).map(({ key }) => key))).size).toBe(100);
  });
});
