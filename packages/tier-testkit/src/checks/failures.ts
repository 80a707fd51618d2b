import { readdir } from 'node:fs/promises';
import { HOUR, makeEntry } from '../samples/make-entry.ts';
import { HELD, operationsOf } from '../samples/operations.ts';
import type { ObservedTier } from '../trial/observed-tier.ts';
import type { Trial } from '../trial/trial.ts';
import type { Check, CheckGroup } from './check.ts';

const FAULT = new Error('a simulated fault');

const checks: Check[] = [
  {
    name: 'switches off after exactly failureThreshold failures',
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
    name: 'resets the failure count on success',
    rule: 'failures',
    run: async (trial) => {
      const tier = await trial.tierWith(HELD, { failureThreshold: 3 });
      for (const { name, call } of operationsOf(tier)) {
        tier.raw.handleFailure(FAULT);
        tier.raw.handleFailure(FAULT);
        await call(tier);
        trial.same(`failureCount after two failures and a successful ${name}`, tier.raw.failureCount, 0);
        trial.same(`enabled after two failures and a successful ${name}`, tier.enabled, true);
      }
    },
  },
  {
    name: 'keeps past failures in totalFailures',
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
    name: 'answers as for a miss and changes nothing while it is off',
    rule: 'disabled',
    run: async (trial) => {
      const expired = makeEntry('expired', { expiresAt: trial.clock.now() + 1 });
      const tier = await trial.tierWith([...HELD, expired]);
      trial.clock.advance(1);
      switchOff(trial, tier);
      for (const { name, call, off } of operationsOf(tier))
        trial.same(`${name} of a tier that is off`, await call(tier), off);
      trial.same('enabled after operations on a tier that is off', tier.enabled, false);
      tier.raw.resetFailures();
      await expectStoredEntries(trial, tier, 'after it was off');
      trial.same(
        'cleanupExpired with one expired entry, stored before the tier was off',
        await tier.cleanupExpired(),
        1,
      );
    },
  },
  {
    name: 'works again with all its entries after resetFailures',
    rule: 'recovers',
    run: async (trial) => {
      const tier = await trial.tierWith(HELD);
      switchOff(trial, tier);
      tier.raw.resetFailures();
      trial.same('enabled after resetFailures', tier.enabled, true);
      trial.same('failureCount after resetFailures', tier.raw.failureCount, 0);
      await expectStoredEntries(trial, tier, 'after resetFailures');
      const entry = makeEntry('new');
      trial.same('put after resetFailures', await tier.put(entry), true);
      trial.sameEntry('get of the new entry', await tier.get('new'), entry);
      tier.raw.handleFailure(FAULT);
      trial.same('failureCount after one more failure', tier.raw.failureCount, 1);
      trial.same('enabled after one more failure', tier.enabled, true);
    },
  },
  {
    name: 'hides an entry that expired while it was off',
    rule: 'recovers',
    run: async (trial) => {
      const tier = await trial.tierWith([makeEntry('a'), makeEntry('b', { expiresAt: trial.clock.now() + 2 * HOUR })]);
      switchOff(trial, tier);
      trial.clock.advance(HOUR);
      tier.raw.resetFailures();
      trial.same('keys after resetFailures', await tier.keys(), ['b']);
      trial.same('get of the expired entry', await tier.get('a'), undefined);
    },
  },
  {
    name: 'stays off when its configuration says so',
    rule: 'disabled',
    run: async (trial) => {
      const tier = await trial.tier({ config: { enabled: false } });
      trial.same('enabled of a tier that is configured off', tier.enabled, false);
      for (const when of ['before', 'after']) {
        for (const { name, call, off } of operationsOf(tier))
          trial.same(`${name} ${when} resetFailures, configured off`, await call(tier), off);
        tier.raw.resetFailures();
        trial.same('enabled after resetFailures, configured off', tier.enabled, false, 'recovers');
      }
    },
  },
  {
    name: 'does not touch its store when its configuration says off',
    rule: 'disabled',
    run: async (trial) => {
      const tier = await trial.tier({ config: { enabled: false } });
      await tier.open();
      for (const { call } of operationsOf(tier)) await call(tier);
      await tier.close();
      trial.same('files in the folder', await readdir(trial.directory), []);
    },
  },
];

const withBrokenStore: Check[] = [
  {
    name: 'answers as for a miss when its store is broken',
    rule: 'absorbs',
    run: async (trial) => {
      const tier = await broken(trial, 1000);
      let count = tier.raw.failureCount;
      for (const { name, call, off } of operationsOf(tier)) {
        trial.same(`${name} with a broken store`, await call(tier), off);
        const { failureCount } = tier.raw;
        trial.holds(`failureCount after ${name}`, failureCount > count, `more than ${count}`, failureCount, 'failures');
        count = failureCount;
      }
      await trial.module.mendStore!(trial.directory);
      await expectStoredEntries(trial, tier, 'after the store was mended');
      trial.same('failureCount after the store was mended', tier.raw.failureCount, 0, 'failures');
    },
  },
  {
    name: 'leaves no rejection unhandled when its store is broken',
    rule: 'unhandled',
    run: async (trial) => {
      const tier = await broken(trial, 1000);
      // Every test fails on an unhandled rejection.
      await Promise.all(operationsOf(tier).map(({ call }) => call(tier)));
      await trial.module.mendStore!(trial.directory);
    },
  },
  {
    name: 'switches off when its store stays broken',
    rule: 'failures',
    run: async (trial) => {
      const tier = await broken(trial, 3);
      for (let count = 1; count <= 3; count++) {
        trial.same(`enabled after ${count - 1} failed gets`, tier.enabled, true);
        trial.same('get with a broken store', await tier.get('a'), undefined);
      }
      trial.same('enabled after 3 failed gets', tier.enabled, false);
      await trial.module.mendStore!(trial.directory);
      trial.same('get after the store was mended, before resetFailures', await tier.get('a'), undefined, 'disabled');
      tier.raw.resetFailures();
      await expectStoredEntries(trial, tier, 'after the store was mended and resetFailures');
      trial.same('put after the store was mended', await tier.put(makeEntry('new')), true);
      trial.same('has of the new entry', await tier.has('new'), true);
    },
  },
];

async function broken(trial: Trial, failureThreshold: number): Promise<ObservedTier> {
  const tier = await trial.tierWith(HELD, { failureThreshold });
  tier.checksStatistics = false;
  await trial.module.breakStore!(trial.directory);
  return tier;
}

function switchOff(trial: Trial, tier: ObservedTier): void {
  for (let count = 0; count < tier.raw.failureThreshold; count++) tier.raw.handleFailure(FAULT);
  trial.same(`enabled after ${tier.raw.failureThreshold} failures`, tier.enabled, false, 'failures');
}

async function expectStoredEntries(trial: Trial, tier: ObservedTier, when: string): Promise<void> {
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
