import type { CacheEntry, CacheEntryInput, EntryFilter, EntryPage } from '@pw/cache-models';
import { queryEntries } from '@pw/cache-models/tier';
import { tryHistories } from '../histories/try-histories.ts';
import { makeEntries, makeEntry } from '../samples/make-entry.ts';
import { FILTERS, QUERIED_AT, SAMPLE, WRONG_FILTERS } from '../samples/query-sample.ts';
import type { ObservedTier } from '../trial/observed-tier.ts';
import type { Trial } from '../trial/trial.ts';
import type { Check, CheckGroup, Claims } from './check.ts';
import { randomOrder } from './random-order.ts';

type Fields = Partial<CacheEntryInput>;
type Answering = (filter: EntryFilter) => Promise<EntryPage> | EntryPage;

const DEFAULT_RUNS = 100;
/** More pages than any query of the sample has, so that a broken cursor cannot loop endlessly. */
const MOST_PAGES = 200;

/** The keys of each page, up to the one without a cursor. */
async function pages(answer: Answering, filter: EntryFilter): Promise<string[][]> {
  const all: string[][] = [];
  for (let cursor: string | null | undefined; cursor !== null && all.length < MOST_PAGES; ) {
    const page = await answer(cursor === undefined ? filter : { ...filter, cursor });
    all.push(page.entries.map(({ key }) => key));
    cursor = page.cursor;
  }
  return all;
}

/** Fails unless a tier with the sample returns the same pages as `queryEntries`. */
async function expectSamePages(trial: Trial, tier: ObservedTier, filter: EntryFilter): Promise<void> {
  const expected = await pages((part) => queryEntries(SAMPLE, part, QUERIED_AT), filter);
  const received = await pages((part) => tier.query(part), filter);
  trial.same(`pages of query(${JSON.stringify(filter)})`, received, expected);
}

/** A tier with the sample, stored before any of it expired. */
async function sampled(trial: Trial): Promise<ObservedTier> {
  const tier = await trial.tier();
  await tier.putMany(SAMPLE);
  trial.clock.set(QUERIED_AT);
  return tier;
}

/** The first query includes expired entries, before any other operation can remove one. */
const members = Object.entries(FILTERS).map(
  ([name, values]): Check => ({
    name: `answers a query with ${name} exactly`,
    rule: 'query',
    run: async (trial) => {
      const tier = await sampled(trial);
      for (const value of values) {
        await expectSamePages(trial, tier, { includeExpired: true, [name]: value } as EntryFilter);
        await expectSamePages(trial, tier, { limit: 9, [name]: value } as EntryFilter);
        await expectSamePages(trial, tier, {
          direction: 'desc',
          orderBy: 'source',
          limit: 11,
          [name]: value,
        } as EntryFilter);
      }
    },
  }),
);

const others: Check[] = [
  {
    name: 'finds exactly the entries that match a filter with several members',
    rule: 'query',
    run: async (trial) => {
      const { fastCheck, runs = DEFAULT_RUNS } = trial.subject;
      const tier = await sampled(trial);
      const names = Object.keys(FILTERS) as (keyof typeof FILTERS)[];
      const arbitraries = Object.fromEntries(
        names.map((name) => [name, fastCheck.constantFrom<unknown>(...FILTERS[name])]),
      );
      const filters = fastCheck.record(arbitraries, { requiredKeys: [] });
      await tryHistories(trial, filters, Math.ceil(runs / 2), (filter) =>
        expectSamePages(trial, tier, filter as EntryFilter),
      );
    },
  },
  {
    name: 'returns entries from query as they were put',
    rule: 'fields',
    run: async (trial) => {
      const tier = await sampled(trial);
      const { entries } = await tier.query({ limit: 1000, includeExpired: true });
      const stored = new Map<string, CacheEntry>(SAMPLE.map((entry) => [entry.key, entry]));
      for (const entry of entries) trial.sameEntry(`"${entry.key}" of query`, entry, stored.get(entry.key));
    },
  },
  {
    name: 'returns the first 100 entries by key by default',
    rule: 'query',
    run: async (trial) => {
      const entries = makeEntries(130);
      const tier = await trial.tier();
      trial.same('query() of an empty tier', await tier.query(), { entries: [], cursor: null });
      await tier.putMany(entries);
      const keys = entries.map(({ key }) => key);
      const received = await pages((filter) => tier.query(filter), {});
      trial.same('keys of the first page', received[0], keys.slice(0, 100));
      trial.same('keys of the second page', received[1], keys.slice(100));
      trial.same('number of pages', received.length, 2);
      trial.same('number of entries of query without an argument', (await tier.query()).entries.length, 100);
    },
  },
  {
    name: 'keeps its place when entries are added or removed between two pages',
    rule: 'query',
    run: async (trial) => {
      const entries = makeEntries(12);
      const tier = await trial.tierWith(entries);
      const first = await tier.query({ limit: 4 });
      await tier.delete('entry-0003');
      await tier.delete('entry-0000');
      await tier.put(makeEntry('entry-0001a'));
      await tier.put(makeEntry('entry-0006a'));
      const rest = await tier.query({ limit: 20, cursor: first.cursor! });
      const received = [...first.entries, ...rest.entries].map(({ key }) => key);
      const expected = entries.map(({ key }) => key);
      expected.splice(7, 0, 'entry-0006a');
      trial.same('keys of two pages, with the last key of the first deleted in between', received, expected);
    },
  },
  {
    name: 'refuses an invalid filter',
    rule: 'arguments',
    run: async (trial) => {
      const tier = await sampled(trial);
      const page = await tier.query({ limit: 5 });
      const foreign = [
        { cursor: page.cursor, orderBy: 'source' },
        { cursor: page.cursor, direction: 'desc' },
        { cursor: page.cursor, orderBy: 'leastUsed' },
        { cursor: page.cursor, orderBy: 'random' },
      ];
      for (const filter of [...WRONG_FILTERS, ...foreign])
        await trial.refuses(`query(${JSON.stringify(filter)})`.slice(0, 80), () => tier.query(filter as EntryFilter));
      trial.same('failureCount after wrong filters', tier.raw.failureCount, 0);
      trial.same('enabled after wrong filters', tier.enabled, true);
      await expectSamePages(trial, tier, {});
    },
  },
  {
    name: 'counts a query neither as hits or misses nor as a use',
    rule: 'looks',
    run: async (trial) => {
      const tier = await trial.tierWith(makeEntries(3));
      await tier.query({ source: 'never' });
      const { entries } = await tier.query();
      const { hits, misses } = tier.statistics;
      trial.same('hits and misses after two queries', [hits, misses], [0, 0]);
      for (const entry of entries) trial.same('accessCount of an entry that was queried', entry.accessCount, 0);
    },
  },
];

