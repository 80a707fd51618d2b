import { CacheConfigError, CacheErrorCode, CacheValidationError } from '@pw/cache-models';
import { MemoryCacheTier } from '@pw/tier-memory';
import { describe, expect, it } from 'vitest';
import { CacheManager, type CacheManagerOptions, openCache } from '../src/index.ts';
import { openStack } from './support/stack.ts';

type Method = (...args: unknown[]) => unknown;
const BATCHES = ['getMany', 'lookupMany', 'peekMany', 'putMany', 'deleteMany'] as const;

async function call(name: string, ...args: unknown[]): Promise<unknown> {
  const { manager } = await openStack();
  return ((manager as unknown as Record<string, Method>)[name] as Method).apply(manager, args);
}

describe('a wrong argument', () => {
  it.each(BATCHES)('of %s is refused with a typed error', async (name) => {
    for (const wrong of [undefined, null, 5, 'abc', {}, [5], [undefined]])
      await expect(call(name, wrong)).rejects.toThrow(CacheValidationError);
  });

  it('of getOrLoad is refused with a typed error', async () => {
    for (const wrong of [undefined, 5])
      await expect(call('getOrLoad', 'k', wrong)).rejects.toThrow(CacheValidationError);
    for (const wrong of [null, 5, { signal: 5 }])
      await expect(call('getOrLoad', 'k', () => undefined, wrong)).rejects.toThrow(CacheValidationError);
  });
});

describe('a closed cache', () => {
  it.each(BATCHES)('says so to an empty %s', async (name) => {
    const { manager } = await openStack();
    await manager.close();
    const closed = async () => ((manager as unknown as Record<string, Method>)[name] as Method).call(manager, []);
    await expect(closed()).rejects.toMatchObject({ code: CacheErrorCode.CLOSED });
  });
});

describe('a stack that is none', () => {
  it.each([undefined, null, 5, {}, [null], [5], ['l1'], [{ name: '', tier: new MemoryCacheTier() }]])(
    'is refused with a typed error: %j',
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
  ])('and so are the options %j', async (options) => {
    const given = { tiers: [new MemoryCacheTier()], ...options } as unknown as CacheManagerOptions;
    await expect(CacheManager.open(given)).rejects.toThrow(CacheConfigError);
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
