import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { CredentialEncryptor, generateKey } from '@pw/cache-crypto';
import { type CacheManager, TtlManager } from '@pw/cache-manager';
import type { CacheEntry } from '@pw/cache-models';
import { JsonlCacheTier } from '@pw/tier-jsonl';
import { within } from '../figures/goal.ts';
import type { Measurement } from '../figures/measurement.ts';
import { type LoopDelay, loopDelayDuring } from '../run/loop-delay.ts';
import type { Scenario, ScenarioContext } from '../run/scenario.ts';
import { sampleEntries } from '../samples/sample-record.ts';
import { openStack } from '../set-ups/our-stack.ts';

const COUNT = 100_000;
/** A round takes many seconds, so three must suffice. */
const ROUNDS = 3;
const BATCH = 500;
const FILL = 5000;
const TWO_DAYS = 172_800;
const LONGEST = 'longest block of the event loop';
const GOALS = [within(LONGEST, 20)];

function measurements(delays: readonly LoopDelay[]): Measurement[] {
  const measured = (name: string, samples: number[]): Measurement => ({ name, role: 'ours', unit: 'ms', samples });
  return [
    measured(
      LONGEST,
      delays.map(({ longest }) => longest),
    ),
    measured(
      'block of the event loop, 99th percentile',
      delays.map(({ p99 }) => p99),
    ),
    measured(
      'total time',
      delays.map(({ total }) => total),
    ),
  ];
}

/** Three tiers full of expired entries. */
async function openExpiredStack(directory: string, entries: readonly CacheEntry[]): Promise<CacheManager> {
  let now = Date.now();
  const cache = await openStack(directory, COUNT, { now: () => now });
  for (let start = 0; start < COUNT; start += FILL) {
    const stored = await cache.putMany(entries.slice(start, start + FILL));
    if (stored.includes(false)) throw new Error('not every entry could be stored');
  }
  now += 4 * 86_400_000;
  return cache;
}

async function expiredRounds(
  { directory }: ScenarioContext,
  work: (cache: CacheManager) => Promise<unknown>,
): Promise<Measurement[]> {
  const delays: LoopDelay[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    // New entries each time, because a credential caches the token of the first cipher that sealed it.
    const entries = sampleEntries(COUNT, { ttlSeconds: TWO_DAYS });
    const cache = await openExpiredStack(`${directory}/${round}`, entries);
    try {
      delays.push(await loopDelayDuring(() => work(cache)));
    } finally {
      await cache.close();
    }
  }
  return measurements(delays);
}

export const loopDelayCleanup: Scenario = {
  name: 'manager-loop-delay-cleanup',
  about: 'How long the event loop is blocked while cleanupExpired removes 100,000 entries from each of three tiers.',
  goals: GOALS,
  fullOnly: true,
  measure: (context) =>
    expiredRounds(context, async (cache) => {
      const removed = await cache.cleanupExpired();
      if (removed !== 3 * COUNT) throw new Error(`${removed} removals, expected ${3 * COUNT}`);
    }),
};

export const loopDelaySweep: Scenario = {
  name: 'manager-loop-delay-sweep',
  about: 'The same for the background sweep.',
  goals: GOALS,
  fullOnly: true,
  measure: (context) =>
    expiredRounds(context, async (cache) => {
      let removed: number | undefined;
      const target = {
        cleanupExpired: async () => {
          const count = await cache.cleanupExpired();
          // A later sweep that found nothing may already have replaced the result.
          removed = (removed ?? 0) + count;
          return count;
        },
      };
      const sweeper = new TtlManager(target, { cleanupInterval: 0.005 });
      sweeper.start();
      while (removed === undefined) await setTimeout(5);
      sweeper.stop();
      if (removed !== 3 * COUNT) throw new Error(`${removed} removals, expected ${3 * COUNT}`);
    }),
};

export const loopDelayCompaction: Scenario = {
  name: 'manager-loop-delay-compaction',
  about:
    'How long the event loop is blocked while 100,000 lines are overwritten, in batches of 500, until every shard is compacted.',
  goals: GOALS,
  fullOnly: true,
  measure: async ({ directory }) => {
    const delays: LoopDelay[] = [];
    const cipher = new CredentialEncryptor({ key: generateKey(), env: {} });
    const entries = sampleEntries(COUNT);
    for (let round = 0; round < ROUNDS; round++) {
      const folder = `${directory}/${round}`;
      const tier = new JsonlCacheTier({ directory: folder, cipher });
      const put = async (count: number): Promise<void> => {
        for (let start = 0; start < count; start += BATCH) {
          const stored = await tier.putMany(entries.slice(start, start + BATCH));
          if (stored.includes(false)) throw new Error('not every entry could be stored');
          await setImmediate();
        }
      };
      await put(COUNT);
      const filled = bytesIn(folder);
      delays.push(
        await loopDelayDuring(async () => {
          await put(COUNT);
          await put(COUNT / 4);
        }),
      );
      if (bytesIn(folder) > 2 * filled) throw new Error('the shards were not compacted');
      await tier.close();
    }
    return measurements(delays);
  },
};

function bytesIn(folder: string): number {
  const sizes = readdirSync(folder).map((name) => statSync(join(folder, name)).size);
  return sizes.reduce((sum, size) => sum + size, 0);
}
