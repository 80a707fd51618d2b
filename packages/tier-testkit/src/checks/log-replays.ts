import { versionOf } from '@pw/cache-models/tier';
import { expectEntries } from '../assertions/round-trips.ts';
import { makeEntry } from '../samples/make-entry.ts';
import type { Check } from './check.ts';
import { atOnce, expectGrowth, headOf, LATER, OPTIONS, replay, rowsAfter, versionIn } from './log-steps.ts';

/** Checks of replays: writes that a tier above took while this one could not be reached. */
export const replayChecks: readonly Check[] = [
  {
    name: 'replays a missed write with its version',
    rule: 'log',
    run: async (trial) => {
      const tier = await trial.tierWith([makeEntry('a', { source: 'old' }), makeEntry('b')]);
      const before = headOf(trial, tier);
      const entry = makeEntry('a', { source: 'missed' });
      trial.same('answer of replay', await replay(trial, tier, 'a', entry, LATER), LATER);
      trial.same('answer of the replay of a removal', await replay(trial, tier, 'b', null, LATER + 2), 0);
      await expectEntries(trial, tier, [entry], 'after replays');
      trial.same('version', versionOf((await tier.get('a'))!), LATER);
      const rows = rowsAfter(trial, tier, before);
      trial.same(
        'rows of the replays',
        rows.map(({ key, version }) => [key, version]),
        [
          ['a', LATER],
          ['b', LATER + 2],
        ],
      );
      expectGrowth(trial, rowsAfter(trial, tier, 0));
      trial.same(
        'log.newestVersionOf() of a removal',
        atOnce(trial, 'newestVersionOf', () => tier.raw.log!.newestVersionOf('b')),
        LATER + 2,
      );
    },
  },
  {
    name: 'replays no write that is older than its own',
    rule: 'log',
    run: async (trial) => {
      const tier = await trial.tier();
      await tier.open();
      const kept = makeEntry('a', { source: 'newer' });
      await replay(trial, tier, 'a', kept, LATER);
      trial.same('replay of an older entry', await replay(trial, tier, 'a', makeEntry('a'), LATER - 2), LATER);
      trial.same('replay of an older removal', await replay(trial, tier, 'a', null, LATER - 2), LATER);
      trial.same('replay of the same entry', await replay(trial, tier, 'a', makeEntry('a'), LATER), LATER);
      await replay(trial, tier, 'gone', null, LATER);
      trial.same(
        'replay of an entry that was removed later',
        await replay(trial, tier, 'gone', makeEntry('gone'), LATER - 2),
        0,
      );
      await expectEntries(trial, tier, [kept], 'after older replays');
      await tier.call('log.clear()', () => tier.raw.log!.clear({ ...OPTIONS, after: LATER }));
      trial.same('replay of an entry from before a clear', await replay(trial, tier, 'b', makeEntry('b'), LATER), 0);
      trial.same('keys after the clear', await tier.keys(), []);
    },
  },
  {
    name: 'replays a clear for what is older only',
    rule: 'log',
    run: async (trial) => {
      const tier = await trial.tierWith([makeEntry('a'), makeEntry('b')]);
      const newer = makeEntry('c');
      await replay(trial, tier, 'c', newer, LATER + 2);
      const before = headOf(trial, tier);
      trial.same('answer of replay', await replay(trial, tier, null, null, LATER), 0);
      await expectEntries(trial, tier, [newer], 'after the replay of a clear');
      trial.same(
        'rows of the replay',
        rowsAfter(trial, tier, before).map(({ key, version }) => [key, version]),
        [[null, LATER]],
      );
    },
  },
  {
    name: 'gives a new version to an entry that is replayed without one',
    rule: 'log',
    run: async (trial) => {
      const tier = await trial.tierWith([makeEntry('a')]);
      const before = versionIn(trial, tier, 'a')!;
      const theirs = makeEntry('a', { source: 'theirs' });
      const version = await replay(trial, tier, 'a', theirs, 0);
      trial.holds('answer of replay', version! > before, 'a version above that of the entry before', version);
      trial.same('version', versionIn(trial, tier, 'a'), version);
      await expectEntries(trial, tier, [theirs], 'after the replay');
    },
  },
];
