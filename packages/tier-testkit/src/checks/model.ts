import type { Arbitrary } from 'fast-check';
import { type Command, ModelRun } from '../histories/model-run.ts';
import { tryHistories } from '../histories/try-histories.ts';
import { HOUR } from '../samples/make-entry.ts';
import { subFolder } from '../trial/sub-folder.ts';
import { Trial } from '../trial/trial.ts';
import type { Check, CheckGroup } from './check.ts';

const DEFAULT_RUNS = 100;
const LONGEST = 30;
/** Few, so that commands share keys; some differ only slightly. */
const KEYS = ['a', 'b', 'A', 'a ', 'é', 'e\u0301', '__proto__'];
const LIVES = [HOUR, HOUR, 1000, 500, 1, 0, -1];

/** Random histories of all operations of a tier. */
function histories({ subject: { fastCheck } }: Trial): Arbitrary<Command[]> {
  const { array, constantFrom, constant, oneof, tuple } = fastCheck;
  const key = constantFrom(...KEYS);
  const keys = array(key, { maxLength: 5 });
  const life = constantFrom(...LIVES);
  const alone = constantFrom('clear', 'cleanup', 'size', 'keys', 'entries', 'reopen', 'renew');
  const command: Arbitrary<Command> = oneof(
    { weight: 6, arbitrary: tuple(constant('put'), key, life) },
    { weight: 5, arbitrary: tuple(constantFrom('get', 'delete', 'has', 'peek'), key) },
    { weight: 2, arbitrary: tuple(constantFrom('getMany', 'deleteMany'), keys) },
    { weight: 2, arbitrary: tuple(constant('putMany'), array(tuple(key, life), { maxLength: 5 })) },
    { weight: 2, arbitrary: tuple(constant('advance'), constantFrom(1, 499, 500, 1000, HOUR - 1, HOUR)) },
    { weight: 4, arbitrary: tuple(alone) },
  );
  return array(command, { maxLength: LONGEST });
}

const checks: Check[] = [
  {
    name: 'behaves like a plain map in random histories',
    rule: 'stores',
    run: async (trial) => {
      let count = 0;
      await tryHistories(trial, histories(trial), trial.subject.runs ?? DEFAULT_RUNS, async (history) => {
        const directory = await subFolder(trial, count++);
        const inner = new Trial(trial.module, trial.subject, directory, trial.rule);
        try {
          const run = new ModelRun(inner, await inner.tier());
          for (const command of history) await run.do(command);
          await run.compare();
          await inner.finish();
        } catch (error) {
          await inner.abandon();
          throw error;
        }
      });
    },
  },
];

export const model: CheckGroup = { name: 'model', checks: () => checks };
