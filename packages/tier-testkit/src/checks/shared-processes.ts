import { TierProcess } from '../processes/tier-process.ts';
import { numberedEntry } from '../samples/numbered-entry.ts';
import type { ObservedTier } from '../trial/observed-tier.ts';
import { plainEntry } from '../trial/plain-entry.ts';
import type { Trial } from '../trial/trial.ts';
import type { Check } from './check.ts';

const MANY = 40;

/** A tier in this process, and another on the same store in a child process. */
async function withOtherProcess(
  trial: Trial,
  use: (here: ObservedTier, there: TierProcess) => Promise<void>,
): Promise<void> {
  const here = await trial.tier();
  await here.open();
  await TierProcess.run(trial, { command: 'serve' }, (there) => use(here, there));
}

/** The entry as a child process reports it, as JSON. */
function asReported(key: string, count: number): unknown {
  return JSON.parse(JSON.stringify(plainEntry(numberedEntry(key, count))));
}

const keysOf = (prefix: string) => Array.from({ length: MANY }, (_, at) => `${prefix}-${at}`);

/** Checks with several processes on one store, which locks or caches inside one process cannot pass. */
export const acrossProcesses: readonly Check[] = [
  {
    name: 'sees the writes of another process immediately',
    rule: 'shared',
    slow: true,
    run: (trial) =>
      withOtherProcess(trial, async (here, there) => {
        await here.put(numberedEntry('a', 1));
        trial.same(
          'get in another process after a put',
          await there.request({ operation: 'get', keys: ['a'] }),
          asReported('a', 1),
        );
        await there.request({ operation: 'put', keys: ['a', 'b'], count: 2 });
        for (const key of ['a', 'b'])
          trial.sameEntry(`get("${key}") after a put in another process`, await here.get(key), numberedEntry(key, 2));
        trial.same('delete of an entry put by another process', await here.delete('a'), true);
        trial.same(
          'has in another process after a delete',
          await there.request({ operation: 'has', keys: ['a'] }),
          false,
        );
        trial.same('keys in another process after a delete', await there.request({ operation: 'keys' }), ['b']);
        trial.same('clear in another process', await there.request({ operation: 'clear' }), 1);
        trial.same('size after clear in another process', await here.size(), 0);
        await here.put(numberedEntry('c', 3));
        trial.same('entries in another process after clear', await there.request({ operation: 'entries' }), ['c']);
      }),
  },
  {
    name: 'loses no write when several processes write concurrently',
    rule: 'shared',
    slow: true,
    run: (trial) =>
      withOtherProcess(trial, async (here, there) => {
        const [mine, theirs] = [keysOf('here'), keysOf('there')];
        const puts = there.request({ operation: 'put', keys: theirs, count: 5 });
        puts.catch(() => {});
        for (const key of mine)
          trial.same(`put("${key}") beside another process`, await here.put(numberedEntry(key, 5)), true);
        trial.same('puts acknowledged in another process', await puts, MANY);
        for (const key of [...mine, ...theirs])
          trial.sameEntry(`get("${key}") after puts of two processes`, await here.get(key), numberedEntry(key, 5));
        trial.sameSet('keys in another process', (await there.request({ operation: 'keys' })) as string[], [
          ...mine,
          ...theirs,
        ]);
      }),
  },
  {
    name: 'lets only one of two processes delete an entry',
    rule: 'shared',
    slow: true,
    run: (trial) =>
      withOtherProcess(trial, async (here, there) => {
        const keys = keysOf('key');
        await here.putMany(keys.map((key) => numberedEntry(key, 1)));
        let removed = 0;
        for (const key of keys) {
          const deletion = there.request({ operation: 'delete', keys: [key] });
          deletion.catch(() => {});
          const [one, other] = [await here.delete(key), await deletion];
          removed += Number(one) + Number(other);
        }
        trial.same('deletes that returned true, with one per key in each process', removed, MANY);
        trial.same('size afterwards', await here.size(), 0);
      }),
  },
];
