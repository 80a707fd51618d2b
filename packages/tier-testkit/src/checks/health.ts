import {
  type CacheEntry,
  CacheValidationError,
  type HealthCheckResult,
  type HealthHistoryOptions,
  type HealthRecord,
  HealthStatus,
} from '@pw/cache-models';
import { afterHealthCheck, type HealthCheck, parseHealthCheck } from '@pw/cache-models/tier';
import { START } from '@pw/test-support/doubles';
import { expectEntries } from '../assertions/round-trips.ts';
import { HOUR, makeEntry } from '../samples/make-entry.ts';
import type { ObservedTier } from '../trial/observed-tier.ts';
import type { Trial } from '../trial/trial.ts';
import type { Check, CheckGroup, Claims } from './check.ts';

const { HEALTHY, DEGRADED, UNHEALTHY, DEAD, UNKNOWN } = HealthStatus;
const checkUrl = 'http://check.example/ip';

type Change = (entry: CacheEntry) => CacheEntry;

/** What a check makes of an entry, with nothing random. */
const changeOf =
  (check: HealthCheck): Change =>
  (entry) =>
    afterHealthCheck(entry, check, { schedule: { jitter: 0 } });

function recordChange(tier: ObservedTier, key: string, check: HealthCheck, change: Change) {
  return tier.call(`health.record("${key}")`, () => tier.raw.health!.record(key, check, change));
}

/** Records a result, as of the time of the tier's entries unless it has a time. */
function record(tier: ObservedTier, key: string, result: HealthCheckResult, now = START) {
  const check = parseHealthCheck(result, now);
  return recordChange(tier, key, check, changeOf(check));
}

function history(tier: ObservedTier, key: string, options?: HealthHistoryOptions): Promise<HealthRecord[]> {
  return tier.call(`health.history("${key}")`, () => tier.raw.health!.history(key, options));
}

/** Records checks one second apart, in the order of their times. */
async function recordMany(tier: ObservedTier, key: string, count: number, from = 0): Promise<void> {
  for (let at = from; at < from + count; at++)
    await record(tier, key, { status: HEALTHY, checkTime: START + at * 1000, checkUrl });
}

const secondsOf = (records: readonly HealthRecord[]): number[] => records.map((one) => (one.checkTime - START) / 1000);

const RESULTS: readonly HealthCheckResult[] = [
  { status: HEALTHY, responseTimeMs: 12.5, checkUrl },
  { status: UNHEALTHY, errorMessage: 'connect ECONNREFUSED', checkUrl },
  { status: DEAD, errorMessage: 'timeout', responseTimeMs: 30_000, checkUrl },
  { status: UNKNOWN, checkUrl },
  { status: DEGRADED, responseTimeMs: 0, checkUrl },
  { status: UNHEALTHY, responseTimeMs: null, errorMessage: null, checkUrl },
];

const CHECK = parseHealthCheck({ status: HEALTHY, checkUrl }, START);
const WRONG_CHECKS: readonly unknown[] = [
  ...[null, undefined, 'healthy', {}, { ...CHECK, status: 'ill' }],
  // Results that were not parsed: a tier takes only checks.
  ...[
    { status: HEALTHY, checkUrl },
    { ...CHECK, checkTime: new Date(START) },
  ],
  ...[
    { ...CHECK, checkUrl: 5 },
    { ...CHECK, errorMessage: 5 },
    { ...CHECK, responseTimeMs: Number.NaN },
  ],
];

const WRONG_OPTIONS: readonly unknown[] = [
  ...[0, -1, 1.5, 10_001, '5', Number.NaN].map((limit) => ({ limit })),
  ...['soon', Number.NaN, {}].map((since) => ({ since })),
];

