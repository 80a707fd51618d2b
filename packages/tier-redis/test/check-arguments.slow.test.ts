import { CacheConfigError, CacheEntry, CacheValidationError } from '@pw/cache-models';
import { isServerMissing, RedisServer, until } from '@pw/test-support';
import { describe, expect, it, onTestFinished } from 'vitest';
import { RedisCacheTier } from '../src/index.ts';

const url = 'redis://127.0.0.1:1';

describe('new RedisCacheTier', () => {
  it.each([
    [undefined, ['options']],
    [null, ['options']],
    [{}, ['url']],
    [{ url, client: { duplicate: () => {}, sendCommand: () => {} } }, ['url']],
    [{ client: {} }, ['client']],
    [{ client: null }, ['client']],
    [{ url: 5, namespaces: 'x' }, ['namespaces', 'url']],
    [
      { url, timeoutMs: '5', graceMs: Number.POSITIVE_INFINITY, serverClockOffsetMs: 0.5 },
      ['timeoutMs', 'graceMs', 'serverClockOffsetMs'],
    ],
    [{ url, namespace: Symbol('x'), heartbeatMs: Number.NaN }, ['namespace', 'heartbeatMs']],
  ])('lists every problem of %o: %j', (options, paths) => {
    let error: unknown;
    try {
      new RedisCacheTier(options as never);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(CacheConfigError);
    expect((error as CacheConfigError).problems.map(({ path }) => path)).toEqual(paths);
  });

  it.each([
    [[url], "must be an object: write { url: '…' }"],
    [
      [
        new (class Client {
          duplicate() {}
          sendCommand() {}
        })(),
      ],
      'must be an object: write { client }',
    ],
    [[{ url }, { maxEntries: 5 }], 'arguments[1]: there is one options object: write { …, maxEntries }'],
    [[{ url, timeout: 5 }], 'timeout: unknown option; did you mean timeoutMs?'],
  ])('says what to write instead of %o', (given, words) => {
    const Tier = RedisCacheTier as unknown as new (...args: unknown[]) => unknown;
    expect(() => new Tier(...given)).toThrow(words);
  });

  it.each([0, 5000, 2 ** 40, null])('accepts a grace of %s', (graceMs) => {
    expect(() => new RedisCacheTier({ url, graceMs })).not.toThrow();
  });

  it('does not quote the address, which may contain a password', () => {
    const make = () => new RedisCacheTier({ url: 'http://user:hunter2@127.0.0.1' });
    expect(make).toThrow('url: must be');
    expect(make).not.toThrow('hunter2');
  });
});

describe('arguments of RedisCacheTier, checked without a server', () => {
  it.each([
    ['acquire', [5, 1000], ['key']],
    ['acquire', ['x'.repeat(5000), 1000], ['key']],
    ['acquire', ['k', Number.NaN, 5], ['milliseconds', 'token']],
    ['acquire', ['k', Number.POSITIVE_INFINITY], ['milliseconds']],
    ['release', [undefined, undefined], ['key', 'token']],
  ] as const)('leases.%s%j rejects with an error that names %j', async (name, args, paths) => {
    const tier = new RedisCacheTier({ url });
    const answer: unknown = await tier.leases[name](...(args as unknown as [never, never])).catch(
      (thrown: unknown) => thrown,
    );
    expect(answer).toBeInstanceOf(CacheValidationError);
    expect((answer as CacheValidationError).problems.map(({ path }) => path)).toEqual(paths);
    expect(tier.status).toBe('new');
  });

  it.each([0, 0.5, Number.NaN, '5', undefined])('reseal rejects the batch size %s', async (batchSize) => {
    const next = new RedisCacheTier({ url }).reseal(batchSize as number).next();
    await expect(next).rejects.toMatchObject({ problems: [{ path: 'batchSize' }] });
    await expect(next).rejects.toThrow(CacheValidationError);
  });

  it('changes.subscribe refuses a listener that is not a function', () => {
    expect(() => new RedisCacheTier({ url }).changes.subscribe(5 as never)).toThrow(CacheValidationError);
  });
});

describe.skipIf(isServerMissing())('listeners that throw and reject', () => {
  it('affect neither each other nor the tier', async () => {
    const server = await RedisServer.start();
    const [writer, reader] = [new RedisCacheTier({ url: server.url }), new RedisCacheTier({ url: server.url })];
    onTestFinished(async () => {
      await writer.close();
      await reader.close();
      await server.end();
    });
    const changes: (string | null)[] = [];
    const failing = new Error('the listener failed');
    await reader.open();
    reader.changes.subscribe(() => {
      throw failing;
    });
    reader.changes.subscribe((() => Promise.reject(failing)) as () => void);
    reader.changes.subscribe((key) => void changes.push(key));
    expect(changes).toEqual([null]);
    await writer.put('k', CacheEntry.create({ key: 'k', proxyUrl: 'http://h.example:8080' }));
    await until('the change is reported', () => changes.includes('k'));
    expect(await reader.has('k')).toBe(true);
    expect(reader.failureCount).toBe(0);
  });
});
