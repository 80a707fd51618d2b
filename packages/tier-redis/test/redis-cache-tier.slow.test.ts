import { setTimeout as sleep } from 'node:timers/promises';
import { CacheConfigError, CacheEntry, type CacheEntryInput, type CredentialCipher, Secret } from '@pw/cache-models';
import { FaultyProxy, isServerMissing, RedisServer, until } from '@pw/test-support';
import { TestCipher } from '@pw/tier-testkit';
import { createClient } from 'redis';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { RedisCacheTier, type RedisTierOptions } from '../src/index.ts';

/** A cipher whose tokens are plain text and name the key that made them. */
const keyed = (key: string, ...older: string[]): CredentialCipher => {
  const stateOf = (token: Uint8Array) => {
    const maker = Buffer.from(token).toString().split('.')[1]!;
    return maker === key ? 'current' : older.includes(maker) ? 'stale' : 'unknown';
  };
  return {
    encrypt: (secret) => Buffer.from(`gAAAAA.${key}.${secret.reveal()}`),
    decrypt: (token) => Secret.of(Buffer.from(token).toString().split('.')[2]!),
    stateOf,
  };
};
const entryOf = (key: string, patch: Partial<CacheEntryInput> = {}) =>
  CacheEntry.create({ key, proxyUrl: 'http://192.0.2.1:8080', ...patch });

