import { EvictionPolicy, RemovalReason } from '@pw/cache-models';
import { HOUR, makeEntry } from '../samples/make-entry.ts';
import type { ObservedTier } from '../trial/observed-tier.ts';
import type { TierOverrides, Trial } from '../trial/trial.ts';
import type { Check, CheckGroup, Claims } from './check.ts';

const POLICIES = Object.values(EvictionPolicy);

function bounded(maxEntries: number, evictionPolicy: EvictionPolicy = EvictionPolicy.LRU): TierOverrides {
  return { config: { maxEntries, evictionPolicy } };
}

/** Stores entries one second apart, so that each is newer than those before it by every measure. */
export async function store(trial: Trial, tier: ObservedTier, ...keys: readonly string[]): Promise<void> {
  for (const key of keys) {
    trial.clock.advance(1000);
    trial.same(`put of "${key}"`, await tier.put(makeEntry(key, {}, trial.clock.now())), true, 'stores');
  }
}

const keysOf = (tier: ObservedTier): string[] => tier.evictions.map(({ key }) => key);

const checks: Check[] = [
  ...POLICIES.map(
    (policy): Check => ({
      name: `holds exactly maxEntries entries when full with ${policy}`,
      rule: 'capacity',
      run: async (trial) => {
        for (const max of [1, 2, 3, 10]) {
          const tier = await trial.tier(bounded(max, policy));
          await tier.clear();
          const keys = Array.from({ length: max }, (_, at) => `k${at}`);
          await store(trial, tier, ...keys);
          trial.sameSet(`keys after ${max} puts with maxEntries ${max}`, await tier.keys(), keys);
          trial.same('listener calls so far', tier.evictions.length, 0);
          await store(trial, tier, 'one more');
          trial.same(`size after ${max + 1} puts with maxEntries ${max}`, await tier.size(), max);
          trial.same('has of the newest entry', await tier.has('one more'), true);
          await store(trial, tier, 'two more', 'three more');
          trial.same(`size after ${max + 3} puts with maxEntries ${max}`, await tier.size(), max);
          trial.same('entries() afterwards', (await tier.entries()).length, max);
          trial.same(
            'statistics.evictionsLru after 3 puts beyond the limit',
            tier.statistics.evictionsLru,
            3,
            'statistics',
          );
          await tier.clear();
          await tier.close();
        }
      },
    }),
  ),
  {
    name: 'passes the evicted entry to onEvict',
    rule: 'capacity',
    run: async (trial) => {
      const tier = await trial.tier(bounded(2));
      const first = makeEntry('first', { username: 'user', source: 'evicted', failureCount: 3 });
      await tier.put(first);
      await store(trial, tier, 'second', 'third');
      trial.same('listener calls after one put beyond the limit', tier.evictions.length, 1);
      const [{ key, entry, reason }] = tier.evictions as [(typeof tier.evictions)[number]];
      trial.same('key passed to onEvict', key, 'first');
      trial.sameEntry('entry passed to onEvict', entry, first);
      trial.same('reason passed to onEvict', reason, RemovalReason.CAPACITY);
      trial.same('get of the evicted entry', await tier.get('first'), undefined);
    },
  },
  {
    name: 'reports no eviction to onEvict for a delete, replacement, clear or expiry',
    rule: 'capacity',
    run: async (trial) => {
      const tier = await trial.tier(bounded(3));
      await store(trial, tier, 'a', 'b', 'c');
      await store(trial, tier, 'a');
      await tier.delete('b');
      await tier.clear();
      await store(trial, tier, 'd', 'e');
      trial.clock.advance(HOUR);
      await tier.get('d');
      await tier.cleanupExpired();
      const reported = tier.evictions.filter(({ reason }) => reason !== RemovalReason.TTL);
      trial.same(
        'keys passed to onEvict with a reason other than ttl',
        reported.map(({ key }) => key),
        [],
      );
    },
  },
  {
    name: 'evicts nothing when an existing entry is replaced',
    rule: 'capacity',
    run: async (trial) => {
      for (const policy of POLICIES) {
        const tier = await trial.tier(bounded(2, policy));
        await tier.clear();
        await store(trial, tier, 'a', 'b', 'a', 'b', 'b');
        trial.sameSet(`keys with ${policy} after both were put again`, await tier.keys(), ['a', 'b']);
        trial.same(`putMany with ${policy}`, await tier.putMany([makeEntry('b'), makeEntry('a')]), [true, true]);
        trial.sameSet(`keys with ${policy} after putMany of both`, await tier.keys(), ['a', 'b']);
        trial.same('listener calls', tier.evictions.length, 0);
        await tier.close();
      }
    },
  },
  {
    name: 'evicts nothing while there is room',
    rule: 'capacity',
    run: async (trial) => {
      const tier = await trial.tier(bounded(3));
      await store(trial, tier, 'a', 'b', 'c');
      await tier.delete('b');
      await store(trial, tier, 'd');
      trial.sameSet('keys after one was deleted and another put', await tier.keys(), ['a', 'c', 'd']);
      await tier.deleteMany(['a', 'c']);
      await store(trial, tier, 'e', 'f');
      trial.sameSet('keys after two were deleted and two put', await tier.keys(), ['d', 'e', 'f']);
      await tier.clear();
      await store(trial, tier, 'g', 'h', 'i');
      trial.sameSet('keys after clear and three puts', await tier.keys(), ['g', 'h', 'i']);
      trial.same('listener calls', tier.evictions.length, 0);
    },
  },
  {
    name: 'keeps to maxEntries in putMany and reports every eviction',
    rule: 'capacity',
    run: async (trial) => {
      const tier = await trial.tier(bounded(3));
      await store(trial, tier, 'old', 'older');
      const keys = Array.from({ length: 10 }, (_, at) => `k${at}`);
      trial.clock.advance(1000);
      const answers = await tier.putMany(keys.map((key) => makeEntry(key, {}, trial.clock.now())));
      trial.same('size after putMany of 10 with maxEntries 3', await tier.size(), 3);
      trial.sameSet('keys', await tier.keys(), ['k7', 'k8', 'k9']);
      const stored = ['old', 'older', ...keys.filter((_, at) => answers[at])];
      trial.sameSet(
        'keys present or passed to onEvict, compared with those stored',
        [...(await tier.keys()), ...keysOf(tier)],
        stored,
      );
    },
  },
  ...POLICIES.map(
    (policy): Check => ({
      name: `evicts expired entries before live ones with ${policy}`,
      rule: 'expiredFirst',
      run: async (trial) => {
        const tier = await trial.tier(bounded(3, policy));
        await store(trial, tier, 'a', 'b');
        const now = trial.clock.now() + 1000;
        trial.clock.set(now);
        // The newest and most used entry: no policy would choose it.
        await tier.put(makeEntry('expiring', { expiresAt: now + 5000, accessCount: 9 }, now));
        await tier.use('expiring', now + 1);
        trial.clock.advance(5000);
        await store(trial, tier, 'c');
        trial.sameSet('keys', await tier.keys(), ['a', 'b', 'c']);
        trial.same('statistics.evictionsLru', tier.statistics.evictionsLru, 0);
        trial.same('statistics.evictionsTtl', tier.statistics.evictionsTtl, 1, 'statistics');
        await store(trial, tier, 'd');
        trial.sameSet('keys after another put, with no expired entry left', await tier.keys(), ['b', 'c', 'd']);
      },
    }),
  ),
  {
    name: 'evicts no live entry when an expired one is stored again',
    rule: 'expiredFirst',
    run: async (trial) => {
      const tier = await trial.tier(bounded(2));
      await store(trial, tier, 'a');
      trial.clock.advance(HOUR - 1000);
      await store(trial, tier, 'b');
      trial.same('size with one of two entries expired', await tier.size(), 1, 'expires');
      await store(trial, tier, 'a');
      trial.sameSet('keys after the expired one was put again', await tier.keys(), ['a', 'b']);
      trial.same('statistics.evictionsLru', tier.statistics.evictionsLru, 0);
    },
  },
  {
    name: 'keeps working when its listener throws',
    rule: 'listeners',
    run: (trial) =>
      expectListenerHarmless(trial, () => {
        throw new Error('thrown by the listener');
      }),
  },
  {
    name: 'handles a rejection of its listener',
    rule: 'listeners',
    run: async (trial) => {
      let handled = 0;
      // Stands in for the promise of an async listener: only a thenable shows whether its rejection is handled.
      const rejected = {
        // biome-ignore lint/suspicious/noThenProperty: it is what an awaited value has.
        then: (_: unknown, failed?: (error: Error) => unknown): void => {
          if (failed === undefined) return;
          handled++;
          failed(new Error('rejected by the listener'));
        },
      };
      await expectListenerHarmless(trial, () => rejected as unknown as undefined);
      await new Promise((resolve) => setImmediate(resolve));
      trial.same('rejections handled, of two listener calls', handled, 2);
    },
  },
];

/** Fails unless the tier works as if its listener were correct. */
async function expectListenerHarmless(trial: Trial, onEvict: NonNullable<TierOverrides['onEvict']>): Promise<void> {
  const tier = await trial.tier({ ...bounded(1), onEvict });
  await store(trial, tier, 'a', 'b', 'c');
  trial.same('listener calls', keysOf(tier), ['a', 'b']);
  trial.same('keys', await tier.keys(), ['c']);
  trial.same('failureCount', tier.raw.failureCount, 0);
  trial.same('enabled', tier.enabled, true);
}

const reopened: Check = {
  name: 'keeps to maxEntries when it is reopened',
  rule: 'capacity',
  run: async (trial) => {
    const first = await trial.tier(bounded(3));
    await store(trial, first, 'a', 'b', 'c');
    await first.close();
    const second = await trial.tier(bounded(3));
    await store(trial, second, 'd');
    trial.sameSet('keys after one put beyond the limit', await second.keys(), ['b', 'c', 'd']);
    trial.same('keys passed to onEvict', keysOf(second), ['a']);
  },
};

export const capacity: CheckGroup = {
  name: 'capacity',
  checks: ({ capabilities }: Claims) => [...checks, ...(capabilities.persistent ? [reopened] : [])],
};
