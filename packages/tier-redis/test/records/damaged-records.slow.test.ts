import { crc32 } from 'node:zlib';
import { CacheEntry, CacheValidationError } from '@pw/cache-models';
import { isServerMissing, RecordingLogger, RedisServer, until } from '@pw/test-support';
import { TestCipher } from '@pw/tier-testkit';
import { createClient } from 'redis';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { RedisCacheTier, type RedisTierOptions } from '../../src/index.ts';

const MIB = 2 ** 20;
/** Bytes in flight when a connection is closed remain in the buffers of both sides. */
const MOST_SENT = 32 * MIB;
const DEADLINE = Date.now() + 3_600_000;
const entryOf = (key: string, source = 'manual') =>
  CacheEntry.create({ key, proxyUrl: 'http://192.0.2.1:8080', source, expiresAt: DEADLINE });

/** Any record behind a valid head and checksum, which anyone who can write to the server can compute. */
function stored(record: string): string {
  const head = `${'s'.repeat(16)}${'0'.repeat(16)}0${String(DEADLINE).padStart(20)}\n`;
  return `1${crc32(record, crc32(head)).toString(16).padStart(8, '0')}${head}${record}`;
}

const sound = (key: string) => ({
  key,
  proxy_url: 'http://192.0.2.1:8080',
  source: 'manual',
  fetch_time: '2026-01-01T00:00:00+00:00',
  last_accessed: '2026-01-01T00:00:00+00:00',
  access_count: 0,
  ttl_seconds: 3600,
  expires_at: new Date(DEADLINE).toISOString(),
});
const withMember = (key: string, name: string, value: string) =>
  stored(JSON.stringify({ ...sound(key), [name]: '@' }).replace('"@"', value));

const DEEP = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
/** Damaged values by key. */
const DAMAGED: Readonly<Record<string, string | Buffer>> = {
  'invalid JSON': stored('{"key":'),
  null: stored('null'),
  'a list': stored('[]'),
  'another key': stored(JSON.stringify(sound('other'))),
  'a deep record': stored(DEEP),
  'a deep flag': withMember('a deep flag', 'evicted_from_l1', DEEP),
  'a deep count': withMember('a deep count', 'failure_count', DEEP),
  'a negative count': withMember('a negative count', 'failure_count', '-1'),
  'a negative access count': withMember('a negative access count', 'access_count', '-1'),
  'a fractional count': withMember('a fractional count', 'total_health_checks', '0.5'),
  'a count beyond 2^53': withMember('a count beyond 2^53', 'access_count', '9007199254740993'),
  'a huge count': withMember('a huge count', 'recovery_attempt', '1e300'),
  'an infinite count': withMember('an infinite count', 'total_health_checks', '1e999'),
  'labels that are a string': withMember('labels that are a string', 'labels', '"country=DE"'),
  'labels that are not strings': withMember('labels that are not strings', 'labels', '{"country":5}'),
  'labels out of order': withMember('labels out of order', 'labels', '["kind=a","country=DE"]'),
  'labels named twice': withMember('labels named twice', 'labels', '["kind=a","kind=b"]'),
  'a label without a value': withMember('a label without a value', 'labels', '["kind="]'),
  'a label without a name': withMember('a label without a name', 'labels', '["=DE"]'),
  'a label with a forbidden name': withMember('a label with a forbidden name', 'labels', '["__proto__=DE"]'),
  'a label with a control character': withMember('a label with a control character', 'labels', '["kind=a\\nb"]'),
  'a long label': withMember('a long label', 'labels', `["kind=${'x'.repeat(257)}"]`),
  '33 labels': withMember(
    '33 labels',
    'labels',
    JSON.stringify(Array.from({ length: 33 }, (_, at) => `n${at + 10}=x`)),
  ),
  'deep labels': withMember('deep labels', 'labels', DEEP),
  'bytes that are not UTF-8': Buffer.alloc(100, 0xe9),
};