const checks: Check[] = [
  {
    name: 'stores what a check makes of its own entry',
    rule: 'health',
    run: async (trial) => {
      let expected = makeEntry('a', { username: 'user', failureCount: 3, source: 'kept' });
      const tier = await trial.tierWith([expected, makeEntry('other')]);
      for (const [at, result] of RESULTS.entries()) {
        trial.clock.advance(1000);
        const check = parseHealthCheck(result, trial.clock.now());
        const given: CacheEntry[] = [];
        const answer = await recordChange(tier, 'a', check, (entry) => {
          given.push(entry);
          return changeOf(check)(entry);
        });
        const what = `check ${at}, ${result.status}`;
        for (const entry of given) trial.sameEntry(`entry that change received for ${what}`, entry, expected);
        expected = changeOf(check)(expected);
        trial.sameEntry(`answer of health.record for ${what}`, answer, expected);
        trial.sameEntry(`get after ${what}`, await tier.get('a'), expected);
      }
      trial.sameEntry('get of an entry that was not checked', await tier.get('other'), makeEntry('other'));
    },
  },
  {
    name: 'stores nothing if the change throws',
    rule: 'health',
    run: async (trial) => {
      const stored = [makeEntry('a')];
      const tier = await trial.tierWith(stored);
      const refuse = (): never => {
        throw new CacheValidationError('planted by the kit');
      };
      const error = await trial.refuses('health.record with a change that throws', () =>
        recordChange(tier, 'a', CHECK, refuse),
      );
      trial.same('message of the error', error.message, 'planted by the kit');
      await trial.refuses('health.record with a change that throws another error', () =>
        recordChange(tier, 'a', CHECK, () => {
          throw new Error('planted by the kit');
        }),
      );
      trial.same('history afterwards', await history(tier, 'a'), []);
      trial.same('failureCount', tier.raw.failureCount, 0);
      await expectEntries(trial, tier, stored, 'after a change that threw');
    },
  },
  {
    name: 'keeps each check unchanged in the history',
    rule: 'health',
    run: async (trial) => {
      const tier = await trial.tierWith([makeEntry('a')]);
      const expected: HealthRecord[] = [];
      for (const result of RESULTS) {
        trial.clock.advance(1000.125);
        await record(tier, 'a', result, trial.clock.now());
        const { status, checkTime, responseTimeMs, errorMessage } = parseHealthCheck(result, trial.clock.now());
        expected.unshift({ checkTime, status, responseTimeMs, errorMessage, checkUrl });
      }
      const received = (await history(tier, 'a')).map(({ ...fields }) => fields);
      trial.same('health.history("a")', received, expected);
    },
  },
  {
    name: 'returns the checks of a key newest first',
    rule: 'health',
    run: async (trial) => {
      const tier = await trial.tierWith([makeEntry('a'), makeEntry('b')]);
      for (const at of [3, 1, 5, 2, 4])
        await record(tier, 'a', { status: HEALTHY, checkTime: START + at * 1000, checkUrl });
      await recordMany(tier, 'b', 1, 9);
      trial.same('seconds of the checks of "a"', secondsOf(await history(tier, 'a')), [5, 4, 3, 2, 1]);
      trial.same('seconds of the checks of "b"', secondsOf(await history(tier, 'b')), [9]);
      trial.same('checks of a missing key', await history(tier, 'never'), []);
    },
  },
  {
    name: 'respects limit and since in the history',
    rule: 'health',
    run: async (trial) => {
      const tier = await trial.tierWith([makeEntry('a')]);
      await recordMany(tier, 'a', 105);
      const of = async (options?: HealthHistoryOptions) => secondsOf(await history(tier, 'a', options));
      trial.same('checks without options', (await of()).length, 100);
      trial.same(
        'newest and oldest of the checks without options',
        [(await of()).at(0), (await of()).at(-1)],
        [104, 5],
      );
      trial.same('limit 2', await of({ limit: 2 }), [104, 103]);
      trial.same('limit 10000', (await of({ limit: 10_000 })).length, 105);
      trial.same('since the time of a check', await of({ since: START + 102_000 }), [104, 103, 102]);
      trial.same('since a millisecond later', await of({ since: new Date(START + 102_001) }), [104, 103]);
      trial.same('since and limit', await of({ since: START + 50_000, limit: 1 }), [104]);
      trial.same('since a time after all checks', await of({ since: START + HOUR }), []);
    },
  },
  {
    name: 'records no check for a missing entry',
    rule: 'health',
    run: async (trial) => {
      const tier = await trial.tierWith([makeEntry('short', { expiresAt: START + 10 }), makeEntry('a')]);
      trial.same('answer for a missing key', await record(tier, 'never', RESULTS[0]!), undefined);
      trial.same('history of a missing key', await history(tier, 'never'), []);
      trial.clock.advance(10);
      trial.same('answer for an expired entry', await record(tier, 'short', RESULTS[0]!), undefined);
      trial.same('keys afterwards', await tier.keys(), ['a']);
    },
  },
  {
    name: 'keeps the history of a replaced entry and drops that of a deleted one',
    rule: 'health',
    run: async (trial) => {
      const tier = await trial.tierWith(['a', 'b', 'c', 'd'].map((key) => makeEntry(key)));
      for (const key of ['a', 'b', 'c', 'd']) await recordMany(tier, key, 2);
      await tier.put(makeEntry('a', { source: 'replaced' }));
      await tier.putMany([makeEntry('b', { source: 'replaced' })]);
      trial.same('history after put', secondsOf(await history(tier, 'a')), [1, 0]);
      trial.same('history after putMany', secondsOf(await history(tier, 'b')), [1, 0]);
      await tier.delete('c');
      await tier.deleteMany(['d']);
      for (const key of ['c', 'd']) {
        trial.same('history after delete', await history(tier, key), []);
        await tier.put(makeEntry(key));
        trial.same('history after the key was put again', await history(tier, key), []);
      }
      await tier.clear();
      await tier.put(makeEntry('a'));
      trial.same('history after clear', await history(tier, 'a'), []);
    },
  },
  {
    name: 'refuses an invalid check, an invalid change and invalid options',
    rule: 'arguments',
    run: async (trial) => {
      const stored = [makeEntry('a')];
      const tier = await trial.tierWith(stored);
      const same: Change = (entry) => entry;
      for (const check of WRONG_CHECKS)
        await trial.refuses(`health.record("a", ${JSON.stringify(check)})`, () =>
          recordChange(tier, 'a', check as never, same),
        );
      for (const change of [undefined, null, 'change', {}])
        await trial.refuses(`health.record with the change ${JSON.stringify(change)}`, () =>
          recordChange(tier, 'a', CHECK, change as never),
        );
      for (const changed of [undefined, {}, makeEntry('b')])
        await trial.refuses('health.record with a change to something other than an entry of the key', () =>
          recordChange(tier, 'a', CHECK, () => changed as CacheEntry),
        );
      for (const options of WRONG_OPTIONS)
        await trial.refuses(`health.history("a", ${JSON.stringify(options)})`, () =>
          history(tier, 'a', options as never),
        );
      await trial.refuses('health.record(5)', () => recordChange(tier, 5 as never, CHECK, same));
      await trial.refuses('health.history(5)', () => history(tier, 5 as never));
      trial.same('history after invalid arguments', await history(tier, 'a'), []);
      trial.same('failureCount', tier.raw.failureCount, 0);
      await expectEntries(trial, tier, stored, 'after invalid arguments');
    },
  },
  {
    name: 'masks credentials in error messages',
    rule: 'secrets',
    run: async (trial) => {
      const tier = await trial.tierWith([makeEntry('a', { username: 'marked-user', password: 'marked-own' })]);
      const leaky = 'http://user:marked-password@192.0.2.1:80';
      const errorMessage = `no answer from ${leaky}/x for marked-user, marked-own`;
      await record(tier, 'a', { status: DEAD, errorMessage, checkUrl: `${leaky}/marked-own` });
      const shown = JSON.stringify([await history(tier, 'a'), (await tier.get('a'))?.lastHealthError]);
      trial.holds(
        'credentials of a URL in history and entry',
        !shown.includes('marked-password'),
        'a mask',
        '(in clear)',
      );
      const own = ['marked-user', 'marked-own'].some((secret) => shown.includes(secret));
      trial.holds("the entry's credentials in history and entry", !own, 'a mask', '(in clear; see maskHealthCheck)');
    },
  },
];

