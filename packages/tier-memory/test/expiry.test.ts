import { CacheEntry } from '@pw/cache-models';
import { MAX_INSTANT } from '@pw/cache-models/tier';
import { ManualClock } from '@pw/test-support';
import { expect, it } from 'vitest';
import { MemoryCacheTier } from '../src/index.ts';
import { HOUR, makeEntry, START } from './support/make-entry.ts';

function makeTier(deadlines: Record<string, number>) {
  const clock = new ManualClock();
  const tier = new MemoryCacheTier({ clock });
  for (const [key, expiresAt] of Object.entries(deadlines)) tier.put(key, makeEntry(key, { expiresAt }));
  return { tier, clock };
}

it('an entry lives until the exact fraction of a millisecond at which it expires', () => {
  const { tier, clock } = makeTier({ a: START + 0.75 });
  clock.advance(0.5);
  expect(tier.has('a')).toBe(true);
  expect(tier.size()).toBe(1);
  expect(tier.keys()).toEqual(['a']);
  expect(tier.peek('a')?.key).toBe('a');
  expect(tier.get('a')?.key).toBe('a');
  clock.advance(0.25);
  expect(tier.has('a')).toBe(false);
  expect(tier.size()).toBe(0);
  expect(tier.keys()).toEqual([]);
  expect(tier.peek('a')).toBeUndefined();
  expect([...tier.entries()]).toEqual([]);
  expect(tier.get('a')).toBeUndefined();
});

it('reading an expired entry is a miss that removes it and counts it once', () => {
  const { tier, clock } = makeTier({ a: START + 1, b: START + 1, c: START + HOUR });
  clock.advance(1);
  expect(tier.get('a')).toBeUndefined();
  expect(tier.get('a')).toBeUndefined();
  expect([...tier.getMany(['b', 'c', 'd']).keys()]).toEqual(['c']);
  expect(tier.cleanupExpired()).toBe(0);
  expect(tier.statistics).toMatchObject({ hits: 1, misses: 4, evictionsTtl: 2, currentSize: 1 });
});

it('cleanup removes exactly the expired entries and returns their number', () => {
  const deadlines = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`k${i}`, START + i * 977.25]));
  const { tier, clock } = makeTier(deadlines);
  clock.advance(500 * 977.25);
  expect(tier.cleanupExpired()).toBe(501);
  expect(tier.size()).toBe(499);
  expect(tier.statistics.evictionsTtl).toBe(501);
  expect(tier.cleanupExpired()).toBe(0);
});

it('deleting, clearing or overwriting an expired entry counts it as expired, not as deleted', () => {
  const { tier, clock } = makeTier({ a: START + 1, b: START + 1, c: START + 1, d: START + HOUR });
  clock.advance(1);
  expect(tier.delete('a', 'health')).toBe(false);
  tier.put('b', makeEntry('b'));
  expect(tier.clear()).toBe(2);
  expect(tier.statistics).toMatchObject({ evictionsTtl: 3, evictionsHealth: 0, currentSize: 0 });
});

it('a new deadline replaces the old one, earlier or later', () => {
  const { tier, clock } = makeTier({ a: START + 10, b: START + HOUR });
  tier.put('a', makeEntry('a', { expiresAt: START + HOUR }));
  tier.put('b', makeEntry('b', { expiresAt: START + 10 }));
  clock.advance(10);
  expect(tier.size()).toBe(1);
  expect(tier.keys()).toEqual(['a']);
});

it('an expired entry may be replaced by a live one, and vice versa', () => {
  const { tier, clock } = makeTier({ a: START + 10 });
  clock.advance(10);
  expect(tier.size()).toBe(0);
  tier.put('a', makeEntry('a', { expiresAt: START + 20 }));
  expect(tier.size()).toBe(1);
  tier.put('a', makeEntry('a', { expiresAt: START + 5 }));
  expect(tier.size()).toBe(0);
  expect(tier.cleanupExpired()).toBe(1);
});

it('deadlines beyond 25 days and up to the year 9999 are exact', () => {
  const days = 86_400_000;
  const { tier, clock } = makeTier({ month: START + 30 * days, century: START + 36_500 * days, end: MAX_INSTANT });
  clock.set(START + 30 * days - 1);
  expect(tier.size()).toBe(3);
  clock.advance(1);
  expect(tier.keys()).toEqual(['century', 'end']);
  clock.set(MAX_INSTANT - 1);
  expect(tier.size()).toBe(1);
  expect(tier.cleanupExpired()).toBe(2);
  clock.set(MAX_INSTANT);
  expect(tier.size()).toBe(0);
});

it('setting the clock back revives expired entries that were not removed yet', () => {
  const { tier, clock } = makeTier({ a: START + 10, b: START + 20, c: START + 30 });
  clock.advance(20);
  expect(tier.size()).toBe(1);
  clock.advance(-5);
  expect(tier.size()).toBe(2);
  expect(tier.keys()).toEqual(['b', 'c']);
  clock.advance(-10);
  expect(tier.get('a')?.key).toBe('a');
  expect(tier.cleanupExpired()).toBe(0);
  clock.advance(5);
  expect(tier.cleanupExpired()).toBe(1);
});

it('entries() is a snapshot: changes during the iteration do not affect it', () => {
  const { tier } = makeTier({ a: START + HOUR, b: START + HOUR });
  const seen: string[] = [];
  for (const { key } of tier.entries()) {
    seen.push(key);
    tier.delete('b');
    tier.put(`${key}${key}`, makeEntry(`${key}${key}`));
  }
  expect(seen).toEqual(['a', 'b']);
  expect(tier.keys()).toEqual(['a', 'aa', 'bb']);
});

it('a large cleanup yields to the event loop, and keeps entries put in the meantime', async () => {
  const clock = new ManualClock();
  const tier = new MemoryCacheTier({ clock });
  const entry = (i: number) =>
    CacheEntry.create({ key: `k${i}`, proxyUrl: 'http://h.example:1', ttlSeconds: 60 }, clock);
  for (let i = 0; i < 20_000; i++) tier.put(`k${i}`, entry(i));
  clock.advance(60_000);
  const cleanup = tier.cleanupExpired();
  expect(cleanup).toBeInstanceOf(Promise);
  // The entry that the cleanup would reach last.
  tier.put('k19999', entry(19_999));
  let turns = 0;
  const count = setInterval(() => turns++, 0);
  const removed = await cleanup;
  clearInterval(count);
  expect(removed).toBe(19_999);
  expect(turns).toBeGreaterThan(0);
  expect(tier.keys()).toEqual(['k19999']);
  expect(tier.statistics).toMatchObject({ evictionsTtl: 20_000, currentSize: 1 });
});
