import { CacheConfigError, CacheEntry, CacheValidationError, Secret } from '@pw/cache-models';
import { entryInputs, ManualClock } from '@pw/test-support';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MemoryCacheTier } from '../src/index.ts';
import { makeEntry } from './support/make-entry.ts';

class BrokenClock extends ManualClock {
  broken = false;
  override now(): number {
    if (this.broken) throw new Error('no time');
    return super.now();
  }
}

describe('MemoryCacheTier', () => {
  it('describes itself', () => {
    const tier = new MemoryCacheTier();
    expect(tier.name).toBe('l1_memory');
    expect(tier.tierType).toBe('l1_memory');
    expect(tier.status).toBe('new');
    expect(tier.config).toEqual({ enabled: true, maxEntries: null, evictionPolicy: 'lru' });
    expect(tier.capabilities).toEqual({
      synchronous: true,
      persistent: false,
      shared: false,
      query: true,
      countsAccesses: true,
      immediate: true,
      health: false,
      ordered: false,
      reseal: false,
      sideValues: false,
      leases: false,
      changes: false,
      update: false,
      log: false,
      marks: false,
    });
    expect(new MemoryCacheTier({ tierType: 'l2_file', name: 'stand-in' })).toMatchObject({
      name: 'stand-in',
      tierType: 'l2_file',
    });
  });

  it('rejects an invalid configuration', () => {
    for (const config of [{ maxEntries: 0 }, { maxEntries: 1.5 }, { evictionPolicy: 'random' }, { maxEntires: 5 }])
      expect(() => new MemoryCacheTier(config as object)).toThrow(CacheConfigError);
  });

  it('puts, gets, replaces and deletes; an unknown key results in undefined or false', () => {
    const tier = new MemoryCacheTier({ clock: new ManualClock() });
    const entry = makeEntry('a');
    expect(tier.get('a')).toBeUndefined();
    expect(tier.delete('a')).toBe(false);
    expect(tier.size()).toBe(0);
    expect(tier.clear()).toBe(0);
    expect(tier.put('a', entry)).toBe(true);
    expect(tier.get('a')).toBe(entry);
    tier.put('b', makeEntry('b'));
    expect(tier.size()).toBe(2);
    expect(tier.keys()).toEqual(['a', 'b']);
    expect(tier.delete('a')).toBe(true);
    expect(tier.get('a')).toBeUndefined();
    expect(tier.deleteMany(['a', 'b'])).toEqual([false, true]);
    tier.putMany([makeEntry('c'), makeEntry('d')]);
    expect(tier.clear()).toBe(2);
    expect(tier.size()).toBe(0);
    expect(tier.keys()).toEqual([]);
    expect(tier.get('c')).toBeUndefined();
    expect(tier.statistics).toMatchObject({ hits: 1, misses: 3, totalEvictions: 0, currentSize: 0 });
  });

  it('returns entries as they were put, credentials included', () => {
    fc.assert(
      fc.property(entryInputs, (input) => {
        const entry = CacheEntry.create(input);
        const tier = new MemoryCacheTier({ clock: new ManualClock(entry.expiresAt - 1) });
        tier.put(entry.key, entry);
        expect(tier.get(entry.key)).toBe(entry);
      }),
    );
    const secret = makeEntry('s', { password: Secret.of('hunter2') });
    const tier = new MemoryCacheTier({ clock: new ManualClock() });
    tier.put('s', secret);
    expect(tier.get('s')?.password?.reveal()).toBe('hunter2');
  });

  it('rejects invalid arguments with an error that names them', () => {
    const tier = new MemoryCacheTier();
    tier.open();
    const wrong = 7 as unknown as string;
    for (const act of [() => tier.get(wrong), () => tier.peek(wrong), () => tier.has(wrong)])
      expect(act).toThrow(CacheValidationError);
    expect(() => tier.put('a', { key: 'a' } as unknown as CacheEntry)).toThrow(/entry/);
    expect(() => tier.put('a', makeEntry('b'))).toThrow(/key/);
    expect(() => tier.put('', makeEntry(''))).toThrow(/key/);
    expect(() => tier.put('a', null as unknown as CacheEntry)).toThrow(/entry/);
    // Invalid whether or not the key exists.
    expect(() => tier.recordAccess([{ key: 'a', hits: -1, lastAccessed: 0 }])).toThrow(CacheValidationError);
    tier.put('a', makeEntry('a', { expiresAt: Date.now() + 60_000 }));
    expect(() => tier.recordAccess([{ key: 'a', hits: -1, lastAccessed: 0 }])).toThrow(CacheValidationError);
    expect(tier.failureCount).toBe(0);
    expect(tier.peek('a')?.accessCount).toBe(0);
  });

  it('opens automatically, discards everything on close and can be used again', () => {
    const tier = new MemoryCacheTier({ clock: new ManualClock() });
    expect(tier.peek('a')).toBeUndefined();
    expect(tier.get('a')).toBeUndefined();
    tier.put('a', makeEntry('a'));
    expect(tier.status).toBe('open');
    tier.close();
    tier.close();
    expect(tier.status).toBe('closed');
    expect(tier.peek('a')).toBeUndefined();
    expect(tier.get('a')).toBeUndefined();
    expect(tier.size()).toBe(0);
    tier.put('a', makeEntry('a'));
    expect(tier.get('a')?.key).toBe('a');
  });
});

describe('failures', () => {
  it('an internal error makes put return false and counts one failure, which the next success resets', () => {
    const clock = new BrokenClock();
    const tier = new MemoryCacheTier({ clock });
    tier.put('a', makeEntry('a'));
    clock.broken = true;
    expect(tier.put('b', makeEntry('b'))).toBe(false);
    expect(tier.failureCount).toBe(1);
    expect(tier.enabled).toBe(true);
    clock.broken = false;
    expect(tier.get('a')?.key).toBe('a');
    expect(tier.failureCount).toBe(0);
    expect(tier.has('b')).toBe(false);
  });

  it('the third consecutive failure disables the tier, and resetFailures enables it with its entries', () => {
    const tier = new MemoryCacheTier({ clock: new ManualClock() });
    tier.put('a', makeEntry('a'));
    for (const [count, enabled] of [
      [1, true],
      [2, true],
      [3, false],
    ] as const) {
      tier.handleFailure(new Error('down'));
      expect(tier.failureCount).toEqual(count);
      expect(tier.enabled).toEqual(enabled);
    }
    const answers = [tier.get('a'), tier.peek('a'), tier.put('b', makeEntry('b')), tier.has('a')];
    expect(answers).toEqual([undefined, undefined, false, false]);
    tier.resetFailures();
    expect(tier.failureCount).toBe(0);
    expect(tier.enabled).toBe(true);
    expect(tier.get('a')?.key).toBe('a');
    expect(tier.has('b')).toBe(false);
  });

  it('a tier disabled by its configuration stays disabled and empty', () => {
    const tier = new MemoryCacheTier({ enabled: false });
    expect(tier.put('a', makeEntry('a', { expiresAt: Date.now() + 60_000 }))).toBe(false);
    tier.resetFailures();
    tier.open();
    expect(tier.enabled).toBe(false);
    expect(tier.get('a')).toBeUndefined();
    expect(tier.size()).toBe(0);
    expect(tier.keys()).toEqual([]);
    expect(tier.statistics).toMatchObject({ hits: 0, misses: 0 });
  });
});
