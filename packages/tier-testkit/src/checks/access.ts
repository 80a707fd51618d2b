import type { AccessUpdate } from '@pw/cache-models/tier';
import { START } from '@pw/test-support/doubles';
import { expectEntries } from '../assertions/round-trips.ts';
import { HOUR, makeEntries, makeEntry } from '../samples/make-entry.ts';
import type { ObservedTier } from '../trial/observed-tier.ts';
import type { Trial } from '../trial/trial.ts';
import type { Check, CheckGroup, Claims } from './check.ts';

const access = (key: string, accessCount: number, after: number, evictedFromL1?: boolean): AccessUpdate => ({
  key,
  accessCount,
  lastAccessed: START + after,
  ...(evictedFromL1 === undefined ? {} : { evictedFromL1 }),
});

/** A check of recordAccess. */
function recording(name: string, run: (trial: Trial, tier: ObservedTier) => Promise<void>): Check {
  return {
    name,
    rule: 'access',
    run: async (trial) => {
      const tier = await trial.tier();
      await tier.open();
      await run(trial, tier);
    },
  };
}

const checks: Check[] = [
  recording('stores the count and time passed to recordAccess', async (trial, tier) => {
    const entry = makeEntry('a', { username: 'user', failureCount: 3, accessCount: 40 });
    await tier.put(entry);
    for (const [count, after] of [
      [41, 10],
      [2 ** 53 - 1, 10.125],
      [7, 20],
      [0, 30],
    ] as const) {
      trial.same('recordAccess of a present key', await tier.recordAccess([access('a', count, after)]), 1);
      const expected = entry.with({ accessCount: count, lastAccessed: START + after });
      await expectEntries(trial, tier, [expected], `after recordAccess of ${count} at ${after} ms`);
    }
  }),
  recording('applies every update whose key is present, and counts only those', async (trial, tier) => {
    const entries = makeEntries(3);
    await tier.putMany([...entries, makeEntry('short', { expiresAt: START + 10 })]);
    trial.clock.advance(10);
    const updates = [
      access('never', 1, 5),
      access('entry-0002', 2, 6),
      access('short', 3, 7),
      access('entry-0000', 4, 8),
      access('', 5, 9),
    ];
    trial.same('recordAccess of 2 present, 2 missing and 1 expired key', await tier.recordAccess(updates), 2);
    trial.sameSet(
      'keys afterwards',
      await tier.keys(),
      entries.map(({ key }) => key),
    );
    const counts = (await tier.entries()).map(({ key, accessCount }) => `${key}: ${accessCount}`);
    trial.sameSet('counts', counts, ['entry-0000: 4', 'entry-0001: 0', 'entry-0002: 2']);
    trial.same('recordAccess of nothing', await tier.recordAccess([]), 0);
  }),
  recording('changes evictedFromL1 only when an update sets it', async (trial, tier) => {
    await tier.putMany([makeEntry('a'), makeEntry('b', { evictedFromL1: true })]);
    const marks = async () => [(await tier.get('a'))?.evictedFromL1, (await tier.get('b'))?.evictedFromL1];
    await tier.recordAccess([access('a', 1, 1), access('b', 1, 1)]);
    trial.same('evictedFromL1 after updates that do not set it', await marks(), [false, true]);
    await tier.recordAccess([access('a', 2, 2, true), access('b', 2, 2, false)]);
    trial.same('evictedFromL1 after updates that change it', await marks(), [true, false]);
    await tier.recordAccess([access('a', 3, 3), access('b', 3, 3)]);
    trial.same('evictedFromL1 after more updates that do not set it', await marks(), [true, false]);
  }),
  recording('keeps the deadline of an entry when its access is recorded', async (trial, tier) => {
    await tier.put(makeEntry('a'));
    await tier.recordAccess([access('a', 1, HOUR - 1)]);
    trial.clock.advance(HOUR);
    trial.same('has at the deadline', await tier.has('a'), false, 'deadlines');
  }),
  recording('drops recorded accesses when the entry is replaced', async (trial, tier) => {
    await tier.put(makeEntry('a'));
    await tier.recordAccess([access('a', 9, 9)]);
    const fresh = makeEntry('a', { source: 'new', accessCount: 2 });
    await tier.put(fresh);
    await expectEntries(trial, tier, [fresh], 'after it replaced one with recorded accesses');
  }),
  recording('counts no hit or miss for recordAccess', async (trial, tier) => {
    await tier.put(makeEntry('a'));
    await tier.recordAccess([access('a', 9, 9), access('never', 1, 1)]);
    const { hits, misses } = tier.statistics;
    trial.same('hits and misses', [hits, misses], [0, 0], 'statistics');
  }),
];

const reopened: Check = recording('keeps recorded accesses when it is reopened', async (trial, tier) => {
  await tier.putMany(makeEntries(3));
  await tier.recordAccess([access('entry-0001', 12, 34, true)]);
  await tier.close();
  const entry = (await (await trial.tier()).entries()).find(({ key }) => key === 'entry-0001');
  const received = [entry?.accessCount, entry?.lastAccessed, entry?.evictedFromL1];
  trial.same('count, time and mark after close and open', received, [12, START + 34, true], 'persistent');
});

export const accesses: CheckGroup = {
  name: 'access',
  checks: ({ capabilities }: Claims) => [...checks, ...(capabilities.persistent ? [reopened] : [])],
};
