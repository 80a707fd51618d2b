import { CacheConfigError, type CacheTier } from '@pw/cache-models';
import { ManualClock } from '@pw/test-support';
import { MemoryCacheTier } from '@pw/tier-memory';
import { describe, expect, it, onTestFinished } from 'vitest';
import { CacheManager } from '../../src/index.ts';
import { HookTier } from '../support/hook-tier.ts';
import { entryOf } from '../support/stack.ts';

/** A tier with one broken member, and the capability of the same name, if there is one. */
function withMember(tier: CacheTier, member: string, value: () => unknown): CacheTier {
  return new Proxy(tier, {
    get(target, name) {
      if (name === member) return value();
      if (name === 'capabilities' && member in target.capabilities) return { ...target.capabilities, [member]: true };
      const own: unknown = Reflect.get(target, name, target);
      return typeof own === 'function' ? (own.bind(target) as unknown) : own;
    },
  });
}

function thrown(): never {
  throw new Error('planted');
}
const rejecting = () => () => Promise.reject(new Error('planted'));
const hanging = () => () => new Promise(() => {});

async function openWith(member: string, value: () => unknown) {
  const clock = new ManualClock();
  const tiers = [new MemoryCacheTier({ clock }), withMember(new HookTier({ clock }), member, value)];
  return { clock, cache: await CacheManager.open({ tiers, clock, tierTimeoutMs: 5 }) };
}

type Case = readonly [member: string, what: string, value: () => unknown];
const CASES: readonly Case[] = [
  ['enabled', 'a throw', thrown],
  ['failureCount', 'a throw', thrown],
  ['totalFailures', 'a throw', thrown],
  ['totalFailures', 'NaN', () => Number.NaN],
  ['statistics', 'a throw', thrown],
  ['statistics', 'undefined', () => undefined],
  ['statistics', 'a malformed object', () => ({ hits: 'many' })],
  ['health', 'a throw', thrown],
  ['query', 'a throw', thrown],
  ['reseal', 'a throw', thrown],
  ['sideValues', 'a throw', thrown],
  ['changes', 'a throw', thrown],
  ['changes', 'a subscribe that throws', () => ({ subscribe: thrown, poll: () => true })],
  ['changes', 'a subscribe that returns a number', () => ({ subscribe: () => 7, poll: () => true })],
  ['changes', 'a subscribe that rejects', () => ({ subscribe: rejecting(), poll: () => true })],
  ['changes', 'a subscribe that returns a function that rejects', () => ({ subscribe: rejecting, poll: () => true })],
  ['changes', 'a poll that throws', () => ({ subscribe: () => () => {}, poll: thrown })],
  ['changes', 'a poll that rejects', () => ({ subscribe: () => () => {}, poll: rejecting() })],
  ['leases', 'a throw', thrown],
  ['leases', 'functions that throw', () => ({ acquire: thrown, release: thrown })],
];

describe.each(CASES)('a tier with a faulty %s (%s)', (member, _, value) => {
  it('makes no operation reject, and leaves no unhandled rejection', async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => unhandled.push(reason);
    process.on('unhandledRejection', note);
    onTestFinished(() => void process.off('unhandledRejection', note));
    const { cache, clock } = await openWith(member, value);
    for (const key of ['k', 'l']) expect(await cache.put(key, entryOf(key, {}, clock))).toBe(true);
    expect((await cache.get('k'))?.key).toBe('k');
    expect(await cache.has('l')).toBe(true);
    expect((await cache.getOrLoad('m', () => entryOf('m', {}, clock)))?.key).toBe('m');
    expect(new Set(await cache.keys())).toEqual(new Set(['k', 'l', 'm']));
    expect((await cache.query()).entries).toHaveLength(3);
    await cache.invalidateByHealth('k');
    expect(JSON.stringify(cache.getStatistics())).toContain('"requestMisses":1');
    expect(cache.getStatistics().toPrometheus()).not.toMatch(/undefined|NaN|many/);
    clock.advance(61_000);
    expect(await cache.get('nothing')).toBeUndefined();
    expect(await cache.deleteMany(['k'])).toEqual([true]);
    expect(await cache.delete('l')).toBe(true);
    await cache.clear();
    await cache.close();
    await new Promise((resolve) => setImmediate(resolve));
    expect(unhandled).toEqual([]);
  });
});

describe('a tier without readable properties', () => {
  it.each(['config', 'capabilities', 'contractVersion'])('is rejected: %s throws', async (member) => {
    await expect(openWith(member, thrown)).rejects.toThrow(CacheConfigError);
  });
});

describe('the keys of a cache', () => {
  it('contain only strings', async () => {
    const { cache, clock } = await openWith('keys', () => async () => ['a', 5, null]);
    await cache.put('b', entryOf('b', {}, clock));
    expect(await cache.keys()).toEqual(['b', 'a']);
    expect(await cache.size()).toBe(2);
    await cache.close();
  });
});

describe('a tier that never settles', () => {
  it('makes closing reject after its deadline', async () => {
    const { cache } = await openWith('close', hanging);
    await expect(cache.close()).rejects.toThrow('not every tier could be closed');
  });

  it('lets a consumer leave a stream after one deadline', async () => {
    const entry = entryOf('k');
    const stream = { next: async () => ({ done: false, value: entry }), return: () => new Promise(() => {}) };
    const { cache } = await openWith('entries', () => () => ({ [Symbol.asyncIterator]: () => stream }));
    for await (const found of cache.entries()) {
      expect(found.key).toBe('k');
      break;
    }
    await cache.close();
  });

  it('makes peek return undefined if it claims to be synchronous but returns promises', async () => {
    const { cache } = await openWith('close', () => () => undefined);
    const clock = new ManualClock();
    const tier = new HookTier({ clock });
    const capabilities = { ...tier.capabilities, synchronous: true };
    const liar = await CacheManager.open({ tiers: [withMember(tier, 'capabilities', () => capabilities)], clock });
    await liar.put('k', entryOf('k', {}, clock));
    expect(liar.peek('k')).toBeUndefined();
    await Promise.all([cache.close(), liar.close()]);
  });
});
