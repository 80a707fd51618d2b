import {
  type CacheEntry,
  type EntryLabels,
  HealthStatus,
  MAX_LABEL_NAME,
  MAX_LABEL_VALUE,
  MAX_LABELS,
} from '@pw/cache-models';
import { afterHealthCheck, isLabelValue, parseHealthCheck } from '@pw/cache-models/tier';
import { expectEntries, expectRoundTrip } from '../assertions/round-trips.ts';
import { ALIKE, MEANINGFUL } from '../samples/hostile-strings.ts';
import { makeEntries, makeEntry } from '../samples/make-entry.ts';
import type { ObservedTier } from '../trial/observed-tier.ts';
import type { Trial } from '../trial/trial.ts';
import type { Check, CheckGroup, Claims } from './check.ts';

const LABELS: EntryLabels = { country: 'DE', kind: 'residential', provider: 'a provider' };
const labelled = (key: string, labels: EntryLabels = LABELS): CacheEntry => makeEntry(key, { labels });

/** Names that a plain object, a record, a table or a file may already use, and names that differ only slightly. */
const NAMES = [
  ...['constructor', 'toString', 'hasOwnProperty', 'valueOf', 'length', 'prototype', 'toJSON', 'then'],
  ...['key', 'labels', 'source', 'proxy_url', 'password', 'rowid', 'null', 'NaN', 'Infinity', 'e1'],
  ...[
    'a',
    'A',
    'a.b',
    'a-b',
    'a_b',
    'ab',
    'a1',
    'a10',
    'a2',
    'x'.repeat(MAX_LABEL_NAME),
    'x'.repeat(MAX_LABEL_NAME - 1),
  ],
];
const VALUES = [
  ...['=', '==', 'a=b', '=a', 'a=', 'country=DE', '["country=DE"]', "it's 5%", 'a,b', 'a;b', '\\', '\\u0041', '"'],
  ...[1, MAX_LABEL_VALUE - 1, MAX_LABEL_VALUE].map((length) => 'v'.repeat(length)),
  ...['漢'.repeat(MAX_LABEL_VALUE), '🔑'.repeat(MAX_LABEL_VALUE / 2)],
  ...[...Object.values(ALIKE).flat(), ...MEANINGFUL].filter(isLabelValue),
];

/** Entries with these values, as many in each as an entry may have. */
function holding(values: readonly string[]): CacheEntry[] {
  const entries: CacheEntry[] = [];
  for (let at = 0; at < values.length; at += MAX_LABELS) {
    const labels = values.slice(at, at + MAX_LABELS).map((value, place) => [`n${place}`, value]);
    entries.push(labelled(`values ${at}`, Object.fromEntries(labels)));
  }
  return entries;
}

const most = Object.fromEntries(Array.from({ length: MAX_LABELS }, (_, at) => [`label.${at}`, `value ${at}`]));

/** Fails if the labels of a returned entry can be changed. */
async function expectImmutableLabels(
  trial: Trial,
  tier: ObservedTier,
  from: string,
  entry: CacheEntry | undefined,
): Promise<void> {
  const labels = entry?.labels;
  trial.same(`labels in the answer of ${from} are frozen`, labels !== undefined && Object.isFrozen(labels), true);
  Reflect.set(labels!, 'country', 'changed');
  Reflect.set(labels!, 'added', 'changed');
  Reflect.deleteProperty(labels!, 'kind');
  const wanted = labelled(entry!.key);
  trial.sameEntry(`get after the labels in the answer of ${from} were changed`, await tier.get(wanted.key), wanted);
}

