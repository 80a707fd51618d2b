import type { EntryFilter } from '@pw/cache-models';
import { queryEntries } from '@pw/cache-models/tier';
import { makeEntry } from '../samples/make-entry.ts';
import { QUERIED_AT, SAMPLE } from '../samples/query-sample.ts';
import type { ObservedTier } from '../trial/observed-tier.ts';
import type { Trial } from '../trial/trial.ts';
import type { Check } from './check.ts';

const FILTERS: readonly EntryFilter[] = [
  { includeExpired: true },
  {},
  { labels: { country: ['DE', 'US'] } },
  { source: 'list', failureCount: { min: 1 } },
  { text: 'proxy', direction: 'desc' },
  { labels: { kind: 'never' } },
];
const LIMITS = [1, 7, 71, 10_000];

/** Fails unless a random query returns distinct matching entries, as many as the limit allows, and no cursor. */
async function expectDraw(trial: Trial, tier: ObservedTier, filter: EntryFilter, limit: number): Promise<void> {
  const { entries: matching } = queryEntries(SAMPLE, { ...filter, limit: 10_000 }, QUERIED_AT);
  const keys = new Set(matching.map(({ key }) => key));
  const page = await tier.query({ ...filter, limit, orderBy: 'random' });
  const received = page.entries.map(({ key }) => key);
  const call = `query(${JSON.stringify({ ...filter, limit, orderBy: 'random' })})`;
  trial.same(
    `keys of ${call} that do not match`,
    [...received].filter((key) => !keys.has(key)),
    [],
  );
  trial.same(`number of entries of ${call}`, received.length, Math.min(limit, keys.size));
  trial.same(`repeated entries of ${call}`, received.length - new Set(received).size, 0);
  trial.same(`cursor of ${call}`, page.cursor, null);
}

/** Draws of two out of {@link CHOICES} entries: each entry is expected in a third of them. */
const DRAWS = 300;
const CHOICES = 6;
const EXPECTED = (DRAWS * 2) / CHOICES;

/** Checks of `orderBy: 'random'`, whose results have no order to compare. */
export const randomOrder: readonly Check[] = [
  {
    name: 'draws matching entries at random, each once and as many as the limit allows',
    rule: 'query',
    run: async (trial) => {
      const tier = await trial.tier();
      await tier.putMany(SAMPLE);
      trial.clock.set(QUERIED_AT);
      for (const filter of FILTERS) for (const limit of LIMITS) await expectDraw(trial, tier, filter, limit);
    },
  },
  {
    name: 'draws all matching entries with the same probability',
    rule: 'query',
    run: async (trial) => {
      const tier = await trial.tier();
      // Gaps of many sizes between the matching entries, left by other entries and by deleted ones.
      const entries = Array.from({ length: 60 }, (_, at) => {
        const isChoice = Number.isInteger(Math.sqrt(at)) && at < CHOICES ** 2;
        return makeEntry(`entry ${String(at).padStart(2, '0')}`, { source: isChoice ? 'wanted' : 'other' });
      });
      await tier.putMany(entries);
      await tier.deleteMany(
        entries.filter(({ source }, at) => source === 'other' && at % 2 === 1).map(({ key }) => key),
      );
      const counts = new Map(entries.filter(({ source }) => source === 'wanted').map(({ key }) => [key, 0]));
      for (let draw = 0; draw < DRAWS; draw++) {
        const page = await tier.query({ source: 'wanted', orderBy: 'random', limit: 2 });
        for (const { key } of page.entries) counts.set(key, (counts.get(key) ?? 0) + 1);
      }
      // More than six standard deviations from the mean: a correct tier fails six times in a billion.
      const outliers = [...counts].filter(([, count]) => count < EXPECTED / 2 || count > EXPECTED * 1.5);
      trial.same(`keys drawn far from ${EXPECTED} times in ${DRAWS} draws, with their counts`, outliers, []);
    },
  },
];
