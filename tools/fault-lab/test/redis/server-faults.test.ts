import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { CacheManager } from '@pw/cache-manager';
import { FaultyProxy, isServerMissing, RedisServer, until } from '@pw/test-support';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { canWrite, entryOf, openCache, TIMEOUT_MS } from '../../src/redis/memory-and-redis.ts';
import { expectNoUnhandledRejection } from '../../src/redis/unhandled-rejections.ts';

/** Far longer than the tier's deadline, because the machine may be busy, but short enough to detect a hang. */
const PATIENCE_MS = 60 * TIMEOUT_MS;

describe.skipIf(isServerMissing())('memory in front of a Redis server that fails', () => {
  expectNoUnhandledRejection();
  let server: RedisServer;
  let caches: CacheManager[] = [];
  let namespaces = 0;
  let namespace = '';

  beforeAll(async () => {
    server = await RedisServer.start(
      '--appendonly',
      'yes',
      '--appendfsync',
      'always',
      '--user',
      'tier',
      'on',
      '>secret',
      '~*',
      '&*',
      '+@all',
    );
  });
  afterAll(() => server.end());
  afterEach(async () => {
    for (const cache of caches) await cache.close();
    caches = [];
  });

  async function open(options: { url?: string; memory?: boolean; namespace?: string } = {}): Promise<CacheManager> {
    const { memory = true, url = server.url } = options;
    const cache = await openCache({ url, namespace }, memory);
    caches.push(cache);
    return cache;
  }

  /** Calls every kind of operation and expects an answer each time, whatever the server does. */
  async function answers(cache: CacheManager, count = 20): Promise<void> {
    const started = performance.now();
    const asked = Array.from({ length: count }, async (_, i) => {
      const key = `during ${i}`;
      await cache.put(key, entryOf(key));
      await cache.get(`never ${i}`);
      await cache.delete(key);
    });
    await Promise.all(asked);
    expect(performance.now() - started).toBeLessThan(PATIENCE_MS);
  }

  /**
   * The same steps for every fault: values are stored before it and changed during it, and the result is checked after
   * it.
   */
  async function scene(fault: () => Promise<unknown> | unknown, end: () => Promise<unknown> | unknown, url?: string) {
    namespace = `scene-${++namespaces}`;
    const cache = await open({ ...(url === undefined ? {} : { url }) });
    for (const key of ['deleted', 'replaced', 'kept']) expect(await cache.put(key, entryOf(key))).toBe(true);
    await fault();
    await answers(cache);
    await cache.delete('deleted');
    expect(await cache.get('deleted')).toBeUndefined();
    expect(await cache.put('replaced', entryOf('replaced', 'second'))).toBe(true);
    expect((await cache.get('replaced'))?.source).toBe('second');
    await end();
    await until('the tier is back', () => canWrite(cache));
    await until('the replaced entry is back', async () => (await cache.get('replaced')) !== undefined);
    return cache;
  }

  async function holds(cache: CacheManager, kept: boolean): Promise<void> {
    const fresh = await open({ memory: false });
    await until('the newest value is on the server', async () => (await fresh.get('replaced'))?.source === 'second');
    for (const one of [cache, fresh]) {
      expect(await one.get('deleted')).toBeUndefined();
      expect((await one.get('replaced'))?.source).toBe('second');
      if (kept) expect((await one.get('kept'))?.key).toBe('kept');
    }
  }

  it('keeps working while the server is stopped for 5 s, and restores nothing deleted', async () => {
    const cache = await scene(
      () => server.freeze(),
      async () => {
        const end = performance.now() + 4000;
        while (performance.now() < end) await answers(caches[0]!, 3);
        server.goOn();
      },
    );
    await holds(cache, true);
  });

  it('keeps working while the server is killed, and finds its data again', async () => {
    const cache = await scene(
      () => server.kill(),
      () => server.start(),
    );
    await holds(cache, true);
  });

  it('keeps working when the server comes back without its data', async () => {
    const cache = await scene(
      () => server.kill(),
      async () => {
        await rm(join(server.directory, 'appendonlydir'), { recursive: true });
        await server.start();
      },
    );
    await holds(cache, false);
  });

  it('keeps working when a connection hangs silently', async () => {
    const proxy = await FaultyProxy.before(server.port);
    const cache = await scene(
      () => proxy.hang(),
      () => proxy.goOn(),
      proxy.url,
    );
    await holds(cache, true);
    await cache.close();
    await proxy.end();
  });

  it('keeps working when the connection is reset in the middle of a reply', async () => {
    const proxy = await FaultyProxy.before(server.port);
    const cache = await scene(
      async () => {
        for (const bytes of [0, 1, 5, 40]) {
          proxy.resetInReply(bytes);
          await answers(caches[0]!, 3);
        }
      },
      () => {},
      proxy.url,
    );
    await holds(cache, true);
    await cache.close();
    await proxy.end();
  });

  it('answers while the server is out of memory, and stores again when memory is free', async () => {
    const cache = await scene(
      () => server.ask('CONFIG', 'SET', 'maxmemory', '1'),
      () => server.ask('CONFIG', 'SET', 'maxmemory', '0'),
    );
    await holds(cache, true);
  });

  it('answers while the server is read-only, and stores again when it is writable', async () => {
    const cache = await scene(
      () => server.ask('REPLICAOF', '127.0.0.1', '1'),
      () => server.ask('REPLICAOF', 'NO', 'ONE'),
    );
    await holds(cache, true);
  });

  it('answers while the password is wrong, and stores once it is correct', async () => {
    namespace = `scene-${++namespaces}`;
    await server.ask('ACL', 'SETUSER', 'tier', 'resetpass', '>other');
    const cache = await open({ url: server.url.replace('://', '://tier:secret@') });
    await answers(cache);
    expect((await cache.putDetailed('k', entryOf('k'))).tiers).toEqual({ memory: true, redis: false });
    await server.ask('ACL', 'SETUSER', 'tier', 'resetpass', '>secret');
    await until('the tier is back', () => canWrite(cache));
    const fresh = await open({ memory: false });
    await until('the missed write is stored', async () => (await fresh.get('k')) !== undefined);
  });

  it('answers while the server is loading its data, and finds it afterwards', async () => {
    const slow = await RedisServer.start(
      '--appendonly',
      'yes',
      '--key-load-delay',
      '300',
      '--loading-process-events-interval-bytes',
      '1024',
    );
    try {
      namespace = 'loading';
      const cache = await open({ url: slow.url });
      const entries = Array.from({ length: 3000 }, (_, i) => entryOf(`key ${i}`));
      expect((await cache.putMany(entries)).every(Boolean)).toBe(true);
      await slow.kill();
      const starting = slow.start();
      await until('the server is loading', async () => /LOADING/.test(await slow.ask('GET', 'x').catch(() => '')));
      await answers(cache);
      await starting;
      await until('the tier is back', () => canWrite(cache));
      const fresh = await open({ url: slow.url, memory: false });
      expect((await fresh.getMany(entries.map(({ key }) => key))).size).toBe(entries.length);
    } finally {
      await slow.end();
    }
  });

  it('answers 1,000 concurrent operations while the server is stopped', async () => {
    namespace = `scene-${++namespaces}`;
    const cache = await open({ memory: false });
    await cache.put('before', entryOf('before'));
    server.freeze();
    await answers(cache, 1000);
    server.goOn();
    await until('the tier is back', () => canWrite(cache));
    await until('the deleted entries are gone', async () =>
      (await cache.keys()).every((key) => !key.startsWith('during')),
    );
    expect((await cache.get('before'))?.key).toBe('before');
  });
});
