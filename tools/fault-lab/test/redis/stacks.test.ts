import { join } from 'node:path';
import { CacheManager } from '@pw/cache-manager';
import { isServerMissing, makeTempDir, RedisServer, until } from '@pw/test-support';
import { MemoryCacheTier } from '@pw/tier-memory';
import { RedisCacheTier } from '@pw/tier-redis';
import { SqliteCacheTier } from '@pw/tier-sqlite';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { entryOf } from '../../src/redis/memory-and-redis.ts';

describe.skipIf(isServerMissing())('the Redis tier at any level', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await RedisServer.start();
  });
  afterAll(() => server.end());

  it.each([
    ['alone', (redis: RedisCacheTier) => [redis]],
    ['behind memory', (redis: RedisCacheTier) => [new MemoryCacheTier({}), redis]],
    [
      'behind memory and SQLite',
      (redis: RedisCacheTier, path: string) => [new MemoryCacheTier({}), new SqliteCacheTier({ path }), redis],
    ],
  ] as const)(
    '%s stores, finds, counts and deletes, and sees the changes of another cache',
    async (namespace, tiersOf) => {
      const open = async () => {
        const redis = new RedisCacheTier({ url: server.url, namespace: namespace.replaceAll(' ', '-') });
        return CacheManager.open({ tiers: tiersOf(redis, join(makeTempDir(onTestFinished), 'cache.db')) });
      };
      const [one, other] = [await open(), await open()];
      expect(await one.put('k', entryOf('k'))).toBe(true);
      expect((await one.get('k'))?.accessCount).toBe(1);
      expect((await other.get('k'))?.source).toBe('first');
      await one.put('k', entryOf('k', 'second'));
      await until('the other cache reads the new value', async () => (await other.get('k'))?.source === 'second');
      await one.delete('k');
      await until('the other cache reads nothing', async () => (await other.get('k')) === undefined);
      await one.close();
      await other.close();
    },
  );
});
