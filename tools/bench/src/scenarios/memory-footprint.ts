import { CacheEntry } from '@pw/cache-models';
import { MemoryCacheTier } from '@pw/tier-memory';
import { LRUCache } from 'lru-cache';
import { within } from '../figures/goal.ts';
import type { Measurement, Role } from '../figures/measurement.ts';
import { usedBytes } from '../run/heap-size.ts';
import type { Scenario } from '../run/scenario.ts';
import { sampleEntries, steadyRecord } from '../samples/sample-record.ts';

const CHUNK = 1000;
const REPEATS = 7;

type Store = (entry: CacheEntry) => void;

/**
 * Stores entries as an import creates them: parsed from JSON, so that they share no strings. They are created a few at
 * a time, and only the store retains them.
 */
function fill(count: number, store: Store): void {
  for (let start = 0; start < count; start += CHUNK) {
    for (const entry of sampleEntries(CHUNK, { seed: start + 1, first: start })) {
      store(CacheEntry.create(JSON.parse(JSON.stringify(steadyRecord(entry)))));
    }
  }
}

function bytesPerEntry(count: number, make: () => { store: Store; size: () => number }): number {
  const before = usedBytes();
  const { store, size } = make();
  fill(count, store);
  const bytes = usedBytes() - before;
  if (size() !== count) throw new Error(`${size()} entries in a store, expected ${count}`);
  return bytes / count;
}

const stores: readonly { name: string; role: Role; make: (count: number) => { store: Store; size: () => number } }[] = [
  {
    name: 'tier-memory',
    role: 'ours',
    make: (count) => {
      const tier = new MemoryCacheTier({ maxEntries: count });
      return { store: (entry) => void tier.put(entry.key, entry), size: () => tier.size() };
    },
  },
  {
    name: 'tier-memory without a limit',
    role: 'ours',
    make: () => {
      const tier = new MemoryCacheTier();
      return { store: (entry) => void tier.put(entry.key, entry), size: () => tier.size() };
    },
  },
  {
    name: 'lru-cache of the same entries',
    role: 'peer',
    make: (count) => {
      const cache = new LRUCache<string, CacheEntry>({ max: count });
      return { store: (entry) => void cache.set(entry.key, entry), size: () => cache.size };
    },
  },
  {
    name: 'lru-cache of plain objects with five Dates',
    role: 'peer',
    make: (count) => {
      const cache = new LRUCache<string, object>({ max: count });
      return { store: (entry) => void cache.set(entry.key, withDates(entry)), size: () => cache.size };
    },
  },
  {
    name: 'array of the entries',
    role: 'floor',
    make: () => {
      const list: CacheEntry[] = [];
      return { store: (entry) => void list.push(entry), size: () => list.length };
    },
  },
];

/** The object that a program without this package would store: the reference's types, taken literally. */
function withDates(entry: CacheEntry): object {
  const date = (time: number | null) => (time === null ? null : new Date(time));
  return {
    ...steadyRecord(entry),
    fetchTime: date(entry.fetchTime),
    lastAccessed: date(entry.lastAccessed),
    expiresAt: date(entry.expiresAt),
    lastHealthCheck: date(entry.lastHealthCheck),
    nextCheckTime: date(entry.nextCheckTime),
  };
}

export const memoryFootprint: Scenario = {
  name: 'memory-footprint',
  isLarge: true,
  about:
    'Total memory per entry, of 100k: 21 fields, key, two credentials, index, order. The reference takes 1,759 bytes.',
  goals: [within('tier-memory', 500), within('tier-memory without a limit', 500)],
  measure: ({ quick }) => {
    const count = quick ? 2000 : 100_000;
    return stores.map(({ name, role, make }): Measurement => {
      const samples = Array.from({ length: quick ? 3 : REPEATS }, () => bytesPerEntry(count, () => make(count)));
      return { name, role, unit: 'bytes', samples };
    });
  },
};
