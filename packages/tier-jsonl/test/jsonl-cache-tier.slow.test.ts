import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CacheConfigError, CacheEntry, CacheValidationError, RemovalReason } from '@pw/cache-models';
import { count, entryInputs, hostileKeys, ManualClock, RecordingLogger } from '@pw/test-support';
import { TestCipher } from '@pw/tier-testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonlCacheTier } from '../src/index.ts';
import { allLines, allText, facts, makeEntry, newDirectory, newTier, shardFiles } from './support/tiers.ts';

describe('JsonlCacheTier', () => {
  it('returns every field of an entry, also after a restart', async () => {
    const directory = newDirectory();
    await fc.assert(
      fc.asyncProperty(fc.array(entryInputs, { minLength: 1, maxLength: 5 }), async (inputs) => {
        const tier = newTier(directory, { clock: new ManualClock(-1e12) });
        const expected = new Map<string, unknown>();
        for (const input of inputs) {
          const entry = CacheEntry.create({ ...input, expiresAt: 9e12 });
          expect(await tier.put(entry.key, entry)).toBe(true);
          expected.set(entry.key, facts(entry));
        }
        for (const [key, fields] of expected) expect(facts(await tier.get(key))).toEqual(fields);
        await tier.close();
        const again = newTier(directory, { clock: new ManualClock(-1e12) });
        for (const [key, fields] of expected) expect(facts(await again.get(key))).toEqual(fields);
        await again.close();
      }),
      { numRuns: count(30, 60) },
    );
  });

  it('accepts any string as a key', async () => {
    const tier = newTier(newDirectory());
    const results = await tier.putMany(hostileKeys.map((key) => makeEntry(key)));
    expect(results).toEqual(hostileKeys.map(() => true));
    expect(new Set(await tier.keys())).toEqual(new Set(hostileKeys));
    for (const key of hostileKeys) expect((await tier.get(key))?.key).toBe(key);
    expect(await tier.deleteMany(hostileKeys)).toEqual(hostileKeys.map(() => true));
    expect(await tier.size()).toBe(0);
  });

  it('replaces, deletes, counts and clears', async () => {
    const tier = newTier(newDirectory());
    expect(await tier.get('a')).toBeUndefined();
    expect(await tier.delete('a')).toBe(false);
    await tier.put('a', makeEntry('a', { source: 'one' }));
    await tier.put('a', makeEntry('a', { source: 'two' }));
    await tier.put('b', makeEntry('b'));
    expect((await tier.get('a'))?.source).toBe('two');
    expect(await tier.size()).toBe(2);
    expect(await tier.delete('a')).toBe(true);
    expect(await tier.has('a')).toBe(false);
    expect(await tier.keys()).toEqual(['b']);
    expect(await tier.clear()).toBe(1);
    expect(await tier.size()).toBe(0);
    expect(await tier.get('b')).toBeUndefined();
    expect(tier.statistics).toMatchObject({ hits: 1, misses: 2, currentSize: 0 });
  });

  it('never brings a deleted value back, neither here nor in ProxyWhirl', async () => {
    const directory = newDirectory();
    const tier = newTier(directory);
    for (const source of ['one', 'two', 'three']) await tier.put('a', makeEntry('a', { source }));
    await tier.put('b', makeEntry('b'));
    expect(await tier.delete('a')).toBe(true);
    await tier.close();
    // ProxyWhirl reads every line that has a key.
    expect(allLines(directory).filter((line) => 'key' in JSON.parse(line))).toHaveLength(1);
    const again = newTier(directory);
    expect(await again.get('a')).toBeUndefined();
    expect(await again.keys()).toEqual(['b']);
  });

  it('hides expired entries, removes them when read, and cleans up the rest', async () => {
    const directory = newDirectory();
    const clock = new ManualClock();
    const tier = newTier(directory, { clock });
    for (const [key, ttlSeconds] of [
      ['a', 10],
      ['b', 10],
      ['c', 100],
    ] as const)
      await tier.put(key, makeEntry(key, { ttlSeconds }));
    await tier.put('b', makeEntry('b', { ttlSeconds: 1000 }));
    await tier.put('b', makeEntry('b', { ttlSeconds: 10 }));
    clock.advance(9_999);
    expect(await tier.size()).toBe(3);
    clock.advance(1);
    expect(await tier.size()).toBe(1);
    expect(await tier.get('a')).toBeUndefined();
    expect(await tier.cleanupExpired()).toBe(1);
    expect(await tier.cleanupExpired()).toBe(0);
    expect(tier.statistics.evictionsTtl).toBe(2);
    await tier.close();
    expect(allLines(directory).filter((line) => 'key' in JSON.parse(line))).toHaveLength(1);
    expect(await newTier(directory, { clock }).keys()).toEqual(['c']);
  });

  it('yields to the event loop during a large cleanup, within a shard and between shards', async () => {
    for (const numShards of [1, 4]) {
      const clock = new ManualClock();
      const tier = newTier(newDirectory(), { clock, numShards });
      await tier.putMany(Array.from({ length: 9000 }, (_, i) => makeEntry(`k${i}`, { ttlSeconds: 10 })));
      await tier.put('kept', makeEntry('kept', { ttlSeconds: 1000 }));
      clock.advance(10_000);
      let turns = 0;
      let renewIfOver = false;
      const turn = () => {
        turns++;
        if (!renewIfOver) setImmediate(turn);
      };
      setImmediate(turn);
      expect(await tier.cleanupExpired()).toBe(9000);
      renewIfOver = true;
      expect(turns).toBeGreaterThan(2);
      expect(await tier.keys()).toEqual(['kept']);
      await tier.close();
    }
  });

  it('writes lines that ProxyWhirl reads, in ASCII, to the shards where ProxyWhirl expects them', async () => {
    const directory = newDirectory();
    const tier = newTier(directory);
    await tier.put('ключ', makeEntry('ключ', { source: 'источник\u2028🙂', username: 'u', password: 'p' }));
    const [line] = allLines(directory);
    expect(line).toMatch(/^[\x20-\x7e]+$/);
    const record = JSON.parse(line!) as Record<string, unknown>;
    expect(Object.keys(record).slice(0, 3)).toEqual(['key', 'proxy_url', 'source']);
    expect(record['username_encrypted']).toMatch(/^[0-9a-f]+$/);
    expect(record['checksum']).toMatch(/^[0-9a-f]{8}$/);
    // int(md5("ключ").hexdigest(), 16) % 16 is 7
    expect(shardFiles(directory)).toEqual(['shard_07.jsonl']);
  });

  it('writes no plain-text credentials to any file or log line', async () => {
    const directory = newDirectory();
    const logger = new RecordingLogger();
    const tier = newTier(directory, { logger });
    const marker = 'TOP-SECRET-MARKER';
    for (let n = 0; n < 50; n++)
      await tier.put(`k${n % 20}`, makeEntry(`k${n % 20}`, { username: marker, password: marker }));
    await tier.delete('k3');
    await tier.recordAccess([{ key: 'k1', hits: 5, lastAccessed: 1 }]);
    await tier.close();
    expect(allText(directory)).not.toContain(marker);
    expect(allText(directory)).not.toContain(Buffer.from(marker).toString('hex'));
    expect(logger.text).not.toContain(marker);
  });

  it('rejects an entry with credentials if it has no cipher', async () => {
    const directory = newDirectory();
    const tier = newTier(directory, { cipher: undefined });
    await expect(tier.put('a', makeEntry('a', { password: 'p' }))).rejects.toThrow(/no cipher/);
    expect(await tier.put('b', makeEntry('b'))).toBe(true);
    expect(await tier.failureCount).toBe(0);
  });

  it('treats a record sealed with another key as a miss, and reads it once that key is back', async () => {
    const directory = newDirectory();
    const tier = newTier(directory, { cipher: new TestCipher('first') });
    await tier.put('a', makeEntry('a', { password: 'p' }));
    await tier.close();
    const wrong = newTier(directory, { cipher: new TestCipher('other') });
    for (let n = 0; n < 5; n++) expect(await wrong.get('a')).toBeUndefined();
    expect(wrong.enabled).toBe(true);
    expect(wrong.statistics).toMatchObject({ undecryptable: 5, evictionsCorruption: 0 });
    await wrong.recordAccess([{ key: 'a', hits: 9, lastAccessed: 1_900_000_005_000 }]);
    await wrong.close();
    const right = newTier(directory, { cipher: new TestCipher('first') });
    expect(facts(await right.get('a'))).toMatchObject({
      password: 'p',
      accessCount: 9,
      lastAccessed: 1_900_000_005_000,
    });
    expect(existsSync(join(directory, 'quarantine'))).toBe(false);
  });

  it('writes access metadata later, but shows it immediately, and keeps it after a restart', async () => {
    const directory = newDirectory();
    const tier = newTier(directory);
    await tier.putMany([makeEntry('a'), makeEntry('b', { accessCount: 1 })]);
    const updates = [
      { key: 'a', hits: 7, lastAccessed: 1_900_000_000_000.5 },
      { key: 'gone', hits: 1, lastAccessed: 1 },
    ];
    expect(await tier.recordAccess(updates)).toBe(1);
    expect(await tier.get('a')).toMatchObject({ accessCount: 7, lastAccessed: 1_900_000_000_000.5 });
    await tier.recordAccess([{ key: 'b', hits: 3, lastAccessed: 1 }]);
    await tier.put('b', makeEntry('b', { accessCount: 4 }));
    await tier.close();
    const again = newTier(directory);
    expect(await again.get('a')).toMatchObject({ accessCount: 7, lastAccessed: 1_900_000_000_000.5 });
    expect(await again.get('b')).toMatchObject({ accessCount: 4 });
  });

  it('iterates over live entries', async () => {
    const tier = newTier(newDirectory());
    await tier.putMany(Array.from({ length: 600 }, (_, n) => makeEntry(`k${n}`, { ttlSeconds: n % 2 === 0 ? 0 : 60 })));
    const keys: string[] = [];
    for await (const entry of tier.entries()) keys.push(entry.key);
    expect(keys).toHaveLength(300);
  });

  it('stores each of a thousand concurrent puts exactly once', async () => {
    const directory = newDirectory();
    const tier = newTier(directory, { numShards: 1 });
    const puts = Array.from({ length: 1000 }, (_, n) => tier.put(`k${n}`, makeEntry(`k${n}`)));
    expect(new Set(await Promise.all(puts))).toEqual(new Set([true]));
    expect(readFileSync(join(directory, 'shard_00.jsonl'), 'utf8').split('\n')).toHaveLength(1001);
  });

  it('can be closed twice, reopens automatically, and leaves no lock', async () => {
    const directory = newDirectory();
    const tier = newTier(directory);
    for (let n = 0; n < 40; n++) await tier.put('a', makeEntry('a', { accessCount: n }));
    await tier.close();
    await tier.close();
    expect(readdirSync(directory).filter((name) => name.endsWith('.lock'))).toEqual([]);
    expect((await tier.get('a'))?.accessCount).toBe(39);
  });

  it('completes puts in progress when it is closed', async () => {
    const directory = newDirectory();
    const tier = newTier(directory, {}, { maxEntries: 100 });
    await tier.open();
    const puts = Array.from({ length: 50 }, (_, n) => tier.put(`k${n}`, makeEntry(`k${n}`)));
    await tier.close();
    expect(new Set(await Promise.all(puts))).toEqual(new Set([true]));
    expect(await newTier(directory).size()).toBe(50);
  });

  it('counts a removal under the given reason', async () => {
    const tier = newTier(newDirectory());
    await tier.put('a', makeEntry('a'));
    await tier.delete('a', RemovalReason.HEALTH);
    expect(tier.statistics.evictionsHealth).toBe(1);
  });

  it('names every invalid option', () => {
    const make = () =>
      new JsonlCacheTier({ directory: '', numShards: 0, durability: 'maybe' as 'full', lock: { staleMs: 5 } });
    expect(make).toThrow(CacheConfigError);
    expect(make).toThrow(/directory.*numShards.*durability.*lock\.stale/);
  });

  it.each([
    [undefined, ['options']],
    [[], ['options']],
    [{}, ['directory']],
    [
      { directory: 'a\0b', sideIndexFrom: Number.POSITIVE_INFINITY, numShard: 5 },
      ['numShard', 'directory', 'sideIndexFrom'],
    ],
    [{ directory: 'd', lock: [], directoryChecks: null }, ['directoryChecks', 'lock']],
    [
      { directory: 'd', lock: { staleMS: 1, deadlineMs: Number.NaN, updateMs: null } },
      ['lock.staleMS', 'lock.updateMs', 'lock.deadlineMs'],
    ],
  ])('lists every problem of the options %o: %j', (options, paths) => {
    const make = () => new JsonlCacheTier(options as never);
    expect(make).toThrow(CacheConfigError);
    expect(pathsOf(make)).toEqual(paths);
  });

  it.each([
    [['/dir'], "must be an object: write { directory: '…' }"],
    [[8], 'must be an object: write { directory, numShards: 8 }'],
    [[undefined], 'must be an object: write { directory }'],
    [[{ directory: 'd' }, { maxEntries: 5 }], 'arguments[1]: there is one options object: write { …, maxEntries }'],
    [[{ directory: 'd', shards: 8 }], 'shards: unknown option; did you mean numShards?'],
    [[{ directory: 'd', lock: { stale: 5000 } }], 'lock.stale: unknown option; did you mean staleMs?'],
    [[{ directory: 'd', lock: 5000 }], 'lock: must be an object, such as { staleMs, updateMs, deadlineMs }'],
  ])('says what to write instead of the arguments %o', (given, words) => {
    const Tier = JsonlCacheTier as unknown as new (...args: unknown[]) => unknown;
    expect(() => new Tier(...given)).toThrow(words);
  });

  it.each([0, 0.5, Number.NaN, '5', undefined])('refuses a batch size of %s for reseal', async (batchSize) => {
    const next = newTier(newDirectory())
      .reseal(batchSize as number)
      .next();
    await expect(next).rejects.toThrow(CacheValidationError);
    await expect(next).rejects.toMatchObject({ problems: [{ path: 'batchSize' }] });
  });
});

function pathsOf(make: () => unknown): unknown {
  try {
    return make();
  } catch (error) {
    return (error as CacheConfigError).problems.map(({ path }) => path);
  }
}
