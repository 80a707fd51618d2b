import { setTimeout as sleep } from 'node:timers/promises';
import { versionOf } from '@pw/cache-models/tier';
import { TierProcess } from '../processes/tier-process.ts';
import { makeEntry } from '../samples/make-entry.ts';
import { ObservedMarks } from '../trial/observed-marks.ts';
import type { Trial } from '../trial/trial.ts';
import type { Check } from './check.ts';

const DEFAULT_KILLS = 10;
/** The longest time of writing before a kill, in milliseconds. */
const LONGEST_LIFE = 150;
const CHANGES = 60;
/** How long a child process holds the lock, and how long a write may wait for it: milliseconds. */
const HELD_MS = 700;
const PATIENCE_MS = 100;

/** Checks of marks with several processes on one store. */
export const marksAcrossProcesses: readonly Check[] = [
  {
    name: 'has a mark for everything that it wrote alone when its process is killed',
    rule: 'marks',
    slow: true,
    run: async (trial) => {
      const kills = trial.subject.kills ?? DEFAULT_KILLS;
      for (let kill = 1; kill <= kills; kill++) await killAndSurvey(trial, `life ${kill}`);
    },
  },
  {
    name: 'loses no change that several processes make at the same time',
    rule: 'marks',
    slow: true,
    run: async (trial) => {
      const marks = new ObservedMarks(await trial.tierWith([makeEntry('a', { failureCount: 0 })]));
      await TierProcess.run(trial, { command: 'serve' }, async (there) => {
        const theirs = there.request({ operation: 'change', keys: ['a'], count: CHANGES });
        theirs.catch(() => {});
        for (let n = 0; n < CHANGES; n++)
          await marks.change('a', ({ entry }) => ({ put: entry!.with({ failureCount: entry!.failureCount + 1 }) }));
        trial.same('changes made by another process', await theirs, CHANGES);
      });
      trial.same(
        'failureCount after changes of two processes',
        (await marks.tier.peek('a'))?.failureCount,
        2 * CHANGES,
      );
    },
  },
  {
    name: 'makes no write alone that could not begin in its time',
    rule: 'marks',
    slow: true,
    run: async (trial) => {
      const marks = new ObservedMarks(await trial.tierWith([makeEntry('a')]));
      await TierProcess.run(trial, { command: 'serve' }, async (there) => {
        const held = there.request({ operation: 'hold', keys: ['a'], count: HELD_MS });
        held.catch(() => {});
        // The other process reports the moment at which it has the lock.
        trial.same('a change in another process', await held, 'held');
        const entry = makeEntry('a', { source: 'late' });
        const write = marks.writeAlone([{ key: 'a', entry }], 0, PATIENCE_MS);
        const update = marks.updateAlone('a', () => entry, 0, PATIENCE_MS);
        trial.same('writeAlone while another process holds the lock', await write, undefined);
        trial.same('updateAlone while another process holds the lock', await update, undefined);
        trial.same('the end of the change', await there.next(), 'released');
      });
      trial.same('source afterwards', (await marks.tier.get('a'))?.source, makeEntry('a').source);
      trial.same('marks afterwards', await marks.pairs(), []);
      marks.tier.raw.resetFailures();
    },
  },
];

/** Lets a process write alone, kills it at a random moment, and looks at what it left. */
async function killAndSurvey(trial: Trial, prefix: string): Promise<void> {
  const done = await TierProcess.run(trial, { command: 'writeAlone', prefix }, async (child) => {
    await child.next();
    await sleep(Math.random() * LONGEST_LIFE);
    child.kill();
    await child.end();
    return 1 + child.takeReported().length;
  });
  const marks = new ObservedMarks(await trial.tier());
  const found = (await marks.read())!;
  for (let count = 0; count <= done; count++) {
    const key = `${prefix}-${count}`;
    const entry = await marks.tier.peek(key);
    const mark = found.get(key);
    const what = `after kill -9, ${done} writes acknowledged`;
    if (count < done)
      trial.same(`"${key}" is there, ${what}`, [entry !== undefined, mark !== undefined], [count % 3 !== 2, true]);
    else if (entry !== undefined)
      trial.same(`mark of the write under way (version ${versionOf(entry)}), ${what}`, mark !== undefined, true);
  }
  await marks.tier.close();
}
