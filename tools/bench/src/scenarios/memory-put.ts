import { TTLCache } from '@isaacs/ttlcache';
import type { CacheEntry, EvictionPolicy } from '@pw/cache-models';
import { MemoryCacheTier } from '@pw/tier-memory';
import { LRUCache } from 'lru-cache';
import { atMost, type Goal } from '../figures/goal.ts';
import type { Contest, Scenario } from '../run/scenario.ts';
import { seededRandom, uniformIndices } from '../samples/random.ts';
import { sampleEntries, steadyRecord } from '../samples/sample-record.ts';

const SEQUENCE = 2 ** 17;
const DAY_MS = 86_400_000;

/** The index of the entry that the i-th put stores. */
type Pick = (i: number) => CacheEntry;

function overwrite(count: number, shown: string): Scenario {
  return {
    name: `memory-overwrite-${shown}`,
    about: `A put over one of ${shown} entries in the memory tier (lru).`,
    goals: [atMost('tier-memory, lru', 1.3, 'lru-cache'), atMost('tier-memory, lru', 1.3, 'lru-cache, exact ttl')],
    setUp: ({ quick }) => {
      const entries = sampleEntries(quick ? 1000 : count);
      const indices = uniformIndices(entries.length, SEQUENCE, seededRandom(11));
      return putContest(entries, entries.length, 'lru', (i) => entries[indices[i & (SEQUENCE - 1)]!]!);
    },
  };
}

function evict(policy: EvictionPolicy, times: number): Scenario {
  return {
    name: `memory-evict-${policy}`,
    about: `A put of a new key into a full memory tier (${policy}) of 100k entries, which evicts one.`,
    goals: [evictionGoal(policy, times)],
    setUp: ({ quick }) => {
      // Twice as many keys as there is room for, in turn: each put stores a key that was evicted long ago.
      const entries = sampleEntries(quick ? 4000 : 200_000);
      return putContest(entries, entries.length / 2, policy, (i) => entries[i % entries.length]!);
    },
  };
}

function evictionGoal(policy: EvictionPolicy, times: number): Goal {
  return atMost(`tier-memory, ${policy}`, times, 'lru-cache');
}

function putContest(entries: readonly CacheEntry[], max: number, policy: EvictionPolicy, pick: Pick): Contest {
  const ours = new MemoryCacheTier({ maxEntries: max, evictionPolicy: policy });
  const lru = new LRUCache<string, CacheEntry>({ max });
  const lruExact = new LRUCache<string, CacheEntry>({ max, ttl: DAY_MS, ttlResolution: 0 });
  const ttlCache = new TTLCache<string, CacheEntry>({ max, ttl: DAY_MS });
  for (const entry of entries.slice(-max)) {
    ours.put(entry.key, entry);
    for (const cache of [lru, lruExact, ttlCache]) cache.set(entry.key, entry);
  }
  const probe = entries[0]!;
  const known = sampleEntries(1)[0]!;
  const back = (put: (entry: CacheEntry) => unknown, get: (key: string) => CacheEntry | undefined) => () => {
    put(probe);
    return steadyRecord(get(probe.key));
  };
  return {
    expected: steadyRecord(known),
    contenders: [
      {
        name: `tier-memory, ${policy}`,
        role: 'ours',
        run: (i) => ours.put(pick(i).key, pick(i)),
        answer: back(
          (entry) => ours.put(entry.key, entry),
          (key) => ours.get(key),
        ),
      },
      {
        name: 'lru-cache',
        role: 'peer',
        run: (i) => lru.set(pick(i).key, pick(i)),
        answer: back(
          (entry) => lru.set(entry.key, entry),
          (key) => lru.get(key),
        ),
      },
      {
        name: 'lru-cache, exact ttl',
        role: 'peer',
        run: (i) => lruExact.set(pick(i).key, pick(i)),
        answer: back(
          (entry) => lruExact.set(entry.key, entry),
          (key) => lruExact.get(key),
        ),
      },
      {
        name: 'ttlcache',
        role: 'peer',
        run: (i) => ttlCache.set(pick(i).key, pick(i)),
        answer: back(
          (entry) => ttlCache.set(entry.key, entry),
          (key) => ttlCache.get(key),
        ),
      },
    ],
  };
}

export const overwrite1k = overwrite(1000, '1k');
export const overwrite100k = overwrite(100_000, '100k');
export const evictLru = evict('lru', 1.3);
export const evictFifo = evict('fifo', 1.3);
export const evictLfu = evict('lfu', 2.5);
