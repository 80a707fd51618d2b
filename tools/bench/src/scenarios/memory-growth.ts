import type { CacheEntry } from '@pw/cache-models';
import { MemoryCacheTier } from '@pw/tier-memory';
import { growsLike } from '../figures/goal.ts';
import type { Contender, Contest, Scenario } from '../run/scenario.ts';
import { seededRandom, uniformIndices } from '../samples/random.ts';
import { sampleEntries, steadyRecord } from '../samples/sample-record.ts';

const SEQUENCE = 2 ** 20;
const SIZES = [1000, 10_000, 100_000, 1_000_000];
const QUICK_SIZES = [1000, 10_000];

interface Stage {
  readonly size: number;
  readonly entries: readonly CacheEntry[];
  readonly pick: (i: number) => CacheEntry;
}

/** One operation at each size; each size is a contender. */
function growth(work: string, about: string, contender: (stage: Stage) => Omit<Contender, 'name' | 'role'>): Scenario {
  return {
    name: `memory-growth-${work}`,
    isLarge: true,
    about,
    columns: 'entries',
    goals: [growsLike('tier-memory', 'Map', 1.5)],
    setUp: ({ quick }): Contest => {
      const sizes = quick ? QUICK_SIZES : SIZES;
      const all = sampleEntries(sizes.at(-1)!);
      const contenders = sizes.flatMap((size): Contender[] => {
        const stage = stageOf(size, all);
        return [
          { name: `tier-memory, ${label(size)}`, role: 'ours', ...contender(stage) },
          { name: `Map, ${label(size)}`, role: 'floor', ...mapContender(work, stage) },
        ];
      });
      return { expected: steadyRecord(all[0]), finds: 'value', contenders };
    },
  };
}

function stageOf(size: number, all: readonly CacheEntry[]): Stage {
  const entries = all.slice(0, size);
  const indices = uniformIndices(size, SEQUENCE, seededRandom(size));
  return { size, entries, pick: (i) => entries[indices[i & (SEQUENCE - 1)]!]! };
}

function filledTier({ size, entries }: Stage): MemoryCacheTier {
  const tier = new MemoryCacheTier({ maxEntries: size });
  for (const entry of entries) tier.put(entry.key, entry);
  return tier;
}

function mapContender(work: string, { entries, pick }: Stage): Omit<Contender, 'name' | 'role'> {
  const map = new Map(entries.map((entry) => [entry.key, entry]));
  const answer = () => steadyRecord(map.get(entries[0]!.key));
  if (work === 'get') return { run: (i) => map.get(pick(i).key), answer };
  if (work === 'put') return { run: (i) => map.set(pick(i).key, pick(i)), answer };
  return {
    run: (i) => {
      const entry = pick(i);
      map.delete(entry.key);
      return map.set(entry.key, entry);
    },
    answer,
  };
}

const label = (size: number): string => size.toLocaleString('en');

export const growthGet = growth('get', 'A hit in the memory tier at each size, uniform access.', (stage) => {
  const tier = filledTier(stage);
  const { pick, entries } = stage;
  return { run: (i) => tier.get(pick(i).key), answer: () => steadyRecord(tier.get(entries[0]!.key)) };
});

export const growthPut = growth('put', 'A put over an entry of the memory tier at each size.', (stage) => {
  const tier = filledTier(stage);
  const { pick, entries } = stage;
  return { run: (i) => tier.put(pick(i).key, pick(i)), answer: () => steadyRecord(tier.get(entries[0]!.key)) };
});

export const growthReplace = growth('replace', 'A delete and a put of the same key at each size.', (stage) => {
  const tier = filledTier(stage);
  const { pick, entries } = stage;
  return {
    run: (i) => {
      const entry = pick(i);
      tier.delete(entry.key);
      return tier.put(entry.key, entry);
    },
    answer: () => steadyRecord(tier.get(entries[0]!.key)),
  };
});
