import { setTimeout as sleep } from 'node:timers/promises';
import type { CacheEntry } from '@pw/cache-models';
import { expectContents } from '../assertions/holds-exactly.ts';
import { ExpectedStore, writeStep } from '../histories/write-step.ts';
import { TierProcess } from '../processes/tier-process.ts';
import { makeEntry } from '../samples/make-entry.ts';
import type { Trial } from '../trial/trial.ts';
import type { Check, CheckGroup } from './check.ts';

const DEFAULT_KILLS = 10;
/** The longest time of writing before a kill, in milliseconds. */
const LONGEST_LIFE = 150;

const checks: Check[] = [
  {
    name: 'keeps every acknowledged write when its process is killed',
    rule: 'persistent',
    slow: true,
    run: async (trial) => {
      const store = new ExpectedStore();
      const kills = trial.subject.kills ?? DEFAULT_KILLS;
      for (let kill = 1; kill <= kills; kill++) {
        const prefix = `life ${kill}`;
        const done = await killWhileWriting(trial, prefix);
        for (let count = 0; count < done; count++) store.apply(writeStep(prefix, count));
        await checkAfterKill(trial, store, prefix, done);
      }
    },
  },
  {
    name: 'keeps every acknowledged write when its process exits without close',
    rule: 'persistent',
    slow: true,
    run: async (trial) => {
      const store = new ExpectedStore();
      // The last step is a batch, a put and a delete.
      for (const [life, steps] of [22, 24, 25].entries()) {
        const prefix = `life ${life}`;
        await writeAndExit(trial, prefix, steps);
        for (let count = 0; count < steps; count++) store.apply(writeStep(prefix, count));
        const tier = await trial.tier();
        const received = await Promise.all([...store.entries.values()].map(({ key }) => tier.get(key)));
        const expected = [...store.entries.values()].map((entry, at) => withAccessOf(entry, received[at]));
        await expectContents(trial, tier, expected, 'after process.exit without close');
        await tier.close();
      }
    },
  },
];

const transientChecks: Check[] = [
  {
    name: 'keeps no entries across a process exit unless it claims persistent',
    rule: 'persistent',
    slow: true,
    run: async (trial) => {
      await writeAndExit(trial, 'key', 20);
      const tier = await trial.tier();
      trial.same('keys in a new process, with persistent: false', await tier.keys(), []);
    },
  },
];

/** Lets a process write, kills it at a random moment, and returns the number of steps that it acknowledged. */
function killWhileWriting(trial: Trial, prefix: string): Promise<number> {
  return TierProcess.run(trial, { command: 'write', prefix }, async (child) => {
    await child.next();
    await sleep(Math.random() * LONGEST_LIFE);
    child.kill();
    await child.end();
    return 1 + child.takeReported().length;
  });
}

async function checkAfterKill(trial: Trial, store: ExpectedStore, prefix: string, done: number): Promise<void> {
  const tier = await trial.tier();
  // The step in progress may or may not have been applied.
  const step = writeStep(prefix, done);
  const keys = 'remove' in step ? [step.remove] : step.put.map(({ key }) => key);
  const received = new Map(await Promise.all(keys.map(async (key) => [key, await tier.get(key)] as const)));
  store.settle(step, (key) => received.get(key));
  await expectContents(trial, tier, store.entries.values(), `after kill -9, ${done} steps of "${prefix}" acknowledged`);
  const entry = makeEntry(`after ${prefix}`);
  trial.same('put after kill -9', await tier.put(entry), true);
  store.apply({ put: [entry] });
  await tier.close();
}

function writeAndExit(trial: Trial, prefix: string, count: number): Promise<unknown> {
  return TierProcess.run(trial, { command: 'exit', prefix, count }, async (child) => {
    await child.next();
    return child.end();
  });
}

/** Recorded accesses may be written late, so either count is right. */
function withAccessOf(entry: CacheEntry, received: CacheEntry | undefined): CacheEntry {
  return received === undefined
    ? entry
    : entry.with({ accessCount: received.accessCount, lastAccessed: received.lastAccessed });
}

export const persistent: CheckGroup = {
  name: 'persistent',
  checks: ({ capabilities }) => (capabilities.persistent ? checks : transientChecks),
};
