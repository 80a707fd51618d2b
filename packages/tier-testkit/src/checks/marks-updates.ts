import type { CacheEntry } from '@pw/cache-models';
import { stampEntry, versionOf } from '@pw/cache-models/tier';
import { START } from '@pw/test-support/doubles';
import { makeEntry } from '../samples/make-entry.ts';
import { ObservedMarks } from '../trial/observed-marks.ts';
import type { Trial } from '../trial/trial.ts';
import type { Check } from './check.ts';

const ROUNDS = 20;
/** Above every version that a clock of the kit gives. */
const FAR = 2 ** 52;

async function marked(trial: Trial): Promise<ObservedMarks> {
  return new ObservedMarks(await trial.tierWith([]));
}

const failed = (entry: CacheEntry) => entry.with({ failureCount: entry.failureCount + 1 });

async function countIn(marks: ObservedMarks, key: string): Promise<number | undefined> {
  return (await marks.tier.peek(key))?.failureCount;
}

/** Checks of the changes that a tier makes alone. */
export const markedUpdates: readonly Check[] = [
  {
    name: 'stores what a change alone makes of the entry, with a mark and a version above all it knows',
    rule: 'marks',
    run: async (trial) => {
      const marks = await marked(trial);
      const stored = makeEntry('a', { username: 'user', password: 'word', failureCount: 3 });
      await marks.putIf([stampEntry(stored, FAR)]);
      const given: CacheEntry[] = [];
      const change = (entry: CacheEntry) => {
        given.push(entry);
        return failed(entry);
      };
      const first = (await marks.updateAlone('a', change)) ?? undefined;
      trial.same('entries that change received', given.map(versionOf), [FAR]);
      trial.sameEntry('entry that change received', given[0], stored);
      trial.sameEntry('answer of updateAlone', first, failed(stored));
      const version = versionOf(first!);
      trial.holds('version of the answer', version > FAR && version % 2 === 1, `odd, above ${FAR}`, version);
      const other = new ObservedMarks(await trial.tier());
      for (const { tier } of [marks, other]) {
        const found = await tier.get('a');
        trial.sameEntry('get after updateAlone', found, failed(stored));
        trial.same('version of the stored entry', versionOf(found!), version);
      }
      trial.same('marks after updateAlone', await other.pairs(), [['a', 0]]);
      const after = version + 1000;
      const second = versionOf((await other.updateAlone('a', failed, after))!);
      trial.holds('version of a later change', second > after && second % 2 === 1, `odd, above ${after}`, second);
      trial.same('failureCount after two changes', await countIn(marks, 'a'), 5);
    },
  },
  {
    name: 'removes an entry alone if a change makes null of it',
    rule: 'marks',
    run: async (trial) => {
      const marks = await marked(trial);
      await marks.putIf(['a', 'b'].map((key) => stampEntry(makeEntry(key), FAR)));
      trial.same('answer of updateAlone', await marks.updateAlone('a', () => null), null);
      trial.same('keys afterwards', await marks.tier.keys(), ['b']);
      trial.same('keys that are marked', [...(await marks.read())!.keys()], ['a']);
      const mark = (await marks.read())!.get('a')!;
      trial.holds('mark of the removal', mark > FAR && mark % 2 === 1, `odd, above ${FAR}`, mark);
    },
  },
  {
    name: 'changes nothing alone without a live entry, or if the change makes undefined of it',
    rule: 'marks',
    run: async (trial) => {
      const marks = await marked(trial);
      const entries = [makeEntry('old', { expiresAt: START + 10 }), makeEntry('gone'), makeEntry('left')];
      await marks.putIf(entries.map((entry) => stampEntry(entry, 50)));
      await marks.writeAlone([
        { key: 'gone', entry: null },
        { key: 'half', entry: null },
      ]);
      // As if the process had been killed between the mark and the removal.
      await marks.change('half', () => ({ put: stampEntry(makeEntry('half'), 50) }));
      trial.clock.advance(10);
      const before = await marks.pairs();
      const asked: string[] = [];
      for (const key of ['old', 'gone', 'half', 'never', 'left']) {
        const answer = await marks.updateAlone(key, (entry) => {
          asked.push(entry.key);
          return entry.key === 'left' ? undefined : entry.with({ expiresAt: START + 100_000 });
        });
        trial.same(`answer of updateAlone("${key}")`, answer, undefined);
      }
      trial.same('keys of which change received an entry', asked, ['left']);
      trial.same('marks afterwards', await marks.pairs(), before);
      const left = await marks.tier.peek('left');
      trial.sameEntry('the entry that was left', left, makeEntry('left'));
      trial.same('its version', left && versionOf(left), 50);
    },
  },
  {
    name: 'loses no change that several instances make alone',
    rule: 'marks',
    run: async (trial) => {
      const all = await Promise.all(Array.from({ length: 3 }, () => marked(trial)));
      await all[0]!.putIf([stampEntry(makeEntry('a', { failureCount: 0 }), 50)]);
      const work: Promise<CacheEntry | null | undefined>[] = [];
      for (let round = 0; round < ROUNDS; round++) for (const marks of all) work.push(marks.updateAlone('a', failed));
      const answers = (await Promise.all(work)).map((entry) => entry?.failureCount);
      const counts = Array.from({ length: work.length }, (_, i) => i + 1);
      trial.same('failureCount of each answer', new Set(answers), new Set(counts));
      for (const marks of all) trial.same('failureCount after all changes', await countIn(marks, 'a'), work.length);
    },
  },
  {
    name: 'changes nothing alone if the change throws or makes something else',
    rule: 'arguments',
    run: async (trial) => {
      const marks = await marked(trial);
      await marks.putIf([stampEntry(makeEntry('a'), 50)]);
      const planted = new RangeError('planted');
      const fail = () => {
        throw planted;
      };
      const error = await marks.updateAlone('a', fail).catch((thrown: unknown) => thrown);
      trial.same('error of updateAlone with a change that throws', error, planted);
      for (const value of [{}, 'a', makeEntry('b'), Promise.resolve(makeEntry('a'))])
        await trial.refuses('updateAlone with a change that is wrong', () =>
          marks.updateAlone('a', () => value as never),
        );
      trial.same('failureCount of the tier', marks.tier.raw.failureCount, 0);
      trial.same('marks afterwards', await marks.pairs(), []);
      const left = await marks.tier.peek('a');
      trial.sameEntry('the entry afterwards', left, makeEntry('a'));
      trial.same('its version', left && versionOf(left), 50);
    },
  },
];
