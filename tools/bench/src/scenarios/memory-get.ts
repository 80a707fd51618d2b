import { TTLCache } from '@isaacs/ttlcache';
import type { CacheEntry } from '@pw/cache-models';
import { MemoryCacheTier } from '@pw/tier-memory';
import { LRUCache } from 'lru-cache';
import { atMost } from '../figures/goal.ts';
import { expiringMapFloor, mapFloor } from '../floors/floors.ts';
import type { Contest, Scenario } from '../run/scenario.ts';
import { seededRandom, uniformIndices, zipfIndices } from '../samples/random.ts';
import { sampleEntries, steadyRecord } from '../samples/sample-record.ts';

const SEQUENCE = 2 ** 17;

const CLOCK = `The clock is read at every access, so that no expired entry is returned. lru-cache with a ttl reads it
once per millisecond, and without one never; with \`ttlResolution: 0\` (exact ttl) it gives the same guarantee.`;

type Spread = 'uniform' | 'zipf' | 'hot';

function getHit(count: number, spread: Spread, goals: Scenario['goals'], quickCount = 1000): Scenario {
  const shown = count >= 1000 ? `${count / 1000}k` : String(count);
  return {
    name: `memory-get-${spread}-${shown}`,
    about: `A hit in the memory tier (lru), ${shown} entries, ${spread} access.`,
    goals,
    why: CLOCK,
    setUp: ({ quick }) => hitContest(sampleEntries(quick ? Math.min(count, quickCount) : count), spread),
  };
}

function hitContest(entries: readonly CacheEntry[], spread: Spread): Contest {
  const indices = sequence(entries.length, spread);
  const keys = entries.map(({ key }) => key);
  const keyOf = (i: number): string => keys[indices[i & (SEQUENCE - 1)]!]!;
  const fill = (put: (key: string, entry: CacheEntry) => unknown) =>
    entries.forEach((entry) => void put(entry.key, entry));
  const max = entries.length;
  const ttl = 86_400_000;

  const ours = new MemoryCacheTier({ maxEntries: max });
  const lru = new LRUCache<string, CacheEntry>({ max });
  const lruTtl = new LRUCache<string, CacheEntry>({ max, ttl });
  const lruExact = new LRUCache<string, CacheEntry>({ max, ttl, ttlResolution: 0 });
  const ttlCache = new TTLCache<string, CacheEntry>({ max, ttl });
  const map = new Map<string, CacheEntry>();
  for (const cache of [lru, lruTtl, lruExact, ttlCache, map]) fill((key, entry) => cache.set(key, entry));
  fill((key, entry) => ours.put(key, entry));

  const probe = keys[0]!;
  // Each `run` is a separate literal: closures from one literal share V8's type feedback.
  return {
    expected: steadyRecord(entries[0]),
    finds: 'value',
    contenders: [
      {
        name: 'tier-memory',
        role: 'ours',
        run: (i) => ours.get(keyOf(i)),
        answer: () => steadyRecord(ours.get(probe)),
      },
      { name: 'lru-cache', role: 'peer', run: (i) => lru.get(keyOf(i)), answer: () => steadyRecord(lru.get(probe)) },
      {
        name: 'lru-cache, ttl',
        role: 'peer',
        run: (i) => lruTtl.get(keyOf(i)),
        answer: () => steadyRecord(lruTtl.get(probe)),
      },
      {
        name: 'lru-cache, exact ttl',
        role: 'peer',
        run: (i) => lruExact.get(keyOf(i)),
        answer: () => steadyRecord(lruExact.get(probe)),
      },
      {
        name: 'ttlcache',
        role: 'peer',
        run: (i) => ttlCache.get(keyOf(i)),
        answer: () => steadyRecord(ttlCache.get(probe)),
      },
      mapFloor(map, keyOf),
      expiringMapFloor(map, keyOf),
    ],
  };
}

function sequence(count: number, spread: Spread): Uint32Array {
  const random = seededRandom(7);
  if (spread === 'hot') return new Uint32Array(SEQUENCE).fill(count >> 1);
  return spread === 'zipf' ? zipfIndices(count, SEQUENCE, random) : uniformIndices(count, SEQUENCE, random);
}

const GOAL = [atMost('tier-memory', 1.3, 'lru-cache, ttl'), atMost('tier-memory', 0.9, 'lru-cache, exact ttl')];

export const getUniform1k = getHit(1000, 'uniform', GOAL);
export const getZipf1k = getHit(1000, 'zipf', GOAL);
export const getUniform100k = getHit(100_000, 'uniform', GOAL);
export const getZipf100k = getHit(100_000, 'zipf', GOAL);
