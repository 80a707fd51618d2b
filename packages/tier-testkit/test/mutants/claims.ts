import type { CacheEntry, EntryFilter, EntryPage } from '@pw/cache-models';
import { compareTexts, type TierLeases } from '@pw/cache-models/tier';
import type { TierSetup } from '../../src/index.ts';
import { FileTable } from '../tiers/file/file-table.ts';
import { FileTier } from '../tiers/file/file-tier.ts';
import { MapTier } from '../tiers/map-tier.ts';
import { OrderedMapTier } from '../tiers/ordered-map-tier.ts';
import type { Row } from '../tiers/row-tier.ts';
import { type Mutant, plant } from './mutant.ts';

const QUERY = 'query';
const PARTS = ['shape', 'has the parts of exactly the capabilities that it claims'] as const;

/** A tier that changes each filter before it queries. */
function withFilter(change: (filter: EntryFilter, now: number) => EntryFilter) {
  return class extends MapTier {
    protected override find(filter: EntryFilter, now: number): EntryPage {
      return super.find(change(filter, now), now);
    }
  };
}

/** A tier that ignores a member of a filter. */
function ignoring(member: keyof EntryFilter) {
  return withFilter((filter) => ({ ...filter, [member]: undefined }));
}

export const claimMutants: readonly Mutant[] = [
  plant(
    'order-claimed',
    'Claims ordered, but lists its keys in the order of insertion.',
    ['ordered', 'lists entries in the byte order of their keys'],
    class extends OrderedMapTier {
      protected override liveRows(): Row[] {
        return [...this.rows.values()].filter(({ entry }) => !this.isExpired(entry));
      }
    },
  ),
  plant(
    'order-by-utf16',
    'Orders its keys by their UTF-16 units.',
    ['ordered', 'lists entries in the byte order of their keys'],
    class extends OrderedMapTier {
      protected override compareKeys(a: string, b: string): number {
        return a < b ? -1 : 1;
      }
    },
  ),
  plant(
    'order-of-a-dictionary',
    'Orders its keys by locale.',
    ['ordered', 'lists entries in the byte order of their keys'],
    class extends OrderedMapTier {
      protected override compareKeys(a: string, b: string): number {
        return a.localeCompare(b);
      }
    },
  ),
  plant(
    'order-of-numbers',
    'Lists keys that are whole numbers first, as a plain object does.',
    ['ordered', 'lists entries in the byte order of their keys'],
    class extends OrderedMapTier {
      protected override compareKeys(a: string, b: string): number {
        const numbers = Number(/^\d+$/.test(b)) - Number(/^\d+$/.test(a));
        return numbers || (/^\d+$/.test(a) ? Number(a) - Number(b) : compareTexts(a, b));
      }
    },
  ),
  plant(
    'order-of-keys-only',
    'Lists its keys in order, but its entries in the order of insertion.',
    ['ordered', 'lists entries in the byte order of their keys'],
    class extends OrderedMapTier {
      override entries(): Iterable<CacheEntry> {
        return [...this.rows.values()].map(({ entry }) => entry).filter((entry) => !this.isExpired(entry));
      }
    },
  ),
  plant(
    'order-unclaimed',
    'Is ordered but does not claim it.',
    ['ordered', 'claims ordered if it always lists in key order'],
    class extends MapTier {
      protected override liveRows(): Row[] {
        return super.liveRows().sort((a, b) => compareTexts(a.entry.key, b.entry.key));
      }
    },
  ),
  plant(
    'query-unclaimed',
    'Has query but does not claim it.',
    PARTS,
    class extends MapTier {
      constructor(setup: TierSetup) {
        super(setup, { query: false });
      }
    },
  ),
  ...(['health', 'reseal', 'sideValues', 'leases', 'changes'] as const).flatMap((part) => [
    plant(
      `${part}-unclaimed`,
      `Has ${part} but does not claim it.`,
      PARTS,
      class extends FileTier {
        constructor(setup: TierSetup) {
          super(setup, new FileTable(setup, { [part]: false }));
        }
      },
    ),
    plant(
      `${part}-claimed`,
      `Claims ${part}, but does not have it.`,
      PARTS,
      class extends MapTier {
        constructor(setup: TierSetup) {
          super(setup, { [part]: true });
        }
      },
    ),
  ]),
  plant(
    'lease-without-release',
    'Claims leases, but cannot release one.',
    PARTS,
    class extends MapTier {
      readonly leases = { acquire: () => null } as unknown as TierLeases;
      constructor(setup: TierSetup) {
        super(setup, { leases: true });
      }
    },
  ),
  plant(
    'contract-of-tomorrow',
    'States a contract version that does not exist.',
    ['shape', 'states a supported contract version'],
    class extends MapTier {
      override readonly contractVersion = 99;
    },
  ),
  ...(
    [
      'source',
      'protocol',
      'labels',
      'text',
      'healthStatus',
      'expiresAt',
      'lastAccessed',
      'failureCount',
      'checkDueBy',
      'includeExpired',
      'orderBy',
      'direction',
    ] as const
  ).map((member) =>
    plant(
      `query-ignores-${member}`,
      `Ignores the member ${member} of a filter.`,
      [QUERY, `answers a query with ${member} exactly`],
      ignoring(member),
    ),
  ),
  plant(
    'query-one-too-many',
    'Returns one entry more than the limit of a query.',
    [QUERY, 'answers a query with limit exactly'],
    withFilter(({ limit = 100, ...filter }) => ({ ...filter, limit: limit + 1 })),
  ),
  plant(
    'query-case-matters',
    'Matches the text of a query case-sensitively.',
    [QUERY, 'answers a query with text exactly'],
    class extends MapTier {
      protected override find(filter: EntryFilter, now: number): EntryPage {
        const page = super.find(filter, now);
        return { ...page, entries: page.entries.filter(({ proxyUrl }) => proxyUrl.includes(filter.text ?? '')) };
      }
    },
  ),
  plant(
    'query-text-is-a-pattern',
    'Treats the text of a query as a LIKE pattern.',
    [QUERY, 'answers a query with text exactly'],
    class extends MapTier {
      protected override find({ text, ...filter }: EntryFilter, now: number): EntryPage {
        if (!text?.includes('%') && !text?.includes('_')) return super.find({ ...filter, text }, now);
        const pattern = new RegExp(
          text
            .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
            .replaceAll('%', '.*')
            .replaceAll('_', '.'),
          'i',
        );
        const page = super.find(filter, now);
        return { ...page, entries: page.entries.filter(({ proxyUrl }) => pattern.test(proxyUrl)) };
      }
    },
  ),
  plant(
    'query-range-includes-its-end',
    'Includes the end of a time range.',
    [QUERY, 'answers a query with expiresAt exactly'],
    withFilter(({ expiresAt, ...filter }) =>
      expiresAt?.to === undefined
        ? { ...filter, expiresAt }
        : { ...filter, expiresAt: { ...expiresAt, to: Number(expiresAt.to) + 1 } },
    ),
  ),
  plant(
    'cursor-skips-one',
    'Skips an entry between two pages of a query.',
    [QUERY, 'keeps its place when entries are added or removed between two pages'],
    class extends MapTier {
      protected override find(filter: EntryFilter, now: number): EntryPage {
        const page = super.find(filter, now);
        return filter.cursor === undefined ? page : { ...page, entries: page.entries.slice(1) };
      }
    },
  ),
  plant(
    'cursor-after-the-last-page',
    'Returns a cursor on the last page.',
    [QUERY, 'answers a query with limit exactly'],
    class extends MapTier {
      protected override find(filter: EntryFilter, now: number): EntryPage {
        const { limit = 100 } = filter;
        const page = super.find(filter, now);
        if (page.cursor !== null || page.entries.length < limit || page.entries.length < 2) return page;
        return { ...page, cursor: super.find({ ...filter, limit: limit - 1 }, now).cursor };
      }
    },
  ),
  plant(
    'query-accepts-unknown-members',
    'Ignores an unknown member of a filter.',
    [QUERY, 'refuses an invalid filter'],
    class extends MapTier {
      override query(filter: EntryFilter = {}): EntryPage {
        const { source, limit, orderBy, direction } = filter;
        return Object.keys(filter).every((name) => ['source', 'limit', 'orderBy', 'direction'].includes(name)) ||
          'colour' in filter
          ? super.query({ source, limit, orderBy, direction })
          : super.query(filter);
      }
    },
  ),
  plant(
    'query-counts',
    'Counts a hit for each entry that a query returns.',
    [QUERY, 'counts a query neither as hits or misses nor as a use'],
    class extends MapTier {
      protected override find(filter: EntryFilter, now: number): EntryPage {
        const page = super.find(filter, now);
        for (const _ of page.entries) this.countHit();
        return page;
      }
    },
  ),
];
