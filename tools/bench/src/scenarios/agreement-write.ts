import type { CacheEntry } from '@pw/cache-models';
import { atMost } from '../figures/goal.ts';
import type { Scenario, ScenarioContext } from '../run/scenario.ts';
import { sampleEntries, steadyRecord } from '../samples/sample-record.ts';
import { openBoth, putInLoneTiers, SECOND_TIERS, type SecondTier } from '../set-ups/agreed-stack.ts';

const COUNT = { full: 1000, quick: 100 };
const BATCH = { full: 100, quick: 10 };
/** One transaction of SQLite that writes the rows and their rows of the log, one write of the second tier, memory. */
const FLOOR = 'the three tiers, one after the other';

/**
 * The requirements allow a put 1.2 times what it took before the tiers agreed, which was 1.05 times as long as its
 * tiers. They say nothing of the other writes, which are held to the same limit.
 */
const LIMIT = 1.2 * 1.05;

/**
 * The stack and its tiers alone, with entries that are equal but not the same: a memory tier counts in those it has.
 */
async function setUpBoth(context: ScenarioContext, second: SecondTier) {
  const count = context.quick ? COUNT.quick : COUNT.full;
  const [entries, twins] = [sampleEntries(count), sampleEntries(count)];
  return { count, entries, twins, ...(await openBoth(context, { second, room: 5 * count }, [entries, twins])) };
}

function put(second: SecondTier): Scenario {
  return {
    name: `agreement-put-${second}`,
    about: `An awaited put over one of 1,000 entries through memory, ${second} and SQLite.`,
    goals: [atMost('manager.put', LIMIT, FLOOR)],
    setUp: async (context) => {
      const { count, entries, twins, cache, alone } = await setUpBoth(context, second);
      return {
        expected: steadyRecord(entries[0]),
        contenders: [
          {
            name: 'manager.put',
            role: 'ours',
            async: true,
            run: (i) => cache.put(entries[i % count]!.key, entries[i % count]!),
            answer: async () => steadyRecord(await cache.get(entries[0]!.key)),
          },
          {
            name: FLOOR,
            role: 'floor',
            async: true,
            run: async (i) => {
              const entry = twins[i % count]!;
              alone.base.put(entry.key, entry);
              await alone.second.put(entry.key, entry);
              return alone.memory.put(entry.key, entry);
            },
            answer: async () => steadyRecord(await alone.second.get(entries[0]!.key)),
          },
        ],
      };
    },
  };
}

function putMany(second: SecondTier): Scenario {
  return {
    name: `agreement-put-many-${second}`,
    about: `A putMany of 100 over some of 1,000 entries through memory, ${second} and SQLite, per entry.`,
    goals: [atMost('manager.putMany', LIMIT, FLOOR)],
    setUp: async (context) => {
      const { count, entries, twins, cache, alone } = await setUpBoth(context, second);
      const items = context.quick ? BATCH.quick : BATCH.full;
      const batchOf = (i: number, from: readonly CacheEntry[]) => {
        const first = (i * items) % count;
        return from.slice(first, first + items);
      };
      return {
        expected: steadyRecord(entries[0]),
        contenders: [
          {
            name: 'manager.putMany',
            role: 'ours',
            async: true,
            items,
            run: (i) => cache.putMany(batchOf(i, entries)),
            answer: async () => steadyRecord(await cache.get(entries[0]!.key)),
          },
          {
            name: FLOOR,
            role: 'floor',
            async: true,
            items,
            run: (i) => putInLoneTiers(alone, batchOf(i, twins)),
            answer: async () => steadyRecord(await alone.second.get(entries[0]!.key)),
          },
        ],
      };
    },
  };
}

function remove(second: SecondTier): Scenario {
  return {
    name: `agreement-delete-${second}`,
    about: `An awaited delete of one of 1,000 entries through memory, ${second} and SQLite.`,
    goals: [atMost('manager.delete', LIMIT, FLOOR)],
    setUp: async (context) => {
      const { count, entries, twins, cache, alone } = await setUpBoth(context, second);
      const some = (from: readonly CacheEntry[], runs: number, first: number) =>
        Array.from({ length: runs }, (_, i) => from[(first + i) % count]!);
      const [probe, twin] = [entries[0]!, twins[0]!];
      return {
        finds: 'value',
        expected: undefined,
        contenders: [
          {
            name: 'manager.delete',
            role: 'ours',
            async: true,
            maxRuns: count,
            before: (runs, from) => cache.putMany(some(entries, runs, from)),
            run: async (i) => (await cache.delete(entries[i % count]!.key)) || undefined,
            answer: async () => {
              await cache.delete(probe.key);
              return cache.get(probe.key);
            },
          },
          {
            name: FLOOR,
            role: 'floor',
            async: true,
            maxRuns: count,
            before: (runs, from) => putInLoneTiers(alone, some(twins, runs, from)),
            run: async (i) => {
              const { key } = twins[i % count]!;
              alone.base.delete(key);
              await alone.second.delete(key);
              return alone.memory.delete(key) || undefined;
            },
            answer: async () => {
              await alone.second.delete(twin.key);
              return alone.second.get(twin.key);
            },
          },
        ],
      };
    },
  };
}

const CHECK = { status: 'healthy', checkUrl: 'http://check.example' } as const;

function health(second: SecondTier): Scenario {
  return {
    name: `agreement-health-${second}`,
    about: `An awaited recordHealthCheck of one of 1,000 entries through memory, ${second} and SQLite.`,
    goals: [atMost('manager.recordHealthCheck', LIMIT, FLOOR)],
    setUp: async (context) => {
      const { count, entries, twins, cache, alone } = await setUpBoth(context, second);
      const statusOf = (entry: CacheEntry | undefined) => entry?.healthStatus;
      return {
        finds: 'value',
        expected: 'healthy',
        contenders: [
          {
            name: 'manager.recordHealthCheck',
            role: 'ours',
            async: true,
            run: (i) => cache.recordHealthCheck(entries[i % count]!.key, CHECK),
            answer: async () => {
              for (let i = 0; i < 5; i++) await cache.recordHealthCheck(entries[0]!.key, CHECK);
              return statusOf(await cache.get(entries[0]!.key));
            },
          },
          {
            name: FLOOR,
            role: 'floor',
            async: true,
            run: async (i) => {
              const { key } = twins[i % count]!;
              const checked = alone.base.recordHealthCheck(key, CHECK)!;
              await alone.second.put(key, checked);
              return alone.memory.put(key, checked) ? checked : undefined;
            },
            answer: () => {
              for (let i = 0; i < 5; i++) alone.base.recordHealthCheck(twins[0]!.key, CHECK);
              return statusOf(alone.base.get(twins[0]!.key));
            },
          },
        ],
      };
    },
  };
}

export const agreementPut = SECOND_TIERS.map(put);
export const agreementPutMany = SECOND_TIERS.map(putMany);
export const agreementDelete = SECOND_TIERS.map(remove);
export const agreementHealth = SECOND_TIERS.map(health);
