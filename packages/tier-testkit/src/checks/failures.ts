import { readdir } from 'node:fs/promises';
import { HOUR, makeEntry } from '../samples/make-entry.ts';
import { HELD, operationsOf } from '../samples/operations.ts';
import type { Check, CheckGroup } from '../suite/conformance-test.ts';
import type { ObservedTier } from '../trial/observed-tier.ts';
import type { Trial } from '../trial/trial.ts';

const FAULT = new Error('a fault that a test made up');

const checks: Check[] = [
  {
    name: 'is off too early or too late after failures',
    rule: 'failures',
    run: async (trial) => {
      for (const failureThreshold of [1, 2, 5]) {
        const tier = await trial.tier({ failureThreshold });
        trial.same('failureThreshold', tier.raw.failureThreshold, failureThreshold);
        trial.same('failureCount of a new tier', tier.raw.failureCount, 0);
        await tier.open();
        for (let count = 1; count <= failureThreshold; count++) {
          trial.same(`enabled after ${count - 1} failures of ${failureThreshold}`, tier.enabled, true);
          tier.raw.handleFailure(FAULT);
          trial.same(`failureCount after ${count} failures`, tier.raw.failureCount, count);
        }
        trial.same(`enabled after ${failureThreshold} failures of ${failureThreshold}`, tier.enabled, false);
      }
    },
  },
  {
    name: 'counts failures that a success should have forgotten',
    rule: 'failures',
    run: async (trial) => {
      const tier = await trial.tierWith(HELD, { failureThreshold: 3 });
      for (const { name, ask } of operationsOf(tier)) {
        tier.raw.handleFailure(FAULT);
        tier.raw.handleFailure(FAULT);
        await ask(tier);
        trial.same(`failureCount after two failures and a successful ${name}`, tier.raw.failureCount, 0);
        trial.same(`enabled after two failures and a successful ${name}`, tier.enabled, true);
      }
    },
  },
  {
    name: 'forgets failures of the past in totalFailures',
    rule: 'failures',
    run: async (trial) => {
      const tier = await trial.tierWith(HELD);
      const before = tier.raw.totalFailures;
      if (before === undefined) return;
      tier.raw.handleFailure(FAULT);
      await tier.get('a');
      tier.raw.handleFailure(FAULT);
      tier.raw.resetFailures();
      trial.same('totalFailures after failure, success, failure, reset', tier.raw.totalFailures, before + 2);
    },
  },
  {
    name: 'answers, throws or changes something while it is off',
    rule: 'disabled',
    run: async (trial) => {
      const expired = makeEntry('expired', { expiresAt: trial.clock.now() + 1 });
      const tier = await trial.tierWith([...HELD, expired]);
      trial.clock.advance(1);
      switchOff(trial, tier);
      for (const { name, ask, off } of operationsOf(tier))
        trial.same(`${name} of a tier that is off`, await ask(tier), off);
      trial.same('enabled after operations on a tier that is off', tier.enabled, false);
      tier.raw.resetFailures();
      await holdsWhatItHeld(trial, tier, 'after it was off');
      trial.same(
        'cleanupExpired with one expired entry, which stood there all the time',
        await tier.cleanupExpired(),
        1,
      );
    },
  },
  {
    name: 'stays off, or lost something, after resetFailures',
    rule: 'recovers',
    run: async (trial) => {
      const tier = await trial.tierWith(HELD);
      switchOff(trial, tier);
      tier.raw.resetFailures();
      trial.same('enabled after resetFailures', tier.enabled, true);
      trial.same('failureCount after resetFailures', tier.raw.failureCount, 0);
      await holdsWhatItHeld(trial, tier, 'after resetFailures');
      const entry = makeEntry('new');
      trial.same('put after resetFailures', await tier.put(entry), true);
      trial.sameEntry('get of it', await tier.get('new'), entry);
      tier.raw.handleFailure(FAULT);
      trial.same('failureCount after one more failure', tier.raw.failureCount, 1);
      trial.same('enabled after one more failure', tier.enabled, true);
    },
  },
  {
    name: 'shows an entry that expired while it was off',
    rule: 'recovers',
    run: async (trial) => {
      const tier = await trial.tierWith([makeEntry('a'), makeEntry('b', { expiresAt: trial.clock.now() + 2 * HOUR })]);
      switchOff(trial, tier);
      trial.clock.advance(HOUR);
      tier.raw.resetFailures();
      trial.same('keys after resetFailures', await tier.keys(), ['b']);
      trial.same('get of the expired one', await tier.get('a'), undefined);
    },
  },
  {
    name: 'works although its configuration says off',
    rule: 'disabled',
    run: async (trial) => {
      const tier = await trial.tier({ config: { enabled: false } });
      trial.same('enabled of a tier whose configuration says off', tier.enabled, false);
      for (const when of ['before', 'after']) {
        for (const { name, ask, off } of operationsOf(tier))
          trial.same(`${name} ${when} resetFailures, configured off`, await ask(tier), off);
        tier.raw.resetFailures();
        trial.same('enabled after resetFailures, configured off', tier.enabled, false, 'recovers');
      }
    },
  },
  {
    name: 'touches the store although its configuration says off',
    rule: 'disabled',
    run: async (trial) => {
      const tier = await trial.tier({ config: { enabled: false } });
      await tier.open();
      for (const { ask } of operationsOf(tier)) await ask(tier);
      await tier.close();
      trial.same('files in the folder', await readdir(trial.directory), []);
    },
  },
];

