import type { CacheEntry } from '@pw/cache-models';
import type { AccessUpdate, SideValues } from '@pw/cache-models/tier';
import { expectTypeOf, it } from 'vitest';
import { type Durability, JsonlCacheTier, type JsonlTierOptions, type LockTiming } from '../../src/index.ts';

const tier = new JsonlCacheTier({ maxEntries: 5, directory: 'd' });
declare const entry: CacheEntry;
declare const updates: AccessUpdate[];

it('requires a directory', () => {
  expectTypeOf<ConstructorParameters<typeof JsonlCacheTier>[0]>().toEqualTypeOf<JsonlTierOptions>();
  // @ts-expect-error: the directory is required.
  void new JsonlCacheTier({});
  // @ts-expect-error: options are required.
  void new JsonlCacheTier();
});

it('refuses unknown options, and values of the wrong type', () => {
  // @ts-expect-error: a misspelt option.
  void new JsonlCacheTier({ directory: 'd', numShard: 5 });
  // @ts-expect-error: a number or null, not a string.
  void new JsonlCacheTier({ directory: 'd', maxEntries: '5' });
  // @ts-expect-error: a misspelt lock option.
  void new JsonlCacheTier({ directory: 'd', lock: { staleMS: 5000 } });
  // @ts-expect-error: a number, not a string.
  void new JsonlCacheTier({ directory: 'd', numShards: '16' });
  // @ts-expect-error: not a durability.
  void new JsonlCacheTier({ directory: 'd', durability: 'fsync' });
});

it('accepts explicit undefined for optional options, and a part of the lock timing', () => {
  expectTypeOf<{ directory: string; numShards: undefined; lock: { staleMs: number } }>().toExtend<JsonlTierOptions>();
  expectTypeOf<Durability>().toEqualTypeOf<'normal' | 'full'>();
  expectTypeOf<LockTiming>().toEqualTypeOf<{ staleMs: number; updateMs: number; deadlineMs: number }>();
});

it('has read-only options', () => {
  const options: JsonlTierOptions = { directory: 'd' };
  // @ts-expect-error: options are read-only.
  options.directory = 'e';
});

it('returns values that have to be awaited', () => {
  expectTypeOf(tier.put('k', entry)).resolves.toEqualTypeOf<boolean>();
  expectTypeOf(tier.delete('k')).resolves.toEqualTypeOf<boolean>();
  expectTypeOf(tier.clear()).resolves.toEqualTypeOf<number>();
  expectTypeOf<Awaited<ReturnType<typeof tier.get>>>().toEqualTypeOf<CacheEntry | undefined>();
  expectTypeOf<Awaited<ReturnType<typeof tier.keys>>>().toEqualTypeOf<string[]>();
  expectTypeOf<Awaited<ReturnType<typeof tier.recordAccess>>>().toEqualTypeOf<number>();
  expectTypeOf(tier.recordAccess).parameter(0).toExtend<readonly AccessUpdate[]>();
  void tier.recordAccess(updates);
  // @ts-expect-error: not a synchronous value.
  const found: CacheEntry | undefined = tier.get('k');
  void found;
});

it('keeps side values', () => {
  expectTypeOf(tier.sideValues).toEqualTypeOf<SideValues>();
});
