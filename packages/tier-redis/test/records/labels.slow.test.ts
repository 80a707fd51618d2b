import { CacheEntry, type CacheEntryInput, type CredentialCipher, type EntryLabels } from '@pw/cache-models';
import { isServerMissing, RedisServer, until } from '@pw/test-support';
import { TestCipher } from '@pw/tier-testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { RedisCacheTier, type RedisTierOptions } from '../../src/index.ts';

const LABELS: EntryLabels = { country: 'DE', kind: 'residential' };
/** Labels that a script, a record or the protocol could misinterpret. */
const HOSTILE: EntryLabels = {
  constructor: 'it\'s \\ 5% "=" {x} \' ..',
  key: '$-1 *3 +OK',
  'a.b-c_1': 'é漢🔑'.repeat(50),
  z: 'x'.repeat(256),
};
const MOST: EntryLabels = Object.fromEntries(Array.from({ length: 32 }, (_, at) => [`n${at}`, '漢'.repeat(256)]));

const entryOf = (key: string, labels: EntryLabels, patch: Partial<CacheEntryInput> = {}) =>
  CacheEntry.create({ key, proxyUrl: 'http://192.0.2.1:8080', labels, ...patch });

describe.skipIf(isServerMissing())('RedisCacheTier and labels', () => {
  let server: RedisServer;
  let tiers: RedisCacheTier[] = [];
  beforeAll(async () => {
    server = await RedisServer.start();
  });
  afterAll(() => server.end());
  afterEach(async () => {
    for (const tier of tiers) await tier.close();
    tiers = [];
    await server.ask('FLUSHALL');
  });

  function tierOf(config = {}, options: RedisTierOptions = {}): RedisCacheTier {
    const tier = new RedisCacheTier({ ...config, url: server.url, cipher: new TestCipher(), ...options });
    tiers.push(tier);
    return tier;
  }
  const stored = (key: string) => server.ask('GET', `pw:{proxies}:e:${key}`);

  it.each([
    ['without a bound', {}],
    ['with a bound', { maxEntries: 100 }],
  ])('stores labels in the record as strings, and omits the member when there are none, %s', async (_, config) => {
    const tier = tierOf(config);
    await tier.putMany([entryOf('a', LABELS), entryOf('none', {})]);
    await tier.put('most', entryOf('most', MOST));
    expect(await stored('a')).toContain(',"labels":["country=DE","kind=residential"]');
    expect(await stored('none')).not.toContain('labels');
    await tier.put('a', entryOf('a', {}));
    expect(await stored('a')).not.toContain('country');
    expect((await tierOf(config).get('most'))?.labels).toEqual(MOST);
  });

  it('returns current labels to other processes and notifies them of the change', async () => {
    const [one, other] = [tierOf(), tierOf()];
    await one.put('a', entryOf('a', LABELS));
    expect((await other.get('a'))?.labels).toEqual(LABELS);
    const changes: (string | null)[] = [];
    other.changes.subscribe((key) => void changes.push(key));
    await one.put('a', entryOf('a', HOSTILE));
    await until('the change is reported', () => changes.includes('a'));
    expect((await other.get('a'))?.labels).toEqual(HOSTILE);
    await one.putMany([entryOf('a', {})]);
    expect((await other.get('a'))?.labels).toEqual({});
  });

  it('keeps labels when another process records accesses and when records are re-sealed', async () => {
    const stale: CredentialCipher = Object.assign(new TestCipher(), { stateOf: () => 'stale' as const });
    const [one, other] = [tierOf(), tierOf({}, { cipher: stale })];
    const keys = ['a', 'hostile', 'most', 'none'];
    const labels = [LABELS, HOSTILE, MOST, {}];
    await one.putMany(keys.map((key, at) => entryOf(key, labels[at]!, { username: 'user', password: 'pass' })));
    const before = await Promise.all(keys.map(stored));
    await other.recordAccess(keys.map((key) => ({ key, hits: 9, lastAccessed: Date.now() })));
    let count = 0;
    for await (const { reencrypted } of other.reseal(3)) count += reencrypted;
    expect(count).toBe(keys.length);
    for (const [at, key] of keys.entries()) {
      expect(await stored(key)).not.toBe(before[at]);
      const entry = await one.get(key);
      expect(entry?.labels).toEqual(labels[at]);
      expect(entry?.accessCount).toBe(9);
    }
  });

  it('reports the labels of an evicted entry', async () => {
    const evicted = new Map<string, EntryLabels>();
    const tier = tierOf({ maxEntries: 2 }, { onEvict: (key, entry) => void evicted.set(key, entry.labels) });
    await tier.putMany([entryOf('a', HOSTILE), entryOf('b', MOST), entryOf('c', {}), entryOf('d', LABELS)]);
    await tier.put('e', entryOf('e', LABELS));
    expect(evicted).toEqual(
      new Map([
        ['a', HOSTILE],
        ['b', MOST],
        ['c', {}],
      ]),
    );
  });
});
