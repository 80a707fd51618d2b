import type { CacheEntry, EntryPage } from '@pw/cache-models';
import { expectTypeOf, it } from 'vitest';
import { MemoryCacheTier } from '../../src/index.ts';

const tier = new MemoryCacheTier();
declare const entry: CacheEntry;

it('is constructed from one optional object', () => {
  expectTypeOf(MemoryCacheTier).toBeConstructibleWith();
  expectTypeOf(MemoryCacheTier).toBeConstructibleWith({ maxEntries: 5, evictionPolicy: 'lfu' });
  expectTypeOf(MemoryCacheTier).toBeConstructibleWith({ maxEntries: null, name: 'memory' });
  // @ts-expect-error: not an eviction policy.
  void new MemoryCacheTier({ evictionPolicy: 'random' });
  // @ts-expect-error: a misspelt member.
  void new MemoryCacheTier({ maxEntry: 5 });
  // @ts-expect-error: one object, not two.
  void new MemoryCacheTier({ maxEntries: 5 }, { name: 'memory' });
});

it('returns values, never promises, except for cleanupExpired', () => {
  expectTypeOf(tier.get('k')).toEqualTypeOf<CacheEntry | undefined>();
  expectTypeOf(tier.peek('k')).toEqualTypeOf<CacheEntry | undefined>();
  expectTypeOf(tier.put('k', entry)).toEqualTypeOf<boolean>();
  expectTypeOf(tier.delete('k')).toEqualTypeOf<boolean>();
  expectTypeOf(tier.query()).toEqualTypeOf<EntryPage>();
  expectTypeOf<Awaited<ReturnType<typeof tier.cleanupExpired>>>().toEqualTypeOf<number>();
  // @ts-expect-error: may be a promise.
  const count: number = tier.cleanupExpired();
  void count;
});

it('refuses arguments of the wrong type', () => {
  // @ts-expect-error: a key is a string.
  void tier.get(1);
  // @ts-expect-error: a value is a CacheEntry.
  void tier.put('k', { key: 'k' });
  // @ts-expect-error: a filter has no such member.
  void tier.query({ protocols: 'http' });
});
