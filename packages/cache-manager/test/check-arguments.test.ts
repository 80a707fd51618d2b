import { CacheConfigError, CacheErrorCode, CacheValidationError } from '@pw/cache-models';
import { MemoryCacheTier } from '@pw/tier-memory';
import { describe, expect, it } from 'vitest';
import { CacheManager, type CacheManagerOptions, openCache, TtlManager } from '../src/index.ts';
import { entryOf, openStack } from './support/stack.ts';

type Method = (...args: unknown[]) => unknown;
const BATCHES = ['getMany', 'lookupMany', 'peekMany', 'putMany', 'deleteMany'] as const;

async function call(name: string, ...args: unknown[]): Promise<unknown> {
  const { manager } = await openStack();
  return ((manager as unknown as Record<string, Method>)[name] as Method).apply(manager, args);
}

describe('an invalid argument', () => {
  it.each(BATCHES)('of %s is rejected with a typed error', async (name) => {
    for (const wrong of [undefined, null, 5, 'abc', {}, [5], [undefined]])
      await expect(call(name, wrong)).rejects.toThrow(CacheValidationError);
  });

  it('of getOrLoad is rejected with a typed error', async () => {
    for (const wrong of [undefined, 5])
      await expect(call('getOrLoad', 'k', wrong)).rejects.toThrow(CacheValidationError);
    for (const wrong of [null, 5, { signal: 5 }])
      await expect(call('getOrLoad', 'k', () => undefined, wrong)).rejects.toThrow(CacheValidationError);
  });
});

describe('an invalid argument is named, and nothing is done', () => {
  it.each([
    ['getMany', [['k', 5]], 'keys[1]'],
    ['getMany', [new Array(2)], 'keys[0]'],
    ['peekMany', [['x'.repeat(5000)]], 'keys[0]'],
    ['putMany', [[entryOf('k'), null]], 'entries[1]'],
    ['putMany', [new Array(1)], 'entries[0]'],
    ['getOrLoad', ['k', () => undefined, []], 'options'],
    ['getOrLoad', ['k', () => undefined, { timeoutMS: 5 }], 'timeoutMS'],
    ['getOrLoad', ['k', () => undefined, { staleWhileRevalidate: Number.POSITIVE_INFINITY }], 'staleWhileRevalidate'],
    ['dueForHealthCheck', [null], 'options'],
    ['dueForHealthCheck', [{ limits: 5 }], 'limits'],
    ['dueForHealthCheck', [{ limit: null }], 'limit'],
    ['warmFromFile', [5], 'path'],
    ['warmFromFile', ['a\0b'], 'path'],
    ['warmFromFile', ['list.txt', null], 'options'],
    ['warmFromFile', ['list.txt', { format: null }], 'format'],
    ['exportToFile', [''], 'path'],
    ['exportToFile', ['export.jsonl', []], 'options'],
    ['exportToFile', ['export.jsonl', { signal: { throwIfAborted: () => {} } }], 'signal'],
    ['reencrypt', [5], 'options'],
    ['reencrypt', [{ onProgress: 1 }], 'onProgress'],
    ['reencrypt', [{ batch: 5 }], 'batch'],
    ['on', ['evicted', () => {}], 'name'],
    ['on', ['eviction', 5], 'listener'],
  ])('%s %j: %s', async (name, args, path) => {
    const error = await call(name, ...args).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(CacheValidationError);
    expect((error as CacheValidationError).problems.map((problem) => problem.path)).toEqual([path]);
    expect((error as CacheValidationError).message).toContain(`${path}: `);
  });
});

describe('a closed cache', () => {
  it.each(BATCHES)('rejects even an empty %s', async (name) => {
    const { manager } = await openStack();
    await manager.close();
    const closed = async () => ((manager as unknown as Record<string, Method>)[name] as Method).call(manager, []);
    await expect(closed()).rejects.toMatchObject({ code: CacheErrorCode.CLOSED });
  });
});

