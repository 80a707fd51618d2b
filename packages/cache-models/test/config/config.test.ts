import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { CacheConfigError, parseCacheConfig, parseTierConfig } from '../../src/index.ts';

function problemsOf(work: () => unknown): Record<string, string> {
  try {
    work();
  } catch (error) {
    if (!(error instanceof CacheConfigError)) throw error;
    return Object.fromEntries(error.problems.map(({ path, message }) => [path, message]));
  }
  return {};
}

describe('parseCacheConfig', () => {
  it('has ProxyWhirl’s defaults', () => {
    const { encryptionKey, previousEncryptionKeys, durability, foreignTokens, directoryChecks, ...config } =
      parseCacheConfig();
    expect(config).toEqual({
      l1Config: { enabled: true, maxEntries: 1000, evictionPolicy: 'lru' },
      l2Config: { enabled: true, maxEntries: 5000, evictionPolicy: 'lru' },
      l2Backend: 'jsonl',
      l3Config: { enabled: true, maxEntries: null, evictionPolicy: 'lru' },
      defaultTtlSeconds: 3600,
      ttlCleanupInterval: 60,
      enableBackgroundCleanup: false,
      cleanupIntervalSeconds: 60,
      perSourceTtl: {},
      l2CacheDir: '.cache/proxies',
      l3DatabasePath: '.cache/db/proxywhirl.db',
      healthCheckInvalidation: true,
      failureThreshold: 3,
      enableStatistics: true,
      statisticsInterval: 5,
    });
    expect(encryptionKey).toBeNull();
    expect(previousEncryptionKeys).toEqual([]);
    expect(durability).toBe('normal');
    expect(foreignTokens).toBe('accept');
  });

  it('keeps a level’s own defaults for missing members', () => {
    const config = parseCacheConfig({ l1Config: { evictionPolicy: 'lfu' }, l2Config: { maxEntries: null } });
    expect(config.l1Config).toEqual({ enabled: true, maxEntries: 1000, evictionPolicy: 'lfu' });
    expect(config.l2Config.maxEntries).toBeNull();
  });

  it('accepts its own result', () => {
    const config = parseCacheConfig({ encryptionKey: 'some-key', perSourceTtl: { api: 7200 } });
    expect(parseCacheConfig(config)).toEqual(config);
  });

  it('is deeply frozen', () => {
    const config = parseCacheConfig({ perSourceTtl: { api: 60 } });
    for (const part of [config, config.l1Config, config.perSourceTtl]) expect(Object.isFrozen(part)).toBe(true);
  });

  it('does not validate the key, and never shows it', () => {
    const config = parseCacheConfig({ encryptionKey: 'not-a-key-marker', previousEncryptionKeys: ['older-marker'] });
    expect(config.encryptionKey?.reveal()).toBe('not-a-key-marker');
    expect(inspect(config, { depth: 9 }) + JSON.stringify(config)).not.toContain('marker');
  });

  it('lists every problem with its member and bound', () => {
    const problems = problemsOf(() =>
      parseCacheConfig({
        defaultTtlSeconds: 59,
        ttlCleanupInterval: 9,
        cleanupIntervalSeconds: 4,
        failureThreshold: 0,
        statisticsInterval: 0,
        l1Config: { maxEntries: 0, evictionPolicy: 'mru' as never },
        l2Backend: 'redis' as never,
        perSourceTtl: { api: -1 },
        l2CacheDir: '',
        encryptionKey: 5 as never,
      }),
    );
    expect(problems).toMatchObject({
      defaultTtlSeconds: expect.stringContaining('60'),
      ttlCleanupInterval: expect.stringContaining('10'),
      cleanupIntervalSeconds: expect.stringContaining('5'),
      failureThreshold: expect.stringContaining('1'),
      statisticsInterval: expect.stringContaining('1'),
      'l1Config.maxEntries': expect.stringContaining('1 or more'),
      'l1Config.evictionPolicy': expect.stringContaining('"mru"'),
      l2Backend: expect.stringContaining('jsonl'),
      'perSourceTtl.api': expect.stringContaining('1 or more'),
      l2CacheDir: expect.stringContaining('path'),
      encryptionKey: expect.stringContaining('string'),
    });
    expect(Object.keys(problems)).toHaveLength(11);
  });

  it('suggests the right member for a misspelt one', () => {
    const problems = problemsOf(() =>
      parseCacheConfig({ l2CacheDirr: 'x', l1_config: {}, zzz: 1, l3Config: { maxEntires: 5 } } as never),
    );
    expect(problems['l2CacheDirr']).toContain('did you mean l2CacheDir?');
    expect(problems['l1_config']).toContain('did you mean l1Config?');
    expect(problems['zzz']).toBe('unknown member');
    expect(problems['l3Config.maxEntires']).toContain('did you mean maxEntries?');
  });

  it('treats the names of object members as ordinary source names', () => {
    const perSourceTtl = JSON.parse('{"__proto__": 60, "constructor": 61}') as Record<string, number>;
    expect(({} as Record<string, unknown>)['60']).toBeUndefined();
    expect(parseCacheConfig({ perSourceTtl }).perSourceTtl['constructor']).toBe(61);
  });
});

describe('parseTierConfig', () => {
  it('defaults to an unlimited lru tier', () => {
    expect(parseTierConfig()).toEqual({ enabled: true, maxEntries: null, evictionPolicy: 'lru' });
  });

  it.each(['lru', 'lfu', 'fifo'] as const)('accepts the policy %s', (evictionPolicy) => {
    expect(parseTierConfig({ evictionPolicy }).evictionPolicy).toBe(evictionPolicy);
  });

  it.each([0, -5, 1.5, Number.NaN, '5'])('refuses %j as maxEntries', (maxEntries) => {
    expect(Object.keys(problemsOf(() => parseTierConfig({ maxEntries: maxEntries as never })))).toEqual(['maxEntries']);
  });
});
