import { CacheConfigError, CacheEntry, CacheValidationError } from '@pw/cache-models';
import { describe, expect, it } from 'vitest';
import { MemoryCacheTier } from '../src/index.ts';

const wrong = (value: unknown) => value as never;
const tier = new MemoryCacheTier();

describe('an invalid argument', () => {
  it.each([
    ['options', () => new MemoryCacheTier(wrong(new Map()))],
    ['options', () => new MemoryCacheTier(wrong(null))],
    ['enabled', () => new MemoryCacheTier({ enabled: wrong('yes') })],
    ['maxEntries', () => new MemoryCacheTier({ maxEntries: 0 })],
    ['maxEntries', () => new MemoryCacheTier({ maxEntries: Number.POSITIVE_INFINITY })],
    ['evictionPolicy', () => new MemoryCacheTier({ evictionPolicy: wrong('random') })],
    ['did you mean maxEntries?', () => new MemoryCacheTier(wrong({ maxEntires: 3 }))],
    ['cipher', () => new MemoryCacheTier({ cipher: wrong({ encrypt: 1 }) })],
    ['clock', () => new MemoryCacheTier({ clock: wrong({}) })],
    ['logger', () => new MemoryCacheTier({ logger: wrong({ warn() {} }) })],
    ['onEvict', () => new MemoryCacheTier({ onEvict: wrong(1) })],
    ['name', () => new MemoryCacheTier({ name: wrong(1) })],
    ['tierType', () => new MemoryCacheTier({ tierType: wrong(1) })],
    ['failureThreshold', () => new MemoryCacheTier({ failureThreshold: wrong(null) })],
  ] as const)('is rejected by the constructor with an error that names %s', (name, work) => {
    expect(work).toThrow(CacheConfigError);
    expect(work).toThrow(name);
  });

  it.each([
    [[1000], 'must be an object: write { maxEntries: 1000 }'],
    [['lru'], "must be an object: write { evictionPolicy: '…' }"],
    [[() => {}], 'must be an object: write { onEvict }'],
    [[{}, { maxEntries: 5 }], 'arguments[1]: there is one options object: write { …, maxEntries }'],
    [[{ maxEntries: 5 }, 'l1_memory'], 'arguments[1]: there is one options object: write { maxEntries, tierType }'],
    [[{ max_entries: 5 }], 'max_entries: unknown option; did you mean maxEntries?'],
  ])('is rejected by the constructor with an error that says what to write instead: %o', (given, words) => {
    const Tier = MemoryCacheTier as unknown as new (...args: unknown[]) => unknown;
    expect(() => new Tier(...given)).toThrow(words);
  });

  it('may be undefined beyond the options', () => {
    const Tier = MemoryCacheTier as unknown as new (...args: unknown[]) => MemoryCacheTier;
    expect(new Tier({ maxEntries: 5 }, undefined).config.maxEntries).toBe(5);
  });

  it.each([
    [5, 'write { limit: 5 }'],
    [{ limits: 5 }, 'limits: unknown member; did you mean limit?'],
  ])('of query is rejected with an error that says what to write instead: %o', (given, words) => {
    expect(() => tier.query(wrong(given))).toThrow(words);
  });

  it('is reported together with all others', () => {
    const given = { maxEntries: -1, evictionPolicy: 'random', clok: 1, name: 'l1', failureThreshold: 0 };
    expect(() => new MemoryCacheTier(wrong(given))).toThrow(
      /^l1: clok: .*; failureThreshold: .*; maxEntries: .*; evictionPolicy: /,
    );
  });

  it.each([
    ['key', () => tier.get(wrong(1))],
    ['key', () => tier.peek(wrong(undefined))],
    ['reason', () => tier.delete('a', wrong('because'))],
    ['entries[0]', () => tier.putMany(wrong([{}]))],
    ['filter', () => tier.query(wrong([]))],
    ['failureCount', () => tier.query({ failureCount: wrong([]) })],
  ] as const)('is rejected by a method with an error that names %s', (name, work) => {
    expect(work).toThrow(CacheValidationError);
    expect(work).toThrow(name);
  });

  it('does not count as a failure of the tier', () => {
    tier.put('a', CacheEntry.create({ key: 'a', proxyUrl: 'http://h.example:8080' }));
    expect(tier.failureCount).toBe(0);
    expect(tier.get('a')?.key).toBe('a');
  });
});
