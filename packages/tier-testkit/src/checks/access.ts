import type { AccessUpdate } from '@pw/cache-models/tier';
import { START } from '@pw/test-support/doubles';
import { expectEntries } from '../assertions/round-trips.ts';
import { HOUR, makeEntries, makeEntry } from '../samples/make-entry.ts';
import type { ObservedTier } from '../trial/observed-tier.ts';
import type { Trial } from '../trial/trial.ts';
import type { Check, CheckGroup, Claims } from './check.ts';

const access = (key: string, hits: number, after: number, evictedFromL1?: boolean): AccessUpdate => ({
  key,
  hits,
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
  recording('adds the hits passed to recordAccess, and keeps the later time', async (trial, tier) => {
    const entry = makeEntry('a', { username: 'user', failureCount: 3, accessCount: 40 });
    await tier.put(entry);
    for (const [hits, after, accessCount, latest] of [
      [1, 10, 41, 10],
      [2, 10.125, 43, 10.125],
      [3, 1000, 46, 1000],
      [5, 20, 51, 1000],
      [0, 2000, 51, 2000],
      [2 ** 53 - 1, 2000, 2 ** 53 - 1, 2000],
      [2, 3000, 2 ** 53 - 1, 3000],
    ] as const) {
      trial.same('recordAccess of a present key', await tier.recordAccess([access('a', hits, after)]), 1);
      const expected = entry.with({ accessCount, lastAccessed: START + latest });
      await expectEntries(trial, tier, [expected], `after recordAccess of ${hits} hits at ${after} ms`);
    }
  }),
  recording('keeps a later time of the entry itself', async (trial, tier) => {
    const entry = makeEntry('a', { lastAccessed: START + 50 });
    await tier.put(entry);
    await tier.recordAccess([access('a', 1, 20)]);
    await expectEntries(trial, tier, [entry.with({ accessCount: 1 })], 'after recordAccess of an earlier access');
  }),
  recording('adds up the updates of one key in one call', async (trial, tier) => {
    await tier.put(makeEntry('a'));
    trial.same('recordAccess', await tier.recordAccess([access('a', 2, 9), access('a', 3, 5)]), 2);
    const expected = makeEntry('a').with({ accessCount: 5, lastAccessed: START + 9 });
    await expectEntries(trial, tier, [expected], 'after two updates of its key');
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

const shared: Check = {
  name: 'adds up the hits of two tiers on one store',
  rule: 'access',
  run: async (trial) => {
    const [one, other] = [await trial.tier(), await trial.tier()];
    await one.open();
    await other.open();
    await one.put(makeEntry('a', { accessCount: 4 }));
    for (let round = 0; round < 3; round++) {
      await other.recordAccess([access('a', 10, 20)]);
      await one.recordAccess([access('a', 1, 10)]);
    }
    // A tier may write accesses behind; it has written them once it is closed.
    await one.close();
    await other.close();
    const third = await trial.tier();
    await third.open();
    const entry = await third.get('a');
    trial.same('accessCount after 3 hits of one and 30 of the other', entry?.accessCount, 37);
    trial.same('lastAccessed', entry?.lastAccessed, START + 20);
  },
};

export const accesses: CheckGroup = {
  name: 'access',
  checks: ({ capabilities }: Claims) => [
    ...checks,
    ...(capabilities.persistent ? [reopened] : []),
    ...(capabilities.shared ? [shared] : []),
  ],
};
