import { type CacheEntry, type EntryLabels, NO_LABELS, type ProxyRecord } from '@pw/cache-models';
import { type AccessUpdate, type HealthCheck, type ResealCounts, toLabels } from '@pw/cache-models/tier';
import { FileTable } from '../tiers/file/file-table.ts';
import { FileTier } from '../tiers/file/file-tier.ts';
import { MapTier } from '../tiers/map-tier.ts';
import { type Change, each, withLabels } from './change-labels.ts';
import { type Mutant, plant, plantInTable } from './mutant.ts';

const LOST = ['labels', 'stores all labels of an entry'] as const;
const CHANGED = ['labels', 'keeps the name and the value of each label'] as const;
const REPLACED = ['labels', 'replaces all labels of an entry'] as const;
const REOPENED = ['labels', 'keeps the current labels when it is reopened'] as const;

const without = (entry: CacheEntry): CacheEntry => withLabels(entry, NO_LABELS);

/** A tier that changes labels as it stores them. */
function keeping(change: Change) {
  return class extends MapTier {
    protected override takeIn(entry: CacheEntry): CacheEntry {
      return withLabels(entry, Object.freeze(change(entry.labels)));
    }
  };
}

/** Bugs in how labels are stored. */
export const labelMutants: readonly Mutant[] = [
  plant(
    'labels-unknown',
    'Stores no labels, as a tier from before they existed.',
    LOST,
    keeping(() => NO_LABELS),
  ),
  plant(
    'labels-limited-to-31',
    'Stores at most 31 labels.',
    LOST,
    keeping((labels) => toLabels(Object.fromEntries(Object.entries(labels).slice(0, 31)))),
  ),
  plant(
    'labels-out-of-order',
    'Returns labels in an order other than by name.',
    LOST,
    keeping((labels) => Object.fromEntries(Object.entries(labels).reverse())),
  ),
  plant(
    'labels-of-a-dictionary',
    'Returns labels ordered by locale.',
    CHANGED,
    keeping((labels) => Object.fromEntries(Object.entries(labels).sort(([a], [b]) => a.localeCompare(b)))),
  ),
  plant(
    'labels-without-putmany',
    'Stores labels in put, but not in putMany.',
    LOST,
    class extends MapTier {
      override putMany(entries: readonly CacheEntry[]): boolean[] {
        return super.putMany(entries.map(without));
      }
    },
  ),
  plant(
    'labels-not-listed',
    'Returns entries without labels from entries().',
    LOST,
    class extends MapTier {
      override entries(): Iterable<CacheEntry> {
        return [...super.entries()].map(without).values();
      }
    },
  ),
  plant(
    'labels-not-peeked',
    'Returns entries without labels from peek.',
    LOST,
    class extends MapTier {
      override peek(key: string): CacheEntry | undefined {
        const entry = super.peek(key);
        return entry && without(entry);
      }
    },
  ),
  plant(
    'label-names-lower-cased',
    'Lower-cases the names of labels.',
    CHANGED,
    keeping(each((name, value) => [name.toLowerCase(), value])),
  ),
  plant(
    'label-names-inherited',
    'Drops labels named like inherited members of an object.',
    CHANGED,
    keeping(each((name, value) => (name in {} ? undefined : [name, value]))),
  ),
  plant(
    'label-names-cut',
    'Truncates names of labels at 63 characters.',
    CHANGED,
    keeping(each((name, value) => [name.slice(0, 63), value])),
  ),
  plant(
    'label-dots-split',
    'Replaces a dot in the name of a label by an underscore.',
    CHANGED,
    keeping(each((name, value) => [name.replaceAll('.', '_'), value])),
  ),
  plant(
    'labels-split-at-last-equals',
    'Splits a label at its last equals sign.',
    CHANGED,
    keeping(
      each((name, value) => {
        const text = `${name}=${value}`;
        const parts = text.split('=');
        return [parts[0]!, parts.at(-1) === '' ? '?' : parts.at(-1)!];
      }),
    ),
  ),
  plant(
    'label-values-trimmed',
    'Trims the values of labels.',
    CHANGED,
    keeping(each((name, value) => [name, value.trim()])),
  ),
  plant(
    'label-values-cut',
    'Truncates values of labels at 255 characters.',
    CHANGED,
    keeping(each((name, value) => [name, value.slice(0, 255)])),
  ),
  plant(
    'label-values-in-256-bytes',
    'Truncates values of labels at 256 bytes.',
    CHANGED,
    keeping(each((name, value) => [name, Buffer.from(value).subarray(0, 256).toString()])),
  ),
  plant(
    'label-values-normalised',
    'Normalises values of labels to Unicode normal form C.',
    CHANGED,
    keeping(each((name, value) => [name, value.normalize()])),
  ),
  plant(
    'labels-merged',
    'Adds the labels of a new entry to those of the old one.',
    REPLACED,
    class extends MapTier {
      protected override store(key: string, entry: CacheEntry): boolean {
        const old = this.live(key)?.entry.labels ?? NO_LABELS;
        return super.store(key, withLabels(entry, toLabels({ ...old, ...entry.labels })));
      }
    },
  ),
  plant(
    'labels-kept-when-there-are-none',
    'Keeps the old labels when the replacement has none.',
    REPLACED,
    class extends MapTier {
      protected override store(key: string, entry: CacheEntry): boolean {
        const old = this.live(key)?.entry.labels ?? NO_LABELS;
        return super.store(key, entry.labels === NO_LABELS ? withLabels(entry, old) : entry);
      }
    },
  ),
  plant(
    'labels-outlive-their-entry',
    'Keeps the labels of a deleted entry for the next one with its key.',
    REPLACED,
    class extends MapTier {
      readonly #past = new Map<string, EntryLabels>();
      protected override store(key: string, entry: CacheEntry): boolean {
        if (this.live(key) !== undefined || entry.labels !== NO_LABELS) this.#past.set(key, entry.labels);
        return super.store(key, withLabels(entry, this.#past.get(key) ?? entry.labels));
      }
    },
  ),
  plant(
    'labels-lost-by-an-access',
    'Loses labels when an access is recorded.',
    ['labels', 'keeps labels when an access is recorded'],
    class extends MapTier {
      protected override noteAccess(update: AccessUpdate): boolean {
        const row = this.live(update.key);
        if (row !== undefined) row.entry = without(row.entry);
        return super.noteAccess(update);
      }
    },
  ),
  plant(
    'labels-not-passed-to-on-evict',
    'Passes an evicted entry to onEvict without its labels.',
    ['labels', 'passes the labels of an evicted entry to onEvict'],
    class extends MapTier {
      protected override evicted(key: string, entry: CacheEntry): void {
        super.evicted(key, without(entry));
      }
    },
  ),
  plant(
    'labels-not-frozen',
    'Returns labels that can be changed.',
    ['labels', 'returns labels that cannot be changed'],
    class extends MapTier {
      protected override handOut(entry: CacheEntry): CacheEntry {
        return withLabels(entry, { ...entry.labels });
      }
    },
  ),
  plantInTable(
    'labels-without-a-column',
    'Has no column for labels.',
    LOST,
    class extends FileTable {
      protected override encoded(entry: CacheEntry): ProxyRecord {
        return super.encoded(without(entry));
      }
    },
  ),
  plant(
    'labels-only-while-open',
    'Keeps labels in memory instead of its file.',
    REOPENED,
    class extends FileTier {
      protected override async doClose(): Promise<void> {
        const read = this.read();
        if (read !== '') this.write(read.replace(/,"labels":\[[^\]]*\]/g, ''));
        return super.doClose();
      }
    },
  ),
  plant(
    'labels-lost-by-a-check',
    'Loses labels when a health check is recorded.',
    ['labels', 'keeps labels when a health check is recorded'],
    class extends FileTier {
      protected override recordCheck(key: string, check: HealthCheck, change: (entry: CacheEntry) => CacheEntry) {
        return super.recordCheck(key, check, (entry) => without(change(entry)));
      }
    },
  ),
  plant(
    'labels-lost-by-a-reseal',
    'Loses labels in reseal.',
    ['reseal', 'changes nothing but tokens in reseal'],
    class extends FileTier {
      protected override resealAll(): ResealCounts {
        for (const row of this.table.rows.values()) row.entry = without(row.entry);
        return super.resealAll();
      }
    },
  ),
];
