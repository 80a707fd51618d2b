import { openCache } from '@pw/cache-manager';
import { atMost } from '../figures/goal.ts';
import type { Scenario } from '../run/scenario.ts';
import { seededRandom, uniformIndices } from '../samples/random.ts';
import { sampleEntries, steadyRecord } from '../samples/sample-record.ts';
import { openBoth, SECOND_TIERS, type SecondTier } from '../set-ups/agreed-stack.ts';

const COUNT = { full: 1000, quick: 100 };
const SEQUENCE = 2 ** 16;
const FLOOR = 'the manager over memory alone';

/** A hit in memory, which asks the tiers below for changes by others every 100 ms. */
function getFromMemory(second: SecondTier): Scenario {
  return {
    name: `agreement-get-memory-${second}`,
    about: `An awaited get answered by memory above ${second} and SQLite, which are asked for changes every 100 ms.`,
    // The requirements: what asking may add to a hit. Before the tiers agreed, a hit cost as much as over memory alone.
    goals: [atMost('manager.get', 1.02, FLOOR)],
    setUp: async (context) => {
      const count = context.quick ? COUNT.quick : COUNT.full;
      const entries = sampleEntries(count);
      const twins = sampleEntries(count);
      const { cache } = await openBoth(context, { second, room: count }, [entries, twins]);
      const alone = await openCache({
        l1Config: { maxEntries: count },
        l2Config: { enabled: false },
        l3Config: { enabled: false },
      });
      context.onFinish(() => alone.close());
      await alone.putMany(twins);
      const indices = uniformIndices(count, SEQUENCE, seededRandom(3));
      const keys = entries.map(({ key }) => key);
      const keyOf = (i: number): string => keys[indices[i & (SEQUENCE - 1)]!]!;
      return {
        finds: 'value',
        expected: steadyRecord(entries[0]),
        contenders: [
          {
            name: 'manager.get',
            role: 'ours',
            async: true,
            run: (i) => cache.get(keyOf(i)),
            answer: async () => steadyRecord(await cache.get(keys[0]!)),
          },
          {
            name: FLOOR,
            role: 'floor',
            async: true,
            run: (i) => alone.get(keyOf(i)),
            answer: async () => steadyRecord(await alone.get(keys[0]!)),
          },
        ],
      };
    },
  };
}

const ALONE = 'tier.get and memory.put';

/** How many times as long as the two calls of the floor a hit took before the tiers agreed. */
const BEFORE = { jsonl: 1.25, sqlite: 1.55 };
/** The requirements: what agreement may add to that. */
const L2_FACTOR = 1.1;

/** A hit in the second tier: memory has room for one entry, so that nearly every read goes past it. */
function getFromSecond(second: SecondTier): Scenario {
  return {
    name: `agreement-get-${second}`,
    about: `An awaited get answered by ${second}, the second of three tiers, and copied into memory.`,
    goals: [atMost('manager.get', L2_FACTOR * BEFORE[second], ALONE)],
    setUp: async (context) => {
      const count = context.quick ? COUNT.quick : COUNT.full;
      const entries = sampleEntries(count);
      const { cache, alone } = await openBoth(context, { second, room: count, inMemory: 1 }, [
        entries,
        sampleEntries(count),
      ]);
      const keyOf = (i: number): string => entries[(i * 7919) % count]!.key;
      const tier = alone.second;
      return {
        finds: 'value',
        expected: steadyRecord(entries[0]),
        contenders: [
          {
            name: 'manager.get',
            role: 'ours',
            async: true,
            run: (i) => cache.get(keyOf(i)),
            answer: async () => steadyRecord(await cache.get(entries[0]!.key)),
          },
          {
            name: ALONE,
            role: 'floor',
            async: true,
            run: async (i) => {
              const entry = await tier.get(keyOf(i));
              return alone.memory.put(entry!.key, entry!) ? entry : undefined;
            },
            answer: async () => steadyRecord(await tier.get(entries[0]!.key)),
          },
          { name: 'tier.get', role: 'floor', async: true, run: (i) => tier.get(keyOf(i)) },
        ],
      };
    },
  };
}

export const agreementGetMemory = SECOND_TIERS.map(getFromMemory);
export const agreementGetSecond = SECOND_TIERS.map(getFromSecond);