const withBrokenStore: Check[] = [
  {
    name: 'throws, or makes up an answer, when its store is broken',
    rule: 'absorbs',
    run: async (trial) => {
      const tier = await broken(trial, 1000);
      let count = tier.raw.failureCount;
      for (const { name, ask, off } of operationsOf(tier)) {
        trial.same(`${name} with a broken store`, await ask(tier), off);
        const { failureCount } = tier.raw;
        trial.holds(`failureCount after it`, failureCount > count, `more than ${count}`, failureCount, 'failures');
        count = failureCount;
      }
      await trial.module.mendStore!(trial.directory);
      await holdsWhatItHeld(trial, tier, 'when the store was mended');
      trial.same('failureCount when the store was mended', tier.raw.failureCount, 0, 'failures');
    },
  },
  {
    name: 'lets a promise reject unheard when its store is broken',
    rule: 'unhandled',
    run: async (trial) => {
      const tier = await broken(trial, 1000);
      // Whatever rejects meanwhile is heard by the trial itself.
      await Promise.all(operationsOf(tier).map(({ ask }) => ask(tier)));
      await trial.module.mendStore!(trial.directory);
    },
  },
  {
    name: 'does not switch off when its store stays broken',
    rule: 'failures',
    run: async (trial) => {
      const tier = await broken(trial, 3);
      for (let count = 1; count <= 3; count++) {
        trial.same(`enabled after ${count - 1} failed gets`, tier.enabled, true);
        trial.same('get with a broken store', await tier.get('a'), undefined);
      }
      trial.same('enabled after 3 failed gets', tier.enabled, false);
      await trial.module.mendStore!(trial.directory);
      trial.same('get when the store was mended, before resetFailures', await tier.get('a'), undefined, 'disabled');
      tier.raw.resetFailures();
      await holdsWhatItHeld(trial, tier, 'when the store was mended, after resetFailures');
      trial.same('put when the store was mended', await tier.put(makeEntry('new')), true);
      trial.same('has of it', await tier.has('new'), true);
    },
  },
];

async function broken(trial: Trial, failureThreshold: number): Promise<ObservedTier> {
  const tier = await trial.tierWith(HELD, { failureThreshold });
  tier.countsHold = false;
  await trial.module.breakStore!(trial.directory);
  return tier;
}

function switchOff(trial: Trial, tier: ObservedTier): void {
  for (let count = 0; count < tier.raw.failureThreshold; count++) tier.raw.handleFailure(FAULT);
  trial.same(`enabled after ${tier.raw.failureThreshold} failures`, tier.enabled, false, 'failures');
}

async function holdsWhatItHeld(trial: Trial, tier: ObservedTier, when: string): Promise<void> {
  trial.sameSet(
    `keys ${when}`,
    await tier.keys(),
    HELD.map(({ key }) => key),
  );
  for (const entry of HELD) trial.sameEntry(`get("${entry.key}") ${when}`, await tier.get(entry.key), entry);
  trial.same(`size ${when}`, await tier.size(), HELD.length);
}

export const failures: CheckGroup = {
  name: 'failures',
  checks: ({ module }) => [
    ...checks,
    ...(module.breakStore !== undefined && module.mendStore !== undefined ? withBrokenStore : []),
  ],
};
