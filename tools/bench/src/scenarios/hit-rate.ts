import { type CacheEntry, EvictionPolicy } from '@pw/cache-models';
import { MemoryCacheTier } from '@pw/tier-memory';
import { LRUCache } from 'lru-cache';
import { atLeast } from '../figures/goal.ts';
import type { Measurement, Role } from '../figures/measurement.ts';
import { beladyHits } from '../floors/belady.ts';
import type { Scenario } from '../run/scenario.ts';
import { sampleEntries } from '../samples/sample-record.ts';
import { allTraces, type Trace } from '../samples/trace.ts';

/** Capacity of the cache as a share of all items. */
const ROOMS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5];
const [FULL, QUICK] = [
  { length: 200_000, items: 10_000 },
  { length: 10_000, items: 500 },
];

/** Replays a trace on a cache with one policy and capacity; returns the number of hits. */
type Simulation = (trace: Trace, capacity: number, entries: readonly CacheEntry[]) => number;

function tierHits(evictionPolicy: EvictionPolicy): Simulation {
  return ({ requests }, maxEntries, entries) => {
    const tier = new MemoryCacheTier({ maxEntries, evictionPolicy });
    let hits = 0;
    for (const item of requests) {
      const entry = entries[item]!;
      if (tier.get(entry.key) === undefined) tier.put(entry.key, entry);
      else hits++;
    }
    return hits;
  };
}

const lruCacheHits: Simulation = ({ requests }, max, entries) => {
  const cache = new LRUCache<string, CacheEntry>({ max });
  let hits = 0;
  for (const item of requests) {
    const entry = entries[item]!;
    if (cache.get(entry.key) === undefined) cache.set(entry.key, entry);
    else hits++;
  }
  return hits;
};

const SUBJECTS: readonly { readonly name: string; readonly role: Role; readonly hits: Simulation }[] = [
  ...Object.values(EvictionPolicy).map((policy) => ({ name: policy, role: 'ours' as const, hits: tierHits(policy) })),
  { name: 'lru-cache', role: 'peer', hits: lruCacheHits },
  { name: 'optimal', role: 'floor', hits: ({ requests }, capacity) => beladyHits(requests, capacity) },
];

function hitRate({ name, about }: Trace): Scenario {
  return {
    name: `hit-rate-${name}`,
    about: `Share of requests that hit, by the capacity as a share of all items: ${about}. Optimal is Belady's.`,
    columns: 'capacity',
    goals: [atLeast('lru, 10 %', 1, 'lru-cache, 10 %')],
    measure: ({ quick }) => {
      const { length, items } = quick ? QUICK : FULL;
      const trace = allTraces(length, items).find((candidate) => candidate.name === name)!;
      const entries = sampleEntries(trace.items);
      return ROOMS.flatMap((room) => hitRatesAt(room, trace, entries));
    },
  };
}

function hitRatesAt(room: number, trace: Trace, entries: readonly CacheEntry[]): Measurement[] {
  const capacity = Math.max(1, Math.round(room * trace.items));
  const hits = new Map(SUBJECTS.map((subject) => [subject.name, subject.hits(trace, capacity, entries)]));
  if (hits.get('lru') !== hits.get('lru-cache'))
    throw new Error(`lru: hits differ from lru-cache with a capacity of ${capacity}`);
  const most = Math.max(...hits.values());
  if (most > hits.get('optimal')!)
    throw new Error(`${most} hits with a capacity of ${capacity}: more than the optimal policy has`);
  return SUBJECTS.map(({ name, role }) => ({
    name: `${name}, ${Math.round(room * 100)} %`,
    role,
    unit: 'share',
    samples: [hits.get(name)! / trace.requests.length],
  }));
}

export const hitRates: readonly Scenario[] = allTraces(1, 1).map(hitRate);
