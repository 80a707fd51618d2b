import { CacheEntry, type EntryFilter, type EntryLabels, type EntryPage, NO_LABELS } from '@pw/cache-models';
import { compareTexts, queryEntries, toLabels } from '@pw/cache-models/tier';
import { FileTier } from '../tiers/file/file-tier.ts';
import { MapTier } from '../tiers/map-tier.ts';
import { type Change, each, withLabels } from './change-labels.ts';
import { type Mutant, plant } from './mutant.ts';

const BY_LABELS = ['query', 'answers a query with labels exactly'] as const;
const BY_ORDER = ['query', 'answers a query with orderBy exactly'] as const;
const BY_CHANCE = ['query', 'draws matching entries at random, each once and as many as the limit allows'] as const;
const FAIRLY = ['query', 'draws all matching entries with the same probability'] as const;

/** A tier that answers random queries in its own way. */
function drawing(change: (page: EntryPage, filter: EntryFilter, all: () => readonly CacheEntry[]) => EntryPage) {
  return class extends MapTier {
    protected override find(filter: EntryFilter, now: number): EntryPage {
      const page = super.find(filter, now);
      if (filter.orderBy !== 'random') return page;
      return change(page, filter, () => super.find({ ...filter, orderBy: 'key', limit: 10_000 }, now).entries);
    }
  };
}

/** A tier that changes the labels of each filter before it queries. */
function lookingFor(change: (labels: NonNullable<EntryFilter['labels']>) => EntryFilter['labels']) {
  return class extends MapTier {
    protected override find(filter: EntryFilter, now: number): EntryPage {
      return super.find(filter.labels === undefined ? filter : { ...filter, labels: change(filter.labels) }, now);
    }
  };
}

/** A tier that changes the labels of its entries while it queries. */
function seeing(change: Change) {
  return class extends MapTier {
    protected override find(filter: EntryFilter, now: number): EntryPage {
      const seen = [...this.table().values()].map(({ entry }) => withLabels(entry, change(entry.labels)));
      const { entries, cursor } = queryEntries(seen, filter, now);
      return { entries: entries.map(({ key }) => this.table().get(key)!.entry), cursor };
    }
  };
}