const reopened: Check = {
  name: 'keeps the history of checks when it is reopened',
  rule: 'persistent',
  run: async (trial: Trial) => {
    const first = await trial.tierWith([makeEntry('a')]);
    await recordMany(first, 'a', 3);
    const entry = await first.get('a');
    await first.close();
    const second = await trial.tier();
    trial.same('seconds of the checks', secondsOf(await history(second, 'a')), [2, 1, 0]);
    trial.sameEntry('get of the entry', await second.get('a'), entry);
  },
};

const shared: Check = {
  name: 'counts the checks of several instances exactly',
  rule: 'health',
  run: async (trial) => {
    const tiers = [await trial.tierWith([makeEntry('a')]), ...(await Promise.all([trial.tier(), trial.tier()]))];
    const checks = Array.from({ length: 12 }, (_, at) =>
      record(tiers[at % tiers.length]!, 'a', { status: UNHEALTHY, checkTime: START + at, checkUrl }),
    );
    const answers = await Promise.all(checks);
    trial.same('checks that were recorded', answers.filter((entry) => entry !== undefined).length, 12);
    const after = await tiers[0]!.get('a');
    trial.same('totalHealthChecks', after?.totalHealthChecks, 12);
    trial.same('totalHealthCheckFailures', after?.totalHealthCheckFailures, 12);
    trial.same('checks in the history', (await history(tiers[1]!, 'a')).length, 12);
  },
};

export const health: CheckGroup = {
  name: 'health',
  checks: ({ capabilities }: Claims) => {
    if (!capabilities.health) return [];
    return [...checks, ...(capabilities.persistent ? [reopened] : []), ...(capabilities.shared ? [shared] : [])];
  },
};
