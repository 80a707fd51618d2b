import { type CacheEntry, CacheValidationError } from '@pw/cache-models';
import { START } from '@pw/test-support/doubles';
import { expectEntries } from '../assertions/round-trips.ts';
import { TierProcess } from '../processes/tier-process.ts';
import { makeEntry } from '../samples/make-entry.ts';
import { numberedEntry } from '../samples/numbered-entry.ts';
import type { ObservedTier } from '../trial/observed-tier.ts';
import type { Check, CheckGroup } from './check.ts';

type Change = (entry: CacheEntry) => CacheEntry | null;

const ROUNDS = 20;

function update(tier: ObservedTier, key: string, change: Change) {
  return tier.call(`update("${key}")`, () => tier.raw.update!(key, change));
}

const failed: Change = (entry) => entry.with({ failureCount: entry.failureCount + 1 });

const checks: Check[] = [
  {
    name: 'stores what a change makes of the entry',
    rule: 'update',
    run: async (trial) => {
      const [stored, other] = [makeEntry('a', { username: 'user', password: 'word', failureCount: 3 }), makeEntry('b')];
      const tier = await trial.tierWith([stored, other]);
      const given: CacheEntry[] = [];
      const answer = await update(tier, 'a', (entry) => {
        given.push(entry);
        return failed(entry);
      });
      for (const entry of given) trial.sameEntry('entry that change received', entry, stored);
      const expected = failed(stored)!;
      trial.sameEntry('answer of update', answer ?? undefined, expected);
      await expectEntries(trial, tier, [expected, other], 'after update');
    },
  },
  {
    name: 'removes an entry if the change makes null of it',
    rule: 'update',
    run: async (trial) => {
      const tier = await trial.tierWith([makeEntry('a'), makeEntry('b')]);
      trial.same('answer of update', await update(tier, 'a', () => null), null);
      await expectEntries(trial, tier, [makeEntry('b')], 'after update');
    },
  },
  {
    name: 'changes no entry that expired or was removed',
    rule: 'update',
    run: async (trial) => {
      const tier = await trial.tierWith([makeEntry('old', { expiresAt: START + 10 }), makeEntry('gone')]);
      await tier.delete('gone');
      trial.clock.advance(10);
      let calls = 0;
      for (const key of ['old', 'gone', 'never']) {
        const answer = await update(tier, key, (entry) => {
          calls++;
          return entry.with({ expiresAt: START + 100_000 });
        });
        trial.same(`answer of update("${key}")`, answer, undefined);
      }
      trial.same('calls of change', calls, 0);
      trial.same('keys afterwards', await tier.keys(), []);
    },
  },
  {
    name: 'stores nothing if the change throws or makes something else',
    rule: 'arguments',
    run: async (trial) => {
      const stored = [makeEntry('a'), makeEntry('b')];
      const tier = await trial.tierWith(stored);
      const changes: readonly (() => unknown)[] = [
        () => {
          throw new CacheValidationError('planted by the kit');
        },
        () => {
          throw new Error('planted by the kit');
        },
        ...[undefined, {}, 'a', makeEntry('b'), Promise.resolve(makeEntry('a'))].map((value) => () => value),
      ];
      for (const change of changes)
        await trial.refuses('update with a change that is wrong', () => update(tier, 'a', change as Change));
      for (const change of [undefined, null, {}])
        await trial.refuses('update without a change', () => update(tier, 'a', change as never));
      await trial.refuses('update(5)', () => update(tier, 5 as never, failed));
      trial.same('failureCount', tier.raw.failureCount, 0);
      await expectEntries(trial, tier, stored, 'after invalid updates');
    },
  },
];

const shared: readonly Check[] = [
  {
    name: 'loses no change of several instances',
    rule: 'update',
    run: async (trial) => {
      const tiers = [await trial.tierWith([makeEntry('a')]), ...(await Promise.all([trial.tier(), trial.tier()]))];
      await Promise.all(Array.from({ length: ROUNDS }, (_, at) => update(tiers[at % tiers.length]!, 'a', failed)));
      for (const tier of tiers) trial.same('failureCount of the entry', (await tier.get('a'))?.failureCount, ROUNDS);
    },
  },
  {
    name: 'loses no change of several processes',
    rule: 'update',
    slow: true,
    run: async (trial) => {
      const here = await trial.tierWith([numberedEntry('a', 1)]);
      const before = (await here.get('a'))!.failureCount;
      await TierProcess.run(trial, { command: 'serve' }, async (there) => {
        const updates = there.request({ operation: 'update', keys: ['a'], count: ROUNDS });
        updates.catch(() => {});
        for (let round = 0; round < ROUNDS; round++) await update(here, 'a', failed);
        trial.same('updates made in another process', await updates, ROUNDS);
      });
      trial.same('failureCount of the entry', (await here.get('a'))?.failureCount, before + 2 * ROUNDS);
    },
  },
];

export const updates: CheckGroup = {
  name: 'update',
  checks: ({ capabilities }) => (capabilities.update ? [...checks, ...(capabilities.shared ? shared : [])] : []),
};
