import type { Holdings } from '../child/resources.ts';
import { TierProcess } from '../processes/tier-process.ts';
import type { Check, CheckGroup } from './check.ts';

const DEFAULT_CYCLES = 10_000;

const checks: Check[] = [
  {
    name: 'leaves no handle, timer, listener or file behind',
    rule: 'leaves',
    slow: true,
    run: async (trial) => {
      const count = trial.subject.cycles ?? DEFAULT_CYCLES;
      await TierProcess.run(trial, { command: 'cycle', count }, async (child) => {
        let reported: unknown;
        do reported = await child.next();
        while (typeof reported === 'number');
        const { before, after } = reported as { readonly before: Holdings; readonly after: Holdings };
        const more = Object.keys(after).filter((kind) => after[kind]! > (before[kind] ?? 0));
        const of = (held: Holdings) => Object.fromEntries(more.map((kind) => [kind, held[kind] ?? 0]));
        trial.same(
          `resources held after ${count} cycles of open, use and close, compared with the first cycles`,
          of(after),
          of(before),
        );
      });
    },
  },
];

export const leaks: CheckGroup = { name: 'leaks', checks: () => checks };
