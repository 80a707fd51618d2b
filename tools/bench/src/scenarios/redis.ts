import { CacheManager } from '@pw/cache-manager';
import { isServerMissing } from '@pw/test-support';
import { MemoryCacheTier } from '@pw/tier-memory';
import { atMost } from '../figures/goal.ts';
import type { Contest, Scenario, ScenarioContext } from '../run/scenario.ts';
import { plainRecord, sampleEntries } from '../samples/sample-record.ts';
import { redisContest } from '../set-ups/redis-contest.ts';

const COUNT = 1000;
const BATCH = `A batch of ${COUNT}: entries with sealed credentials`;

const ONE_BY_ONE = `A bare command takes about 30 µs on an idle machine, nearly all of it in the system. Checking and
reading a record takes 5 µs, creating one as much, and keeping the server waiting for 5 µs costs about 10: a bare GET
followed by 5 µs of other work takes 1.2 to 1.3 times as long as one without. On a busy machine or over a network, the
bare command takes longer, and the ratio is closer to 1.`;
const IN_BATCHES = `In a pipeline, a bare command takes about 2.6 µs. JSON.parse of one record takes half of that, its
checksum and checks as much again, and JSON.stringify more: reading and writing checked entries costs more than the
round trip to the server.`;

const all: readonly Scenario[] = [
  {
    name: 'redis-get',
    about: 'One entry by its key from a server on this machine, checked, with its access count, credentials sealed.',
    goals: [atMost('tier-redis', 1.25, 'bare GET')],
    why: ONE_BY_ONE,
    setUp: async (context) => {
      const { tier, bare, entries, names } = await redisContest(context, COUNT);
      return {
        finds: 'value',
        expected: plainRecord(entries[0]),
        contenders: [
          {
            name: 'tier-redis',
            role: 'ours',
            async: true,
            run: (i) => tier.get(entries[i % COUNT]!.key),
            answer: async () => plainRecord(await tier.get(entries[0]!.key)),
          },
          { name: 'bare GET', role: 'floor', async: true, run: (i) => bare.get(names[i % COUNT]!) },
        ],
      };
    },
  },
  {
    name: 'redis-put',
    about: 'One entry stored on a server on this machine, with its deadline, credentials sealed.',
    goals: [atMost('tier-redis', 1.25, 'bare SET')],
    why: ONE_BY_ONE,
    setUp: async (context) => {
      const { tier, bare, entries, names, values } = await redisContest(context, COUNT);
      return {
        finds: 'value',
        contenders: [
          {
            name: 'tier-redis',
            role: 'ours',
            async: true,
            run: (i) => tier.put(entries[i % COUNT]!.key, entries[i % COUNT]!),
          },
          {
            name: 'bare SET',
            role: 'floor',
            async: true,
            run: (i) => bare.set(names[i % COUNT]!, values[i % COUNT]!),
          },
        ],
      };
    },
  },
  {
    name: 'redis-batch-get',
    about: `${BATCH}, read.`,
    goals: [atMost('getMany', 1.3, 'one bare pipeline')],
    why: IN_BATCHES,
    setUp: async (context) => {
      const { tier, bare, entries, names } = await redisContest(context, COUNT);
      const keys = entries.map(({ key }) => key);
      return {
        finds: 'value',
        contenders: [
          { name: 'getMany', role: 'ours', async: true, items: COUNT, run: () => tier.getMany(keys) },
          {
            name: 'one bare pipeline',
            role: 'floor',
            async: true,
            items: COUNT,
            run: () => {
              const pipeline = bare.multi();
              for (const name of names) pipeline.get(name);
              return pipeline.execAsPipeline();
            },
          },
        ],
      };
    },
  },
  {
    name: 'redis-batch-put',
    about: `${BATCH}, stored.`,
    goals: [atMost('putMany', 1.3, 'one bare pipeline')],
    why: IN_BATCHES,
    setUp: async (context) => {
      const { tier, bare, entries, names, values } = await redisContest(context, COUNT);
      return {
        finds: 'value',
        contenders: [
          { name: 'putMany', role: 'ours', async: true, items: COUNT, run: () => tier.putMany(entries) },
          {
            name: 'one bare pipeline',
            role: 'floor',
            async: true,
            items: COUNT,
            run: () => {
              const pipeline = bare.multi();
              for (const [at, name] of names.entries()) pipeline.set(name, values[at]!);
              return pipeline.execAsPipeline();
            },
          },
        ],
      };
    },
  },
  {
    name: 'redis-l1-hit',
    about: 'An awaited get answered by memory, with the Redis tier behind it, compared with memory alone.',
    goals: [atMost('memory, Redis behind', 1.05, 'memory alone')],
    setUp: l1Hit,
  },
];

async function l1Hit(context: ScenarioContext): Promise<Contest> {
  const { tier } = await redisContest(context, COUNT);
  const entries = sampleEntries(COUNT);
  const behind = await CacheManager.open({ tiers: [new MemoryCacheTier({}), tier] });
  const alone = await CacheManager.open({ tiers: [new MemoryCacheTier({})] });
  context.onFinish(() => Promise.all([behind.close(), alone.close()]));
  for (const cache of [behind, alone]) await cache.putMany(entries);
  const keys = entries.map(({ key }) => key);
  return {
    finds: 'value',
    contenders: [
      { name: 'memory, Redis behind', role: 'ours', async: true, run: (i) => behind.get(keys[i % COUNT]!) },
      { name: 'memory alone', role: 'floor', async: true, run: (i) => alone.get(keys[i % COUNT]!) },
    ],
  };
}

/** Empty if there is no server program to start. */
export const redis: readonly Scenario[] = isServerMissing() ? [] : all;
