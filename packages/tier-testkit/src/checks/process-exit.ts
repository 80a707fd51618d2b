import type { ContractRule } from '../contract/contract-rules.ts';
import { ExpectedStore, writeStep } from '../histories/write-step.ts';
import { TierProcess } from '../processes/tier-process.ts';
import type { Trial } from '../trial/trial.ts';
import type { Check, CheckGroup } from './check.ts';

/** How long a tier may keep an otherwise idle process alive, in milliseconds. */
const MOST = 1000;
const STEPS = 23;

const checks: Check[] = [
  {
    name: 'lets the process end after close',
    rule: 'leaves',
    slow: true,
    run: (trial) => expectProcessEnd(trial, 'closeAndEnd', ['written', 'closed'], 'leaves'),
  },
  {
    name: 'lets the process end without close and keeps every acknowledged write',
    rule: 'forgotten',
    slow: true,
    run: (trial) => expectProcessEnd(trial, 'end', ['written'], 'forgotten'),
  },
];

async function expectProcessEnd(trial: Trial, command: string, reported: string[], rule: ContractRule): Promise<void> {
  await TierProcess.run(trial, { command, count: STEPS }, async (child) => {
    for (const line of reported) trial.same(`"${command}" in a child process`, await child.next(), line);
    child.closeInput();
    const { code } = await child.end();
    trial.same(`exit code after "${command}"`, code, 0, rule);
    const held = Number(await child.next());
    trial.holds('milliseconds that the process was kept alive', held < MOST, `less than ${MOST}`, held, rule);
  });
  const store = new ExpectedStore();
  for (let count = 0; count < STEPS; count++) store.apply(writeStep('key', count));
  const tier = await trial.tier();
  const expected = tier.raw.capabilities.persistent ? [...store.entries.values()] : [];
  trial.sameSet(
    `keys in a new tier after "${command}"`,
    await tier.keys(),
    expected.map(({ key }) => key),
    rule,
  );
  for (const entry of expected) {
    const received = await tier.get(entry.key);
    // Recorded accesses may be written late: without close, either count is right.
    const access = { accessCount: received?.accessCount ?? 0, lastAccessed: received?.lastAccessed ?? 0 };
    trial.sameEntry(`get("${entry.key}") in a new tier after "${command}"`, received, entry.with(access), rule);
  }
}

export const processExit: CheckGroup = { name: 'process exit', checks: () => checks };
