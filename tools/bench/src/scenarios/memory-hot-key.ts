import type { CacheEntry } from '@pw/cache-models';
import { MemoryCacheTier } from '@pw/tier-memory';
import { LRUCache } from 'lru-cache';
import { atMost } from '../figures/goal.ts';
import type { Scenario } from '../run/scenario.ts';
import { seededRandom, uniformIndices } from '../samples/random.ts';
import { sampleEntries, steadyRecord } from '../samples/sample-record.ts';

const SEQUENCE = 2 ** 17;

/**
 * Detects an eviction order that is kept by delete and set in a Map: V8 then walks the slots that the hot key has left.
 */
export const memoryHotKey: Scenario = {
  name: 'memory-hot-key',
  about: 'A hit in a memory tier (lru) of 100k entries when one key takes every access, compared with uniform access.',
  goals: [atMost('tier-memory, one key', 2, 'tier-memory, uniform')],
  setUp: ({ quick }) => {
    const entries = sampleEntries(quick ? 2000 : 100_000);
    const max = entries.length;
    const ours = new MemoryCacheTier({ maxEntries: max });
    const lru = new LRUCache<string, CacheEntry>({ max });
    for (const entry of entries) {
      ours.put(entry.key, entry);
      lru.set(entry.key, entry);
    }
    const keys = entries.map(({ key }) => key);
    const indices = uniformIndices(max, SEQUENCE, seededRandom(5));
    const keyOf = (i: number): string => keys[indices[i & (SEQUENCE - 1)]!]!;
    const hot = keys[max >> 1]!;
    const oursAnswer = () => steadyRecord(ours.get(hot));
    const lruAnswer = () => steadyRecord(lru.get(hot));
    return {
      finds: 'value',
      expected: steadyRecord(entries[max >> 1]),
      contenders: [
        { name: 'tier-memory, one key', role: 'ours', run: () => ours.get(hot), answer: oursAnswer },
        { name: 'tier-memory, uniform', role: 'ours', run: (i) => ours.get(keyOf(i)), answer: oursAnswer },
        { name: 'lru-cache, one key', role: 'peer', run: () => lru.get(hot), answer: lruAnswer },
        { name: 'lru-cache, uniform', role: 'peer', run: (i) => lru.get(keyOf(i)), answer: lruAnswer },
      ],
    };
  },
};