describe.skipIf(isServerMissing())('RedisCacheTier on a server', () => {
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

  function tierOf(options: RedisTierOptions = {}, config = {}): RedisCacheTier {
    const address = options.client === undefined ? { url: server.url } : {};
    const tier = new RedisCacheTier({ ...config, cipher: new TestCipher(), ...address, ...options });
    tiers.push(tier);
    return tier;
  }

  it('passes the absolute deadline to the server, to the millisecond', async () => {
    const expiresAt = Date.now() + 3_600_000.25;
    await tierOf().put('k', entryOf('k', { expiresAt }));
    expect(Number(await server.ask('PEXPIRETIME', 'pw:{proxies}:e:k'))).toBe(Math.ceil(expiresAt));
    await tierOf().putMany([entryOf('m', { expiresAt })]);
    expect(Number(await server.ask('PEXPIRETIME', 'pw:{proxies}:e:m'))).toBe(Math.ceil(expiresAt));
    const bounded = tierOf({ namespace: 'bounded' }, { maxEntries: 5 });
    await bounded.put('k', entryOf('k', { expiresAt }));
    expect(Number(await server.ask('PEXPIRETIME', 'pw:{bounded}:e:k'))).toBe(Math.ceil(expiresAt));
  });

  it('lets the server remove expired entries and their accesses', async () => {
    const tier = tierOf();
    await tier.put('k', entryOf('k', { expiresAt: Date.now() + 300 }));
    await tier.recordAccess([{ key: 'k', hits: 3, lastAccessed: Date.now() }]);
    expect(await server.ask('EXISTS', 'pw:{proxies}:e:k', 'pw:{proxies}:a:k')).toBe('2');
    await until(
      'the server has removed the entry',
      async () => (await server.ask('EXISTS', 'pw:{proxies}:e:k')) === '0',
    );
    await until(
      'the server has removed its accesses',
      async () => (await server.ask('EXISTS', 'pw:{proxies}:a:k')) === '0',
    );
    expect(await tier.get('k')).toBeUndefined();
  });

  it('does not count entries that the server has expired against the bound', async () => {
    const tier = tierOf({}, { maxEntries: 2 });
    await tier.put('short', entryOf('short', { expiresAt: Date.now() + 100 }));
    await tier.put('a', entryOf('a'));
    await sleep(150);
    await tier.put('b', entryOf('b'));
    expect((await tier.keys()).sort()).toEqual(['a', 'b']);
  });

  it('keeps its bound while several processes fill it concurrently', async () => {
    const many = Array.from({ length: 4 }, () => tierOf({}, { maxEntries: 10 }));
    const puts = Array.from({ length: 200 }, (_, i) => many[i % 4]!.put(`k${i}`, entryOf(`k${i}`)));
    const watched = many[0]!.size().then((size) => expect(size).toBeLessThanOrEqual(10));
    await Promise.all([...puts, watched]);
    expect(await many[0]!.size()).toBe(10);
  });

  it('indexes entries stored without a bound when it opens with one', async () => {
    const free = tierOf();
    for (const key of ['a', 'b', 'c', 'd']) await free.put(key, entryOf(key));
    const bounded = tierOf({}, { maxEntries: 3 });
    await bounded.put('e', entryOf('e'));
    expect(await bounded.size()).toBe(3);
    expect(await bounded.has('e')).toBe(true);
  });

  it('stays within its namespace, even if the name of another one is similar', async () => {
    const names = ['a', 'ab', 'a:e', 'a.b', 'A'];
    const all = names.map((namespace) => tierOf({ namespace }));
    for (const [at, tier] of all.entries()) await tier.put('k', entryOf('k', { source: names[at]! }));
    await server.ask('SET', 'unrelated', 'value');
    expect(await all[0]!.clear()).toBe(1);
    for (const [at, tier] of all.entries()) {
      expect(await tier.size()).toBe(at === 0 ? 0 : 1);
      expect(await tier.keys()).toEqual(at === 0 ? [] : ['k']);
      expect(await tier.cleanupExpired()).toBe(0);
    }
    expect(await server.ask('GET', 'unrelated')).toBe('value');
  });

  it('uses neither KEYS nor FLUSH', async () => {
    await server.ask('CONFIG', 'RESETSTAT');
    const tier = tierOf({}, { maxEntries: 1500 });
    await tier.putMany(Array.from({ length: 2500 }, (_, i) => entryOf(`k${i}`)));
    await tier.keys();
    for await (const _ of tier.entries()) break;
    await tier.cleanupExpired();
    await tier.size();
    await tier.clear();
    const used = await server.ask('INFO', 'commandstats');
    expect(used).toContain('cmdstat_scan:');
    expect(used).not.toMatch(/cmdstat_(?:keys|flush\w*):/);
  });

  it('stores the record with sealed credentials and a format marker', async () => {
    await tierOf().put('k', entryOf('k', { proxyUrl: 'http://user:hunter2@192.0.2.1:80' }));
    const stored = await server.ask('GET', 'pw:{proxies}:e:k');
    expect(stored).toMatch(/^1[0-9a-f]{8}/);
    expect(stored).toContain('"proxy_url":"http://192.0.2.1:80"');
    expect(stored).toContain(Buffer.from('gAAAA.first.').toString('hex'));
    expect(stored).not.toContain('hunter2');
    expect(await server.ask('GET', 'pw:{proxies}:format')).toBe('1');
  });

  it('refuses a namespace in a later format and does not change it', async () => {
    await server.ask('SET', 'pw:{proxies}:format', '2');
    await expect(tierOf().open()).rejects.toThrow(CacheConfigError);
    expect(await server.ask('GET', 'pw:{proxies}:format')).toBe('2');
  });

  it('quarantines a damaged record and counts it', async () => {
    const tier = tierOf();
    await tier.putMany([entryOf('bad'), entryOf('good')]);
    const name = 'pw:{proxies}:e:bad';
    await server.ask('SETRANGE', name, '100', 'X');
    expect([...(await tier.getMany(['bad', 'good'])).keys()]).toEqual(['good']);
    expect(tier.statistics.evictionsCorruption).toBe(1);
    await until('the record is quarantined', async () => (await server.ask('EXISTS', name)) === '0');
    expect(await server.ask('GET', 'pw:{proxies}:q:bad')).toContain('"key":"bad"');
    expect(Number(await server.ask('PEXPIRETIME', 'pw:{proxies}:q:bad'))).toBeGreaterThan(Date.now());
    await tier.put('bad', entryOf('bad'));
    expect((await tier.get('bad'))?.key).toBe('bad');
  });

  it('re-seals quarantined records, even those it has just moved, and counts those that no key opens', async () => {
    const cipher = keyed('old');
    const tier = tierOf({ cipher });
    for (const key of ['sound', 'rotten', 'aside']) await tier.put(key, entryOf(key, { password: `pass-${key}` }));
    await tierOf({ cipher: keyed('lost') }).put('lost', entryOf('lost', { password: 'pass' }));
    const deadline = await server.ask('PEXPIRETIME', 'pw:{proxies}:e:aside');
    for (const key of ['rotten', 'aside', 'lost']) {
      const name = `pw:{proxies}:e:${key}`;
      await server.ask('SET', name, (await server.ask('GET', name)).replace('manual', 'rotten'), 'KEEPTTL');
    }
    expect(await tier.get('aside')).toBeUndefined();
    await until('the record is quarantined', async () => (await server.ask('EXISTS', 'pw:{proxies}:q:aside')) === '1');
    const both = tierOf({ cipher: keyed('new', 'old') });
    const sum = { reencrypted: 0, alreadyCurrent: 0, unreadable: 0, inQuarantine: 0 };
    for await (const { reencrypted, alreadyCurrent, unreadable, inQuarantine = 0 } of both.reseal(2)) {
      sum.reencrypted += reencrypted;
      sum.alreadyCurrent += alreadyCurrent;
      sum.unreadable += unreadable;
      sum.inQuarantine += inQuarantine;
    }
    expect(sum).toEqual({ reencrypted: 1, alreadyCurrent: 0, unreadable: 0, inQuarantine: 1 });
    expect(both.statistics.evictionsCorruption).toBe(2);
    for (const key of ['e:sound', 'q:rotten', 'q:aside']) {
      const record = await server.ask('GET', `pw:{proxies}:${key}`);
      expect(record).toContain(Buffer.from(`gAAAAA.new.pass-${key.slice(2)}`).toString('hex'));
      expect(record).not.toContain(Buffer.from('gAAAAA.old').toString('hex'));
    }
    expect(await server.ask('PEXPIRETIME', 'pw:{proxies}:q:aside')).toBe(deadline);
    expect(await server.ask('GET', 'pw:{proxies}:q:lost')).toContain(Buffer.from('gAAAAA.lost').toString('hex'));
  });

  it('uses the settings of a client passed to it, but not the client itself', async () => {
    const client = createClient({ url: server.url, database: 3, RESP: 2 });
    const tier = tierOf({ client });
    await tier.put('k', entryOf('k'));
    expect(client.isOpen).toBe(false);
    expect(await server.ask('-n', '3', 'EXISTS', 'pw:{proxies}:e:k')).toBe('1');
    await tier.close();
    await server.ask('-n', '3', 'FLUSHDB');
  });

  it('works after the server has dropped its scripts', async () => {
    const tier = tierOf();
    await tier.put('k', entryOf('k'));
    await server.ask('SCRIPT', 'FLUSH');
    expect(await tier.delete('k')).toBe(true);
    expect(tier.failureCount).toBe(0);
  });

  it('discards a write that a later one has overtaken', async () => {
    const proxy = await FaultyProxy.before(server.port);
    const tier = tierOf({ url: proxy.url, timeoutMs: 300, failureThreshold: 100 });
    await tier.put('k', entryOf('k'));
    proxy.delay();
    expect(await tier.put('k', entryOf('k', { source: 'late' }))).toBe(false);
    await until('the tier has reconnected', () => tier.delete('k'));
    proxy.goOn();
    await until('the earlier connection has ended', () => proxy.connections === 1);
    await sleep(100);
    expect(await tier.get('k')).toBeUndefined();
    await tier.close();
    await proxy.end();
  });

  it('shows neither address nor password in errors, logs or inspection', async () => {
    const lines: unknown[] = [];
    const write = (...values: unknown[]) => void lines.push(values);
    const logger = { debug: write, info: write, warn: write, error: write };
    const tier = tierOf({ url: server.url.replace('://', '://nobody:hunter2@'), logger });
    const error: unknown = await tier.open().catch((thrown: unknown) => thrown);
    const { inspect } = await import('node:util');
    for (const shown of [error, tier, lines])
      expect(inspect(shown, { depth: 9, showHidden: true })).not.toContain('hunter2');
    expect(String(error)).toContain('WRONGPASS');
  });

  it('refuses invalid options', () => {
    const make = (options: RedisTierOptions) => () => new RedisCacheTier(options);
    const { url } = server;
    expect(make({})).toThrow(CacheConfigError);
    expect(make({ url: 'http://127.0.0.1' })).toThrow('url: must be');
    expect(make({ url, namespace: 'a*b' })).toThrow('namespace: must be');
    expect(make({ url, timeoutMs: 0 })).toThrow('timeoutMs: must be');
    expect(make({ url, heartbeatMs: 1e6 })).toThrow('heartbeatMs: must be');
    expect(make({ url, graceMs: -1 })).toThrow('graceMs: must be');
  });
});
