import { CacheConfigError, CacheErrorCode, CacheValidationError } from '@pw/cache-models';
import { MemoryCacheTier } from '@pw/tier-memory';
import { describe, expect, it } from 'vitest';
import { CacheManager, type CacheManagerOptions, openCache, previewFile, TtlManager } from '../src/index.ts';
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

describe('an error says what to write instead of', () => {
  const load = () => undefined;
  it.each([
    ['getOrLoad', ['k', load, 500], 'getOrLoad: options: must be an object: write { timeoutMs: 500 }'],
    ['getOrLoad', ['k', load, AbortSignal.abort()], 'must be an object: write { signal }'],
    ['getOrLoad', ['k', load, { timeout: 500 }], 'timeout: unknown option; did you mean timeoutMs?'],
    ['query', ['api'], "filter: must be an object: write { source: '…' }"],
    ['query', [{ sources: 'api' }], 'sources: unknown member; did you mean source?'],
    ['healthHistory', ['k', 5], 'options: must be an object: write { limit: 5 }'],
    ['healthHistory', ['k', { limits: 5 }], 'limits: unknown option; did you mean limit?'],
    ['dueForHealthCheck', [5], 'dueForHealthCheck: options: must be an object: write { limit: 5 }'],
    ['dueForHealthCheck', [{ limits: 5 }], 'limits: unknown option; did you mean limit?'],
    ['recordHealthCheck', ['k', 'dead'], "result: must be an object: write { checkUrl, status: '…' }"],
    ['recordHealthCheck', ['k', { status: 'dead', checkURL: 'x' }], 'checkURL: unknown option; did you mean checkUrl?'],
    ['warmFromFile', ['f', 3600], 'import: options: must be an object: write { ttlOverride: 3600 }'],
    ['warmFromFile', ['f', () => {}], 'must be an object: write { refuse } or { onProgress }'],
    ['warmFromFile', ['f', { ttl: 3600 }], 'ttl: unknown option; did you mean ttlOverride?'],
    ['syncFrom', ['api', 'f', true], 'options: must be an object: write { force: true } or { bareNames: true }'],
    ['syncFrom', ['api', 'f', { forced: true }], 'forced: unknown option; did you mean force?'],
    ['exportToFile', ['f', true], 'export: options: must be an object, such as { credentials, onProgress, signal }'],
    ['exportToFile', ['f', 'plain'], "must be an object: write { credentials: '…' }"],
    ['exportToFile', ['f', { credential: 'plain' }], 'credential: unknown option; did you mean credentials?'],
    ['reencrypt', [500], 'reencrypt: options: must be an object: write { batchSize: 500 }'],
    ['reencrypt', [{ batchsize: 500 }], 'batchsize: unknown option; did you mean batchSize?'],
    ['on', ['hit', () => {}], 'name: must be "promotion", "eviction", "degraded", "recovered" or "statistics"'],
    ['on', ['eviction'], "listener: must be a function, such as on('eviction', (event) => console.log(event))"],
    ['on', ['hit'], "listener: must be a function, such as on('eviction', (event) => console.log(event))"],
  ])('an argument of %s: %j', async (name, args, words) => {
    await expect(call(name, ...args)).rejects.toThrow(words);
  });

  const tiers = [new MemoryCacheTier()];
  const target = { cleanupExpired: async () => 0 };
  const anyFunction = (work: unknown) => work as (...args: unknown[]) => unknown;
  const openManager = anyFunction((...args: never[]) => (CacheManager.open as Method)(...args));
  const ttlManager = anyFunction((...args: [never, never]) => new TtlManager(...args));
  it.each([
    [
      'openCache',
      openCache,
      ['dir'],
      "config: must be an object: write { l2CacheDir: '…' } or { l3DatabasePath: '…' }",
    ],
    ['openCache', openCache, [{ l2CacheDirectory: 'd' }], 'l2CacheDirectory: unknown member; did you mean l2CacheDir?'],
    ['openCache', openCache, [{}, ['l3']], 'options: must be an object: write { required }'],
    ['openCache', openCache, [{}, { timeoutMs: 5 }], 'timeoutMs: unknown option; did you mean tierTimeoutMs?'],
    ['CacheManager.open', openManager, [tiers], 'options: must be an object: write { tiers }'],
    ['CacheManager.open', openManager, [{ tiers }, { clock: Date }], 'arguments[1]: there is one options object'],
    ['CacheManager.open', openManager, [{ tiers, ttlJitter: 0.1 }], 'ttlJitter: must be an object: write { share }'],
    [
      'CacheManager.open',
      openManager,
      [{ tiers, ttlJitter: { shares: 1 } }],
      'ttlJitter.shares: unknown option; did you mean',
    ],
    ['CacheManager.open', openManager, [{ tiers, healthSchedule: { interval: 1 } }], 'did you mean intervalMs?'],
    [
      'CacheManager.open',
      openManager,
      [{ tiers, healthThresholds: 5 }],
      'such as { deadAfter, recoverAfter, slowAfterMs }',
    ],
    ['CacheManager.open', openManager, [{ tier: tiers }], 'tier: unknown option; did you mean tiers?'],
    [
      'new TtlManager',
      ttlManager,
      [target, 30],
      'TtlManager: options: must be an object: write { cleanupInterval: 30 }',
    ],
    [
      'new TtlManager',
      ttlManager,
      [target, { interval: 30 }],
      'interval: unknown option; did you mean cleanupInterval?',
    ],
    ['previewFile', previewFile, ['f', 10], 'must be an object: write { limit: 10 } or { ttlOverride: 10 }'],
    ['previewFile', previewFile, ['f', { limits: 10 }], 'limits: unknown option; did you mean limit?'],
  ] as [string, unknown, unknown[], string][])('an argument of %s: %o', async (_name, work, args, words) => {
    const made = (async () => anyFunction(work)(...args))();
    await expect(made).rejects.toThrow(words);
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
