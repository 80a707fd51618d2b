import { type EntryFilter, queryEntries } from '@pw/cache-models';
import { makeEntry } from '../samples/make-entry.ts';
import { QUERIED_AT, SAMPLE } from '../samples/query-sample.ts';
import type { Check } from '../suite/conformance-test.ts';
import type { ObservedTier } from '../trial/observed-tier.ts';
import type { Trial } from '../trial/trial.ts';

const FILTERS: readonly EntryFilter[] = [
  { includeExpired: true },
  {},
  { labels: { country: ['DE', 'US'] } },
  { source: 'list', failureCount: { min: 1 } },
  { text: 'proxy', direction: 'desc' },
  { labels: { kind: 'never' } },
];
const LIMITS = [1, 7, 71, 10_000];

/** Fails unless a tier with the sample gives as many entries as it may of those that fit, and no page after it. */
async function expectDraw(trial: Trial, tier: ObservedTier, filter: EntryFilter, limit: number): Promise<void> {
  const { entries: fitting } = queryEntries(SAMPLE, { ...filter, limit: 10_000 }, QUERIED_AT);
  const keys = new Set(fitting.map(({ key }) => key));
  const page = await tier.query({ ...filter, limit, orderBy: 'random' });
  const came = page.entries.map(({ key }) => key);
  const asked = `query(${JSON.stringify({ ...filter, limit, orderBy: 'random' })})`;
  trial.same(
    `keys of ${asked} that do not fit`,
    [...came].filter((key) => !keys.has(key)),
    [],
  );
  trial.same(`number of entries of ${asked}`, came.length, Math.min(limit, keys.size));
  trial.same(`entries of ${asked} that came before`, came.length - new Set(came).size, 0);
  trial.same(`cursor of ${asked}`, page.cursor, null);
}

/** Draws of two out of {@link CHOICES}: each entry comes in a third of them, but for chance. */
const DRAWS = 300;
const CHOICES = 6;
const USUAL = (DRAWS * 2) / CHOICES;

/** What `orderBy: 'random'` promises, which has no order that could be compared. */
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
      // Gaps of all sizes between those that fit: of entries that do not, and of such as are gone.
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
      // Six standard deviations from the mean: a tier that is right comes there six times in a billion.
      const odd = [...counts].filter(([, count]) => count < USUAL / 2 || count > USUAL * 1.5);
      trial.same(`keys that came far from ${USUAL} times in ${DRAWS} draws, and how often`, odd, []);
    },
  },
];