describe('an invalid stack or option', () => {
  it.each([undefined, null, 5, {}, [null], [5], ['l1'], [{ name: '', tier: new MemoryCacheTier() }]])(
    'is rejected with a typed error: tiers %j',
    async (tiers) => {
      await expect(CacheManager.open({ tiers } as unknown as CacheManagerOptions)).rejects.toThrow(CacheConfigError);
    },
  );

  it.each([
    { required: 'l1' },
    { perSourceTtl: { api: -1 } },
    { perSourceTtl: { api: 'long' } },
    { ttlJitter: 5 },
    { ttlJitter: null },
    { ttlJitter: { share: 0.5, random: 5 } },
    { ttlJitter: { share: 0.5, shares: 1 } },
    { healthThresholds: [] },
    { healthThresholds: { deadafter: 5 } },
    { healthSchedule: null },
    { perSourceTtl: [] },
    { clock: {} },
    { logger: null },
    { cipher: { encrypt: () => '' } },
    { enableStatistics: 'no' },
    { healthCheckInvalidation: 0 },
    { tierTimeoutMS: 5 },
    { required: new Array(1) },
  ])('is rejected with a typed error: %j', async (options) => {
    const given = { tiers: [new MemoryCacheTier()], ...options } as unknown as CacheManagerOptions;
    await expect(CacheManager.open(given)).rejects.toThrow(CacheConfigError);
  });
});

describe('an invalid named tier', () => {
  it.each([
    [{ name: 'l1' }, 'tiers'],
    [{ name: 'l1', tier: 5 }, 'tiers[0].tier'],
    [{ name: 'l1', tier: new MemoryCacheTier(), maxTtl: 5 }, 'tiers[0].maxTtl'],
    [{ name: 'l1', tier: new MemoryCacheTier(), maxTtlSeconds: Number.POSITIVE_INFINITY }, 'tiers[0].maxTtlSeconds'],
  ])('%j is rejected with an error that names %s', async (tier, path) => {
    const opening = CacheManager.open({ tiers: [tier] } as unknown as CacheManagerOptions);
    await expect(opening).rejects.toMatchObject({ problems: [{ path }] });
    await expect(opening).rejects.toThrow(CacheConfigError);
  });
});

describe('openCache', () => {
  it.each([[null], [[]], [new Map()], ['l1']])('rejects the options %j', async (options) => {
    const opening = openCache({}, options as never);
    await expect(opening).rejects.toThrow(CacheConfigError);
    await expect(opening).rejects.toMatchObject({ problems: [{ path: 'options' }] });
  });

  it('rejects a key in the environment that is not a string', async () => {
    const env = { PROXYWHIRL_CACHE_ENCRYPTION_KEY: 5, OTHER: 5 } as never;
    const opening = openCache({ l2Config: { enabled: false }, l3Config: { enabled: false } }, { env });
    await expect(opening).rejects.toThrow(CacheConfigError);
    await expect(opening).rejects.toMatchObject({ problems: [{ path: 'env.PROXYWHIRL_CACHE_ENCRYPTION_KEY' }] });
  });

  it('lists the problems of the configuration and of the options together', async () => {
    const opening = openCache({ failureThreshold: 0 }, {
      env: null,
      timeoutMs: 5,
      healthThresholds: { deadAfter: 0 },
    } as never);
    await expect(opening).rejects.toThrow(CacheConfigError);
    const paths = await opening.catch((error: CacheConfigError) => error.problems.map(({ path }) => path).sort());
    expect(paths).toEqual(['env', 'failureThreshold', 'healthThresholds.deadAfter', 'timeoutMs']);
  });
});

describe('new TtlManager', () => {
  const target = { cleanupExpired: async () => 0 };
  it.each([
    [undefined, {}, 'target'],
    [{ cleanupExpired: 5 }, {}, 'target'],
    [target, null, 'options'],
    [target, { interval: 5 }, 'interval'],
    [target, { cleanupInterval: '5' }, 'cleanupInterval'],
    [target, { cleanupInterval: 5n }, 'cleanupInterval'],
    [target, { logger: { warn: () => {} } }, 'logger'],
  ])('rejects (%o, %o) with an error that names %s', (given, options, path) => {
    const make = () => new TtlManager(given as never, options as never);
    expect(make).toThrow(CacheConfigError);
    expect(make).toThrow(`${path}: `);
  });
});

describe('a store that cannot be opened', () => {
  it.each([true, false])('makes openCache fail if it is required: %s', async (isRequired) => {
    const config = { l2Config: { enabled: false }, l3DatabasePath: '/dev/null/l3.db' };
    const opening = openCache(config, { required: isRequired ? ['l3'] : [], env: {} });
    if (isRequired) return void (await expect(opening).rejects.toMatchObject({ code: CacheErrorCode.STORAGE_FAILED }));
    await using cache = await opening;
    expect(cache.getStatistics().l3Degraded).toBe(true);
  });
});