const checks: Check[] = [
  {
    name: 'stores all labels of an entry',
    rule: 'labels',
    run: async (trial) => {
      const two = labelled('two', { kind: 'mobile', country: 'US' });
      await expectRoundTrip(trial, [
        labelled('one', { country: 'DE' }),
        two,
        labelled('most', most),
        makeEntry('none'),
      ]);
    },
  },
  {
    name: 'keeps the name and the value of each label',
    rule: 'labels',
    run: async (trial) => {
      const names = NAMES.map((name) => labelled(`name ${name}`, { [name]: `of ${name}` }));
      const together = labelled('names', Object.fromEntries(NAMES.map((name, at) => [name, `value ${at}`])));
      await expectRoundTrip(trial, [...names, together, ...holding(VALUES)]);
    },
  },
  {
    name: 'replaces all labels of an entry',
    rule: 'labels',
    run: async (trial) => {
      const tier = await trial.tierWith([labelled('a'), labelled('b')]);
      for (const labels of [{ country: 'US' }, {}, { provider: 'another' }, LABELS, { kind: 'mobile', of: 'b' }, {}]) {
        const [one, other] = [labelled('a', labels), labelled('b', labels)];
        trial.same('put over one with other labels', await tier.put(one), true, 'stores');
        trial.same('putMany over one with other labels', await tier.putMany([other]), [true], 'batches');
        await expectEntries(trial, tier, [one, other], `after a put with the labels ${JSON.stringify(labels)}`);
      }
      await tier.put(labelled('a'));
      await tier.delete('a');
      await tier.clear();
      const none = [makeEntry('a'), makeEntry('b')];
      trial.same('putMany of removed entries, now without labels', await tier.putMany(none), [true, true], 'batches');
      await expectEntries(trial, tier, none, 'without labels, after entries with labels were removed');
    },
  },
  {
    name: 'keeps labels when an access is recorded',
    rule: 'labels',
    run: async (trial) => {
      const [a, b] = [labelled('a'), labelled('b')];
      const tier = await trial.tierWith([a, b]);
      trial.clock.advance(1000);
      const access = { accessCount: 4, lastAccessed: trial.clock.now() };
      const update = { key: 'a', hits: 4, lastAccessed: access.lastAccessed };
      const isRecorded = (await tier.recordAccess([update])) === 1;
      await expectEntries(trial, tier, [isRecorded ? a.with(access) : a, b], 'after recordAccess');
    },
  },
  {
    name: 'passes the labels of an evicted entry to onEvict',
    rule: 'labels',
    run: async (trial) => {
      const tier = await trial.tierWith([labelled('a')], { config: { maxEntries: 1 } });
      await tier.put(labelled('b', { country: 'US' }));
      await tier.putMany([makeEntry('c')]);
      const [first, second] = tier.evictions;
      trial.sameEntry('first entry passed to onEvict', first?.entry, labelled('a'));
      trial.sameEntry('second entry passed to onEvict', second?.entry, labelled('b', { country: 'US' }));
    },
  },
  {
    name: 'returns labels that cannot be changed',
    rule: 'aliasing',
    run: async (trial) => {
      const tier = await trial.tierWith([labelled('a')], { config: { maxEntries: 1 } });
      await expectImmutableLabels(trial, tier, 'get', await tier.get('a'));
      await expectImmutableLabels(trial, tier, 'getMany', (await tier.getMany(['a'])).get('a'));
      await expectImmutableLabels(trial, tier, 'entries', (await tier.entries())[0]);
      await expectImmutableLabels(trial, tier, 'peek', await tier.peek('a'));
      if (tier.raw.getNow !== undefined) await expectImmutableLabels(trial, tier, 'getNow', await tier.getNow('a'));
      if (tier.raw.query !== undefined)
        await expectImmutableLabels(trial, tier, 'query', (await tier.query()).entries[0]);
      await tier.put(makeEntry('b'));
      trial.same('labels passed to onEvict are frozen', Object.isFrozen(tier.evictions[0]?.entry.labels), true);
    },
  },
];

const reopened: Check = {
  name: 'keeps the current labels when it is reopened',
  rule: 'labels',
  run: async (trial) => {
    const entries = makeEntries(40).map((entry, at) => (at % 3 === 0 ? entry : entry.with({ labels: LABELS })));
    const tier = await trial.tierWith(entries);
    const changed = entries.map((entry, at) =>
      at % 4 === 0 ? entry.with({ labels: at % 8 === 0 ? {} : { country: `country ${at}` } }) : entry,
    );
    for (const [at, entry] of changed.entries()) if (at % 4 === 0) await tier.put(entry);
    await tier.close();
    await expectEntries(trial, tier, changed, 'after close and open');
    await tier.close();
    await expectEntries(trial, await trial.tier(), changed, 'in another tier on the same store');
  },
};

const checked: Check = {
  name: 'keeps labels when a health check is recorded',
  rule: 'labels',
  run: async (trial) => {
    const entry = labelled('a');
    const tier = await trial.tierWith([entry]);
    const checkUrl = 'http://check.example/ip';
    const check = parseHealthCheck({ status: HealthStatus.HEALTHY, checkUrl }, trial.clock.now());
    const change = (one: CacheEntry) => afterHealthCheck(one, check, { schedule: { jitter: 0 } });
    const after = await tier.call('health.record("a")', () => tier.raw.health!.record('a', check, change));
    trial.sameEntry('answer of health.record', after, change(entry));
    await expectEntries(trial, tier, [change(entry)], 'after health.record');
  },
};

export const labels: CheckGroup = {
  name: 'labels',
  checks: ({ capabilities }: Claims) => [
    ...checks,
    ...(capabilities.persistent ? [reopened] : []),
    ...(capabilities.health ? [checked] : []),
  ],
};