/** Fields that match and do not match a filter, and the filter. */
const WANTED: readonly (readonly [what: string, right: Fields, wrong: Fields, filter: EntryFilter])[] = [
  ['a source', { source: 'wanted' }, { source: 'other' }, { source: 'wanted' }],
  [
    'a label',
    { labels: { country: 'DE', kind: 'wanted' } },
    { labels: { country: 'DE', kind: 'other' } },
    { labels: { kind: 'wanted' } },
  ],
  ['a label that others lack', { labels: { kind: 'wanted' } }, {}, { labels: { kind: ['wanted', 'a'] } }],
];

const upToDate = WANTED.map(
  ([what, right, wrong, filter]): Check => ({
    name: `reflects the latest writes in a query by ${what}`,
    rule: 'query',
    run: async (trial) => {
      const tier = await trial.tier();
      const found = async () => (await tier.query(filter)).entries.map(({ key }) => key);
      trial.same('keys found in an empty tier', await found(), []);
      await tier.put(makeEntry('a', right));
      trial.same('keys found after put', await found(), ['a']);
      await tier.put(makeEntry('a', wrong));
      trial.same('keys found after it was replaced', await found(), []);
      await tier.put(makeEntry('a', right));
      await tier.recordAccess([{ key: 'a', hits: 1, lastAccessed: trial.clock.now() }]);
      trial.same('keys found after it was put again', await found(), ['a']);
      await tier.delete('a');
      trial.same('keys found after delete', await found(), []);
      await tier.putMany([makeEntry('b', right), makeEntry('c', wrong)]);
      trial.same('keys found after putMany', await found(), ['b']);
      await tier.putMany([makeEntry('b', wrong), makeEntry('c', right)]);
      trial.same('keys found after putMany with the labels swapped', await found(), ['c']);
      await tier.clear();
      trial.same('keys found after clear', await found(), [], 'clears');
      await tier.putMany([makeEntry('c', wrong)]);
      trial.same('keys found after a cleared key was put again', await found(), []);
    },
  }),
);

const reopened: Check = {
  name: 'finds the same entries by label when it is reopened',
  rule: 'query',
  run: async (trial) => {
    const first = await sampled(trial);
    const others = SAMPLE.filter((_, at) => at % 5 === 0);
    await first.putMany(others.map((entry) => entry.with({ labels: { country: 'elsewhere' } })));
    await first.putMany(others);
    await first.close();
    const tier = await trial.tier();
    for (const labels of FILTERS.labels) await expectSamePages(trial, tier, { includeExpired: true, limit: 9, labels });
    await expectSamePages(trial, tier, { includeExpired: true, labels: { country: 'elsewhere' } });
  },
};

export const query: CheckGroup = {
  name: 'query',
  checks: ({ capabilities }: Claims) => {
    if (!capabilities.query) return [];
    return [...members, ...others, ...upToDate, ...randomOrder, ...(capabilities.persistent ? [reopened] : [])];
  },
};