describe.skipIf(isServerMissing())('RedisCacheTier and damaged records', () => {
  let server: RedisServer;
  let tiers: RedisCacheTier[] = [];
  /** Through a client, because a command line cannot carry a value of 100 KiB. */
  let set: (name: string, value: string | Buffer) => Promise<unknown>;
  let disconnect = () => {};
  beforeAll(async () => {
    server = await RedisServer.start();
    const administrator = createClient({ url: server.url });
    await administrator.connect();
    set = (name, value) => administrator.set(name, value);
    disconnect = () => administrator.destroy();
  });
  afterAll(() => {
    disconnect();
    return server.end();
  });
  afterEach(async () => {
    for (const tier of tiers) await tier.close();
    tiers = [];
    await server.ask('FLUSHALL');
  });

  function tierOf(config = {}, options: RedisTierOptions = {}): RedisCacheTier {
    const tier = new RedisCacheTier({
      ...config,
      url: server.url,
      cipher: new TestCipher(),
      timeoutMs: 10_000,
      ...options,
    });
    tiers.push(tier);
    return tier;
  }
  const nameOf = (key: string, kind = 'e') => `pw:{proxies}:${kind}:${key}`;
  const sent = async () => Number(/total_net_output_bytes:(\d+)/.exec(await server.ask('INFO', 'stats'))![1]);
  const isQuarantined = (key: string) => async () =>
    (await server.ask('EXISTS', nameOf(key))) === '0' && (await server.ask('EXISTS', nameOf(key, 'q'))) === '1';

  /** Values that are not records: one of each other type, and 100 MiB that the server creates itself. */
  async function storeOddValues(): Promise<readonly string[]> {
    await server.ask('RPUSH', nameOf('of type list'), 'x');
    await server.ask('SADD', nameOf('of type set'), 'x');
    await server.ask('HSET', nameOf('of type hash'), 'x', 'y');
    await server.ask('SETRANGE', nameOf('long'), String(100 * MIB), 'x');
    await server.ask('SET', nameOf('long with a sound head'), withMember('long with a sound head', 'source', '"x"'));
    await server.ask('APPEND', nameOf('long with a sound head'), ' ');
    await server.ask('SETRANGE', nameOf('long with a sound head'), String(100 * MIB), 'x');
    return ['of type list', 'of type set', 'of type hash', 'long', 'long with a sound head'];
  }

  it('quarantines every damaged value in getMany, without transferring overlong ones', async () => {
    const tier = tierOf();
    await tier.put('good', entryOf('good'));
    for (const [key, value] of Object.entries(DAMAGED)) await set(nameOf(key), value);
    const keys = [...Object.keys(DAMAGED), ...(await storeOddValues())];
    const before = await sent();
    expect([...(await tier.getMany(['good', ...keys])).keys()]).toEqual(['good']);
    expect((await sent()) - before).toBeLessThan(MOST_SENT);
    expect(tier.statistics.evictionsCorruption).toBe(keys.length);
    expect(tier.totalFailures).toBe(0);
    for (const key of keys) await until(`${key} is quarantined`, isQuarantined(key));
    expect((await tier.get('good'))?.key).toBe('good');
  });

  it('counts and quarantines values that are not strings, read alone or together with missing keys', async () => {
    const logger = new RecordingLogger();
    const tier = tierOf({}, { logger });
    await storeOddValues();
    expect(await tier.get('of type list')).toBeUndefined();
    expect(tier.statistics.evictionsCorruption).toBe(1);
    expect((await tier.getMany(['missing', 'of type set', 'missing too', 'of type hash'])).size).toBe(0);
    expect(tier.statistics.evictionsCorruption).toBe(3);
    for (const key of ['of type list', 'of type set', 'of type hash'])
      await until(`${key} is quarantined`, isQuarantined(key));
    expect(logger.text).toContain('CACHE_CORRUPT');
    expect(await tier.get('of type list')).toBeUndefined();
    expect(tier.statistics.evictionsCorruption).toBe(3);
    expect(tier.totalFailures).toBe(0);
  });

  it('treats every damaged value as a miss in get, and lets put replace it', async () => {
    const tier = tierOf();
    for (const [key, value] of Object.entries(DAMAGED)) await set(nameOf(key), value);
    const keys = [...Object.keys(DAMAGED), ...(await storeOddValues()).filter((key) => !key.startsWith('long'))];
    for (const key of keys) {
      expect(await tier.get(key), key).toBeUndefined();
      expect(await tier.put(key, entryOf(key)), key).toBe(true);
      expect((await tier.get(key))?.key).toBe(key);
    }
    expect(tier.totalFailures).toBe(0);
  });

  it('closes a connection on which a string of 100 MiB arrives, and checks lengths first from then on', async () => {
    const tier = tierOf();
    await tier.open();
    await storeOddValues();
    const before = await sent();
    expect(await tier.get('long')).toBeUndefined();
    expect(await tier.put('good', entryOf('good'))).toBe(true);
    expect(await tier.get('long with a sound head')).toBeUndefined();
    for (const key of ['long', 'long with a sound head']) await until(`${key} is quarantined`, isQuarantined(key));
    expect(tier.statistics.evictionsCorruption).toBe(2);
    expect(tier.totalFailures).toBe(0);
    expect((await sent()) - before).toBeLessThan(MOST_SENT);
    expect((await tier.get('good'))?.key).toBe('good');
  });

  it('skips damaged values in every pass', async () => {
    const tier = tierOf();
    await tier.put('good', entryOf('good'));
    for (const [key, value] of Object.entries(DAMAGED)) await set(nameOf(key), value);
    const odd = await storeOddValues();
    expect(await tier.keys()).toContain('good');
    expect(await tier.has('of type list')).toBe(false);
    const before = await sent();
    const entries: string[] = [];
    for await (const { key } of tier.entries()) entries.push(key);
    expect(entries).toEqual(['good']);
    expect((await sent()) - before).toBeLessThan(8 * MIB);
    for (const key of [...Object.keys(DAMAGED), ...odd]) await until(`${key} is quarantined`, isQuarantined(key));
    expect(await tier.size()).toBe(1);
    for await (const _ of tier.reseal(10)) void _;
    expect(await tier.cleanupExpired()).toBe(0);
    expect(await tier.clear()).toBe(1);
    expect(tier.totalFailures).toBe(0);
  });

  it('ignores damaged access metadata', async () => {
    const tier = tierOf();
    await tier.putMany([entryOf('list'), entryOf('long')]);
    await server.ask('RPUSH', nameOf('list', 'a'), 'x');
    await server.ask('SETRANGE', nameOf('long', 'a'), String(100 * MIB), 'x');
    expect([...(await tier.getMany(['list', 'long'])).keys()].sort()).toEqual(['list', 'long']);
    const lastAccessed = Date.now();
    const updates = ['list', 'long'].map((key) => ({ key, hits: 3, lastAccessed }));
    expect(await tier.recordAccess(updates)).toBe(2);
    for (const key of ['list', 'long']) expect((await tier.get(key))?.accessCount).toBe(3);
    expect(tier.totalFailures).toBe(0);
  });

  it('keeps its bound despite damaged values, and rebuilds a damaged index', async () => {
    for (const name of ['o:lru', 'x', 's']) await server.ask('RPUSH', `pw:{proxies}:${name}`, 'x');
    const tier = tierOf({ maxEntries: 3 });
    await tier.putMany(['a', 'b', 'c'].map((key) => entryOf(key)));
    await server.ask('DEL', nameOf('a'));
    await server.ask('RPUSH', nameOf('a'), 'x');
    await server.ask('SETRANGE', nameOf('b'), String(100 * MIB), 'x');
    await server.ask('SET', nameOf('c'), stored('{').replace(String(DEADLINE), 'nan'.padStart(13)));
    const before = await sent();
    expect(await tier.putMany(['d', 'e', 'f'].map((key) => entryOf(key)))).toEqual([true, true, true]);
    expect((await sent()) - before).toBeLessThan(8 * MIB);
    expect((await tier.keys()).sort()).toEqual(['d', 'e', 'f']);
    expect(await server.ask('EXISTS', ...['a', 'b', 'c'].map((key) => nameOf(key)))).toBe('0');
    expect(tier.totalFailures).toBe(0);
    await tier.close();
    await server.ask('SET', nameOf('nan'), stored('{').replace(String(DEADLINE), 'nan'.padStart(13)));
    const again = tierOf({ maxEntries: 3 });
    await again.open();
    expect((await again.get('d'))?.key).toBe('d');
  });

  it('reads large records in several replies', async () => {
    const tier = tierOf();
    const entries = Array.from({ length: 40 }, (_, i) => entryOf(`large ${i}`, 'x'.repeat(900 * 1024)));
    expect((await tier.putMany(entries)).every(Boolean)).toBe(true);
    expect((await tier.getMany(entries.map(({ key }) => key))).size).toBe(40);
    let count = 0;
    for await (const { source } of tier.entries()) count += source.length === 900 * 1024 ? 1 : 0;
    expect(count).toBe(40);
    expect(tier.totalFailures).toBe(0);
    await expect(tier.put('k', entryOf('k', 'x'.repeat(MIB)))).rejects.toThrow(CacheValidationError);
    expect(await tier.put('k', entryOf('k', 'x'.repeat(MIB - 1000)))).toBe(true);
    expect((await tier.get('k'))?.key).toBe('k');
  });
});