/** Bugs in queries by label, and in the orders `leastUsed` and `random`. */
export const labelQueryMutants: readonly Mutant[] = [
  plant(
    'query-labels-in-any-case',
    'Compares values of labels case-insensitively.',
    BY_LABELS,
    class extends MapTier {
      protected override find(filter: EntryFilter, now: number): EntryPage {
        const lower = each((name, value) => [name, value.toLowerCase()]);
        const wanted = Object.entries(filter.labels ?? {}).map(([name, values]) => [
          name,
          [values].flat().map((value) => value.toLowerCase()),
        ]);
        const seen = [...this.table().values()].map(({ entry }) => withLabels(entry, lower(entry.labels)));
        const page = queryEntries(seen, { ...filter, labels: Object.fromEntries(wanted) }, now);
        return { ...page, entries: page.entries.map(({ key }) => this.table().get(key)!.entry) };
      }
    },
  ),
  plant(
    'query-first-label-only',
    'Uses only the first label of a filter.',
    BY_LABELS,
    lookingFor((labels) => Object.fromEntries(Object.entries(labels).slice(0, 1))),
  ),
  plant(
    'query-first-value-only',
    'Uses only the first of several values of a label.',
    BY_LABELS,
    lookingFor((labels) =>
      Object.fromEntries(Object.entries(labels).map(([name, values]) => [name, [values].flat().slice(0, 1)])),
    ),
  ),
  plant(
    'query-empty-values-match-all',
    'Treats an empty list of values as any value.',
    BY_LABELS,
    lookingFor((labels) => Object.fromEntries(Object.entries(labels).filter(([, values]) => values.length > 0))),
  ),
  plant(
    'query-values-of-any-label',
    'Matches a value under any label name.',
    BY_LABELS,
    seeing((labels) => {
      const kind = labels['country'] === 'DE' ? 'DE' : labels['kind'];
      return kind === undefined ? labels : toLabels({ ...labels, kind });
    }),
  ),
  plant(
    'query-label-names-in-any-case',
    'Compares names of labels case-insensitively.',
    BY_LABELS,
    seeing((labels) =>
      labels['Country'] === undefined ? labels : toLabels({ ...labels, country: labels['Country'] }),
    ),
  ),
  plant(
    'query-finds-replaced-labels',
    'Finds an entry by labels from before it was replaced.',
    ['query', 'reflects the latest writes in a query by a label'],
    class extends MapTier {
      readonly #first = new Map<string, EntryLabels>();
      protected override store(key: string, entry: CacheEntry): boolean {
        if (!this.#first.has(key)) this.#first.set(key, entry.labels);
        return super.store(key, entry);
      }
      protected override find(filter: EntryFilter, now: number): EntryPage {
        const seen = [...this.table().values()].map(({ entry }) =>
          withLabels(entry, this.#first.get(entry.key) ?? entry.labels),
        );
        return queryEntries(seen, filter, now);
      }
    },
  ),
  plant(
    'query-index-of-labels-not-cleared',
    'Keeps its index of labels across a clear.',
    ['query', 'reflects the latest writes in a query by a label that others lack'],
    class extends MapTier {
      readonly #past = new Map<string, EntryLabels>();
      override delete(key: string): boolean {
        this.#past.delete(key);
        return super.delete(key);
      }
      protected override store(key: string, entry: CacheEntry): boolean {
        if (this.live(key) !== undefined || entry.labels !== NO_LABELS) this.#past.set(key, entry.labels);
        return super.store(key, entry);
      }
      protected override find(filter: EntryFilter, now: number): EntryPage {
        const seen = [...this.table().values()].map(({ entry }) =>
          withLabels(entry, this.#past.get(entry.key) ?? NO_LABELS),
        );
        return queryEntries(seen, filter, now);
      }
    },
  ),
  plant(
    'query-labels-only-while-open',
    'Does not index the labels of entries that existed when it was opened.',
    ['query', 'finds the same entries by label when it is reopened'],
    class extends FileTier {
      readonly #put = new Set<string>();
      override putMany(entries: readonly CacheEntry[]): Promise<boolean[]> {
        for (const entry of entries) if (CacheEntry.isCacheEntry(entry)) this.#put.add(entry.key);
        return super.putMany(entries);
      }
      override async query(filter: EntryFilter = {}): Promise<EntryPage> {
        const page = await super.query(filter);
        if (filter.labels === undefined) return page;
        return { ...page, entries: page.entries.filter(({ key }) => this.#put.has(key)) };
      }
    },
  ),
  plant(
    'least-used-by-count-alone',
    'Orders equally used entries by key.',
    BY_ORDER,
    class extends MapTier {
      protected override find(filter: EntryFilter, now: number): EntryPage {
        if (filter.orderBy !== 'leastUsed') return super.find(filter, now);
        return super.find({ ...filter, orderBy: 'accessCount', cursor: undefined }, now);
      }
    },
  ),
  plant(
    'least-used-newest-first',
    'Orders equally used entries by last access, newest first.',
    BY_ORDER,
    class extends MapTier {
      protected override find(filter: EntryFilter, now: number): EntryPage {
        const page = super.find(filter, now);
        if (filter.orderBy !== 'leastUsed') return page;
        const newestFirst = (a: CacheEntry, b: CacheEntry) =>
          a.accessCount - b.accessCount || b.lastAccessed - a.lastAccessed || compareTexts(a.key, b.key);
        return { ...page, entries: [...page.entries].sort(newestFirst) };
      }
    },
  ),
  plant(
    'random-with-repeats',
    'Draws with replacement, and returns some entries twice.',
    BY_CHANCE,
    drawing((page, _, all) => {
      const some = all();
      return { ...page, entries: page.entries.map(() => some[Math.floor(Math.random() * some.length)]!) };
    }),
  ),
  plant(
    'random-too-few',
    'Draws with replacement and drops repeats, so that it returns too few entries.',
    BY_CHANCE,
    drawing((page, _, all) => {
      const some = all();
      const drawn = page.entries.map(() => some[Math.floor(Math.random() * some.length)]!);
      return { ...page, entries: [...new Set(drawn)] };
    }),
  ),
  plant(
    'random-ignores-labels',
    'Ignores the labels of a filter in random order.',
    BY_CHANCE,
    class extends MapTier {
      protected override find(filter: EntryFilter, now: number): EntryPage {
        return super.find(filter.orderBy === 'random' ? { ...filter, labels: undefined } : filter, now);
      }
    },
  ),
  plant(
    'random-with-cursor',
    'Returns a cursor with a random page.',
    BY_CHANCE,
    drawing((page) => ({ ...page, cursor: 'more' })),
  ),
  plant(
    'random-is-by-key',
    'Returns the first entries by key in random order.',
    FAIRLY,
    drawing((page, { limit = 100 }, all) => ({ ...page, entries: all().slice(0, limit) })),
  ),
  plant(
    'random-shuffled-once',
    'Shuffles its entries once, when it is created.',
    FAIRLY,
    class extends MapTier {
      readonly #places = new Map<string, number>();
      protected override find(filter: EntryFilter, now: number): EntryPage {
        if (filter.orderBy !== 'random') return super.find(filter, now);
        const { limit = 100 } = filter;
        const { entries } = super.find({ ...filter, orderBy: 'key', limit: 10_000 }, now);
        for (const { key } of entries) if (!this.#places.has(key)) this.#places.set(key, Math.random());
        const place = ({ key }: CacheEntry) => this.#places.get(key)!;
        return { entries: [...entries].sort((a, b) => place(a) - place(b)).slice(0, limit), cursor: null };
      }
    },
  ),
  plant(
    'random-weighted-by-gaps',
    'Takes the entries after a random position, so that those after a gap come more often.',
    FAIRLY,
    class extends MapTier {
      protected override find(filter: EntryFilter, now: number): EntryPage {
        if (filter.orderBy !== 'random') return super.find(filter, now);
        const { limit = 100, ...rest } = filter;
        const keys = [...this.table().keys()].sort(compareTexts);
        const from = keys[Math.floor(Math.random() * keys.length)] ?? '';
        const { entries } = super.find({ ...rest, orderBy: 'key', limit: 10_000 }, now);
        const after = entries.filter(({ key }) => compareTexts(key, from) >= 0);
        return { entries: [...new Set([...after, ...entries])].slice(0, limit), cursor: null };
      }
    },
  ),
];
