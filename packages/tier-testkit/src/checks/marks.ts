import { setTimeout as sleep } from 'node:timers/promises';
import { stampEntry, versionOf } from '@pw/cache-models/tier';
import { HOUR, makeEntry } from '../samples/make-entry.ts';
import { ObservedMarks } from '../trial/observed-marks.ts';
import type { ObservedTier } from '../trial/observed-tier.ts';
import type { Trial } from '../trial/trial.ts';
import type { Check, CheckGroup } from './check.ts';
import { marksAcrossProcesses } from './marks-processes.ts';
import { markedUpdates } from './marks-updates.ts';
import { markedWrites } from './marks-writes.ts';

const ROUNDS = 40;
/** Writers of a round begin within this time, in milliseconds, so that some find others waiting. */
const SPREAD_MS = 3;

async function marked(trial: Trial, ...entries: Parameters<Trial['tierWith']>): Promise<ObservedMarks> {
  return new ObservedMarks(await trial.tierWith(...entries));
}

function stamped(key: string, version: number, source = 'stamped') {
  return stampEntry(makeEntry(key, { source }), version);
}

/** The version of a stored entry; `undefined` if there is none. */
async function versionIn(tier: ObservedTier, key: string): Promise<number | undefined> {
  const entry = await tier.peek(key);
  return entry && versionOf(entry);
}

