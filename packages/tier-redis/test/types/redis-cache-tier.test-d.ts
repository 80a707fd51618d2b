import type { CacheEntry, CacheTier } from '@pw/cache-models';
import type { SideValues } from '@pw/cache-models/tier';
import type { createClient, createCluster } from 'redis';
import { expectTypeOf, test } from 'vitest';
import { type ClusterClient, RedisCacheTier, type RedisTierOptions, type SingleClient } from '../../src/index.ts';

test('a tier satisfies the contract, and all its results are promises', () => {
  expectTypeOf<RedisCacheTier>().toExtend<CacheTier>();
  expectTypeOf<RedisCacheTier['get']>().returns.toEqualTypeOf<Promise<CacheEntry | undefined>>();
  expectTypeOf<RedisCacheTier['leases']['acquire']>().returns.toEqualTypeOf<Promise<string | null | undefined>>();
  expectTypeOf<RedisCacheTier['leases']['release']>().returns.toEqualTypeOf<Promise<boolean>>();
  expectTypeOf<RedisCacheTier['changes']['subscribe']>().returns.toEqualTypeOf<() => void>();
  expectTypeOf<RedisCacheTier['sideValues']>().toEqualTypeOf<SideValues>();
});

test('the clients of the redis package are accepted', () => {
  expectTypeOf<ReturnType<typeof createClient>>().toExtend<SingleClient>();
  expectTypeOf<ReturnType<typeof createCluster>>().toExtend<ClusterClient>();
  expectTypeOf<NonNullable<RedisTierOptions['client']>>().toEqualTypeOf<SingleClient | ClusterClient>();
});

test('invalid options are refused', () => {
  expectTypeOf(RedisCacheTier).toBeConstructibleWith({ maxEntries: null, url: 'redis://127.0.0.1', graceMs: 0 });
  expectTypeOf<RedisTierOptions['graceMs']>().toEqualTypeOf<number | null | undefined>();
  // @ts-expect-error: one options object
  void (() => new RedisCacheTier({ url: 'redis://127.0.0.1' }, { maxEntries: 5 }));
  // @ts-expect-error The options are required.
  void (() => new RedisCacheTier());
  // @ts-expect-error Unknown options are refused.
  void (() => new RedisCacheTier({ url: 'redis://127.0.0.1', namespaces: 'x' }));
  // @ts-expect-error A timeout is a number of milliseconds.
  void (() => new RedisCacheTier({ url: 'redis://127.0.0.1', timeoutMs: '1s' }));
  // @ts-expect-error The eviction policy is one of a fixed list.
  void (() => new RedisCacheTier({ evictionPolicy: 'random', url: 'redis://127.0.0.1' }));
  // @ts-expect-error A client needs the methods that the tier uses.
  void (() => new RedisCacheTier({ client: {} }));
});
