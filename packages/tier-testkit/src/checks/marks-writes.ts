import { stampEntry, versionOf } from '@pw/cache-models/tier';
import { makeEntry } from '../samples/make-entry.ts';
import { ObservedMarks } from '../trial/observed-marks.ts';
import type { Trial } from '../trial/trial.ts';
import type { Check } from './check.ts';

async function marked(trial: Trial): Promise<ObservedMarks> {
  return new ObservedMarks(await trial.tierWith([]));
}

/** Checks of the writes that a tier takes alone, and of clears. */
export const markedWrites: readonly Check[] = [
  {
    name: 'gives what it writes alone an odd version above all it knows',
    rule: 'marks',
    run: async (trial) => {
      const marks = await marked(trial);
      const far = 2 ** 52;
      const entry = makeEntry('a', { source: 'alone' });
      const [first] = (await marks.writeAlone([{ key: 'a', entry }], far))!;
      trial.holds('version of a write alone', first! % 2 === 1 && first! > far, `odd and above ${far}`, first);
      const stored = await marks.tier.get('a');
      trial.sameEntry('get after writeAlone', stored, entry);
      trial.same('version of the stored entry', versionOf(stored!), first);
      const [second] = (await marks.writeAlone([{ key: 'a', entry: null }]))!;
      trial.holds(
        'version above that of the entry',
        second! > first! && second! % 2 === 1,
        `odd, above ${first}`,
        second,
      );
      trial.same('get after a removal alone', await marks.tier.get('a'), undefined);
      trial.same('marks after a removal alone', await marks.pairs(), [['a', second]]);
      const [third, other] = (await marks.writeAlone(
        [
          { key: 'a', entry },
          { key: 'b', entry },
        ].map(({ key }) => ({ key, entry: makeEntry(key) })),
      ))!;
      trial.holds(
        'version above that of the mark',
        third! > second! && third! % 2 === 1,
        `odd, above ${second}`,
        third,
      );
      trial.holds('version of another key', other! % 2 === 1, 'an odd number', other);
      const mark = (await marks.read())!.get('a');
      trial.holds('mark of an entry after a removal', mark === 0 || mark === second, `0 or ${second}`, mark);
    },
  },
  {
    name: 'removes everything alone, with a mark above all entries',
    rule: 'marks',
    run: async (trial) => {
      const marks = await marked(trial);
      const far = 2 ** 52;
      await marks.putIf([stampEntry(makeEntry('a'), far), makeEntry('b')]);
      await marks.writeAlone([{ key: 'c', entry: makeEntry('c') }]);
      const version = (await marks.clearAlone(70))!;
      trial.holds('version of a clear alone', version > far && version % 2 === 1, `odd, above ${far}`, version);
      trial.same('keys after clearAlone', await marks.tier.keys(), []);
      trial.same('mark of everything', (await marks.read())!.get(null), version);
      const [later] = (await marks.writeAlone([{ key: 'a', entry: makeEntry('a') }]))!;
      trial.holds('version of a later write', later! > version, `above ${version}`, later);
      let seen: unknown;
      await marks.putIf([stampEntry(makeEntry('d'), 50)], (_entry, mark) => {
        seen = mark;
        return false;
      });
      trial.same('mark that putIf is shown for any key', seen, version);
      trial.same('unmarkAll with another mark', await marks.unmarkAll(version - 2), false);
      trial.same('unmarkAll', await marks.unmarkAll(version), true);
      trial.same('mark of everything after unmarkAll', (await marks.read())!.get(null), undefined);
      trial.same('keys afterwards', await marks.tier.keys(), ['a']);
    },
  },
  {
    name: 'removes what is older than a version, and the marks up to it',
    rule: 'marks',
    run: async (trial) => {
      const marks = await marked(trial);
      const { tier } = marks;
      await marks.putIf([stampEntry(makeEntry('old'), 50), makeEntry('none')]);
      const [low] = (await marks.writeAlone([{ key: 'low', entry: null }]))!;
      await marks.writeAlone([{ key: 'mine', entry: makeEntry('mine') }]);
      const version = 2 ** 52;
      const [high] = (await marks.writeAlone([{ key: 'high', entry: null }], version))!;
      await marks.writeAlone([{ key: 'newer', entry: makeEntry('newer') }], version);
      await marks.putIf([stampEntry(makeEntry('same'), version)]);
      trial.holds('versions', low! < version && version < high!, 'in order', [low, version, high]);
      trial.same('clearOlder', await marks.clearOlder(version), true);
      trial.sameSet('keys after clearOlder', await tier.keys(), ['newer', 'same']);
      // The mark of an entry that stays says that the base may miss it.
      trial.same('marks after clearOlder', await marks.pairs(), [
        ['high', high],
        ['newer', 0],
      ]);
      await marks.clearAlone();
      const mark = (await marks.read())!.get(null)!;
      await marks.clearOlder(mark - 1);
      trial.same('mark of everything after clearOlder below it', (await marks.read())!.get(null), mark);
      await marks.clearOlder(mark);
      trial.same('mark of everything after clearOlder with it', (await marks.read())!.get(null), undefined);
    },
  },
  {
    name: 'refuses invalid arguments for marks',
    rule: 'arguments',
    run: async (trial) => {
      const marks = await marked(trial);
      const { raw } = marks;
      const entry = makeEntry('a');
      const alone = { after: 0, timeoutMs: 1000 };
      const call = (what: string, work: () => unknown) =>
        trial.refuses(`marks.${what}`, () => Promise.resolve().then(work));
      await call('putIf of no list', () => raw.putIf(entry as never, () => true));
      await call('putIf of a plain object', () => raw.putIf([{ key: 'a' } as never], () => true));
      await call('putIf without a function', () => raw.putIf([entry], true as never));
      await call('isMarked(5)', () => raw.isMarked(5 as never));
      await call('deleteIf of a number', () => raw.deleteIf([5 as never], () => true));
      await call('deleteIf without a function', () => raw.deleteIf(['a'], undefined as never));
      await call('writeAlone of no list', () => raw.writeAlone('a' as never, alone));
      await call('writeAlone under another key', () => raw.writeAlone([{ key: 'b', entry }], alone));
      await call('writeAlone after -1', () => raw.writeAlone([{ key: 'a', entry }], { ...alone, after: -1 }));
      await call('updateAlone(5)', () => raw.updateAlone(5 as never, () => null, alone));
      await call('updateAlone without a function', () => raw.updateAlone('a', null as never, alone));
      await call('updateAlone after -1', () => raw.updateAlone('a', () => null, { ...alone, after: -1 }));
      await call('clearAlone after "1"', () => raw.clearAlone({ ...alone, after: '1' as never }));
      await call('clearOlder(-1)', () => raw.clearOlder(-1));
      await call('unmarkAll(0.5)', () => raw.unmarkAll(0.5));
      await call('change(5)', () => raw.change(5 as never, () => undefined));
      await call('change without a function', () => raw.change('a', null as never));
      await call('change that puts another key', () => raw.change('a', () => ({ put: makeEntry('b') })));
      trial.same('keys afterwards', await marks.tier.keys(), []);
      trial.same('marks afterwards', await marks.pairs(), []);
    },
  },
];