const checks: Check[] = [
  {
    name: 'returns the version of an entry with every read',
    rule: 'marks',
    run: async (trial) => {
      const marks = await marked(trial, []);
      const { tier } = marks;
      await marks.putIf([stamped('a', 4098)]);
      const expectAll = async (one: ObservedTier, what: string) => {
        trial.same(`version of get, ${what}`, versionOf((await one.get('a'))!), 4098);
        trial.same(`version of peek, ${what}`, await versionIn(one, 'a'), 4098);
        trial.same(`version of getMany, ${what}`, [...(await one.getMany(['a'])).values()].map(versionOf), [4098]);
        trial.same(`version of entries, ${what}`, (await one.entries()).map(versionOf), [4098]);
      };
      await expectAll(tier, 'of the instance that stored it');
      await tier.recordAccess([{ key: 'a', hits: 3, lastAccessed: trial.clock.now() }]);
      trial.same('version after recordAccess', await versionIn(tier, 'a'), 4098);
      await tier.close();
      await expectAll(await trial.tier(), 'by another instance');
      await tier.put(makeEntry('a'));
      await tier.put(makeEntry('b'));
      // A tier with a log gives each of its writes a version.
      const isBase = tier.raw.capabilities.log;
      const versions = [await versionIn(tier, 'a'), await versionIn(tier, 'b')];
      trial.same(
        'versions after puts without one are 0',
        versions.map((version) => version === 0),
        [!isBase, !isBase],
      );
      trial.sameSet('withoutVersion()', (await marks.withoutVersion()) ?? [], isBase ? [] : ['a', 'b']);
    },
  },
  {
    name: 'says whether a key is marked by now',
    rule: 'marks',
    run: async (trial) => {
      const [marks, other] = [await marked(trial, []), await marked(trial, [])];
      const areMarked = () => Promise.all(['a', 'b', 'c'].map((key) => marks.isMarked(key)));
      trial.same('isMarked without marks', await areMarked(), [false, false, false]);
      await other.writeAlone([
        { key: 'a', entry: makeEntry('a') },
        { key: 'b', entry: null },
      ]);
      trial.same('isMarked after writes of another instance', await areMarked(), [true, true, false]);
      await other.putIf([makeEntry('a')]);
      trial.same('isMarked after the base has an entry', await areMarked(), [false, true, false]);
      await other.markAll();
      trial.same('isMarked while everything is marked', await areMarked(), [true, true, true]);
    },
  },
  {
    name: 'stores only what is still wanted, and removes its mark',
    rule: 'marks',
    run: async (trial) => {
      const marks = await marked(trial, [makeEntry('a'), makeEntry('b')]);
      await marks.writeAlone([
        { key: 'a', entry: makeEntry('a') },
        { key: 'b', entry: null },
      ]);
      const known = new Map(await marks.pairs());
      const asked: unknown[] = [];
      const puts = ['a', 'b', 'c', 'd'].map((key) => stamped(key, 2 ** 52));
      const stored = await marks.putIf(puts, (entry, mark) => {
        asked.push([entry.key, mark]);
        return entry.key === 'a' || entry.key === 'd';
      });
      const expected = ['a', 'b', 'c', 'd'].map((key) => [key, known.get(key)]);
      trial.same('what putIf asks', asked.sort(), expected);
      trial.same('putIf', stored, [true, false, false, true]);
      trial.same(
        'marks after putIf',
        (await marks.pairs()).map(([key]) => key),
        ['b'],
      );
      trial.sameSet('keys after putIf', await marks.tier.keys(), ['a', 'd']);
      trial.same('version after putIf', await versionIn(marks.tier, 'd'), 2 ** 52);
    },
  },
  {
    name: 'removes only what is still unwanted, and its mark',
    rule: 'marks',
    run: async (trial) => {
      const marks = await marked(trial, [makeEntry('c')]);
      await marks.writeAlone(['a', 'b'].map((key) => ({ key, entry: makeEntry(key) })));
      const asked: unknown[] = [];
      const removed = await marks.deleteIf(['a', 'b', 'c', 'd'], (key, mark) => {
        asked.push([key, mark]);
        return key !== 'b';
      });
      trial.same('what deleteIf asks', asked.sort(), [
        ['a', 0],
        ['b', 0],
        ['c', undefined],
        ['d', undefined],
      ]);
      trial.same('deleteIf', removed, [true, false, true, false]);
      trial.same('marks after deleteIf', await marks.pairs(), [['b', 0]]);
      trial.same('keys after deleteIf', await marks.tier.keys(), ['b']);
    },
  },
  {
    name: 'asks under its lock whether an entry is wanted',
    rule: 'marks',
    run: async (trial) => {
      const tiers = await Promise.all(Array.from({ length: 4 }, () => marked(trial, [])));
      // What a base knows: the version of its last write. Each writer makes the next one, then stores it here.
      let base = 0;
      const write = async (marks: ObservedMarks) => {
        await sleep(Math.random() * SPREAD_MS);
        base += 2;
        return marks.putIf([stamped('a', base)], (entry) => versionOf(entry) === base);
      };
      for (let round = 0; round < ROUNDS; round++) {
        await Promise.all([...tiers, ...tiers].map(write));
        trial.same('version after writes of several instances', await versionIn(tiers[0]!.tier, 'a'), base);
      }
      const remove = (marks: ObservedMarks) => {
        const version = base;
        return marks.deleteIf(['a'], () => base === version);
      };
      await Promise.all([remove(tiers[0]!), write(tiers[1]!), remove(tiers[2]!), write(tiers[3]!)]);
      trial.same('version after removals that were outdated', await versionIn(tiers[0]!.tier, 'a'), base);
    },
  },
  {
    name: 'reads and changes a record in one step',
    rule: 'marks',
    run: async (trial) => {
      const tiers = await Promise.all(Array.from({ length: 3 }, () => marked(trial, [])));
      await tiers[0]!.putIf([stampEntry(makeEntry('a', { failureCount: 0 }), 2)]);
      const add = (marks: ObservedMarks) =>
        marks.change('a', ({ entry }) => ({
          put: stampEntry(entry!.with({ failureCount: entry!.failureCount + 1 }), versionOf(entry!) + 2),
        }));
      const work: Promise<boolean>[] = [];
      for (let round = 0; round < ROUNDS; round++) for (const marks of tiers) work.push(add(marks));
      trial.same('answers of change', new Set(await Promise.all(work)), new Set([true]));
      const entry = await tiers[1]!.tier.peek('a');
      trial.same('failureCount after changes of several instances', entry?.failureCount, ROUNDS * tiers.length);
      trial.same('version after them', entry && versionOf(entry), 2 + 2 * ROUNDS * tiers.length);
    },
  },
  {
    name: 'shows a record and its mark to a change, and makes what it decides',
    rule: 'marks',
    run: async (trial) => {
      const marks = await marked(trial, []);
      await marks.putIf([stamped('b', 50)]);
      const [version] = (await marks.writeAlone([{ key: 'a', entry: makeEntry('a', { source: 'alone' }) }]))!;
      const seen: unknown[] = [];
      const look = (key: string, change?: object) =>
        marks.change(key, ({ entry, mark }) => {
          seen.push([entry?.source, entry && versionOf(entry), mark]);
          return change;
        });
      await look('a');
      await look('b');
      await look('c');
      await look('a', { unmark: true });
      await look('a', { put: stamped('a', 60, 'changed') });
      await look('a', { drop: true });
      await look('a');
      trial.same('what change was shown', seen, [
        ['alone', version, 0],
        ['stamped', 50, undefined],
        [undefined, undefined, undefined],
        ['alone', version, 0],
        ['alone', version, undefined],
        ['changed', 60, undefined],
        [undefined, undefined, undefined],
      ]);
      trial.same('keys afterwards', await marks.tier.keys(), ['b']);
    },
  },
  {
    name: 'ends an operation with the error of its function, and changes nothing',
    rule: 'marks',
    run: async (trial) => {
      const marks = await marked(trial, [stamped('b', 50)]);
      await marks.writeAlone([{ key: 'a', entry: makeEntry('a') }]);
      const before = [await versionIn(marks.tier, 'a'), await marks.pairs()];
      const planted = new RangeError('planted');
      const fail = () => {
        throw planted;
      };
      const calls: readonly (() => Promise<unknown>)[] = [
        () => marks.putIf([stamped('a', 2 ** 52)], fail),
        () => marks.deleteIf(['a'], fail),
        () => marks.change('a', fail),
      ];
      for (const call of calls) {
        let error: unknown;
        await Promise.resolve()
          .then(call)
          .catch((thrown: unknown) => {
            error = thrown;
          });
        trial.same('error of an operation whose function throws', error, planted);
      }
      trial.same('version and marks afterwards', [await versionIn(marks.tier, 'a'), await marks.pairs()], before);
      trial.same('failureCount', marks.tier.raw.failureCount, 0);
    },
  },
  {
    name: 'neither evicts nor expires what is marked',
    rule: 'marks',
    run: async (trial) => {
      const marks = await marked(trial, [], { config: { maxEntries: 2 } });
      const { tier } = marks;
      await marks.writeAlone([{ key: 'a', entry: makeEntry('a') }]);
      for (const key of ['b', 'c', 'd']) await tier.put(makeEntry(key));
      trial.sameSet('keys after puts into a full tier', await tier.keys(), ['a', 'd']);
      trial.clock.advance(HOUR);
      trial.same('get of a marked entry that has expired', await tier.get('a'), undefined);
      trial.same('cleanupExpired', await tier.cleanupExpired(), 1);
      await tier.put(makeEntry('e', {}, trial.clock.now()));
      await tier.put(makeEntry('f', {}, trial.clock.now()));
      let kept: string | undefined;
      await marks.change('a', ({ entry }) => {
        kept = entry?.key;
        return { unmark: true };
      });
      trial.same('the marked entry, read by change after all this', kept, 'a');
      trial.same('cleanupExpired once it is not marked', await tier.cleanupExpired(), 1);
    },
  },
  {
    name: 'keeps everything while everything is marked',
    rule: 'marks',
    run: async (trial) => {
      const marks = await marked(trial, [makeEntry('a')]);
      trial.same('markAll', await marks.markAll(), true);
      trial.clock.advance(HOUR);
      trial.same('cleanupExpired', await marks.tier.cleanupExpired(), 0);
      let found: unknown;
      await marks.change('a', ({ entry, mark }) => {
        found = [entry?.key, mark];
        return undefined;
      });
      trial.same('the entry and its mark', found, ['a', 0]);
      trial.same('unmarkAll with another mark', await marks.unmarkAll(5), false);
      trial.same('unmarkAll', await marks.unmarkAll(0), true);
      trial.same('marks afterwards', await marks.pairs(), []);
      trial.same('cleanupExpired', await marks.tier.cleanupExpired(), 1);
    },
  },
  {
    name: 'leaves marks as they are in put, delete and clear, and when it is reopened',
    rule: 'marks',
    run: async (trial) => {
      const marks = await marked(trial, []);
      const { tier } = marks;
      await marks.writeAlone(['a', 'b', 'c'].map((key) => ({ key, entry: makeEntry(key) })));
      const before = await marks.pairs();
      trial.same('marks of three writes', before, [
        ['a', 0],
        ['b', 0],
        ['c', 0],
      ]);
      await tier.put(makeEntry('a'));
      await tier.delete('b');
      trial.same('marks after put and delete', await marks.pairs(), before);
      await tier.clear();
      trial.same('marks after clear', await marks.pairs(), before);
      const other = new ObservedMarks(await trial.tier());
      trial.same('marks read by another instance', await other.pairs(), before);
      await other.deleteIf(['a']);
      trial.same('marks after a change by another instance', await marks.pairs(), before.slice(1));
      await tier.close();
      trial.same('marks when it is reopened', await marks.pairs(), before.slice(1));
    },
  },
];

export const marks: CheckGroup = {
  name: 'marks',
  checks: ({ capabilities }) =>
    capabilities.marks
      ? [...checks, ...markedWrites, ...markedUpdates, ...(capabilities.persistent ? marksAcrossProcesses : [])]
      : [],
};
