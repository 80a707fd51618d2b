import {
  type AccessUpdate,
  type CacheEntry,
  type EntryLabels,
  type HealthCheckResult,
  NO_LABELS,
  type ProxyRecord,
  type ResealCounts,
  toLabels,
} from '@pw/cache-models';
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

/** A tier that keeps other labels than those of the entry that is put. */
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
    'Was written before there were labels.',
    LOST,
    keeping(() => NO_LABELS),
  ),
  plant(
    'labels-one-too-few',
    'Has room for 31 labels.',
    LOST,
    keeping((labels) => toLabels(Object.fromEntries(Object.entries(labels).slice(0, 31)))),
  ),
  plant(
    'labels-out-of-order',
    'Gives labels in another order than that of their names.',
    LOST,
    keeping((labels) => Object.fromEntries(Object.entries(labels).reverse())),
  ),
  plant(
    'labels-of-a-dictionary',
    'Gives labels in the order of a dictionary.',
    CHANGED,
    keeping((labels) => Object.fromEntries(Object.entries(labels).sort(([a], [b]) => a.localeCompare(b)))),
  ),
  plant(
    'labels-without-putmany',
    'Stores labels with put, and not with putMany.',
    LOST,
    class extends MapTier {
      override putMany(entries: readonly CacheEntry[]): boolean[] {
        return super.putMany(entries.map(without));
      }
    },
  ),
  plant(
    'labels-not-listed',
    'Gives entries without labels when all are asked for.',
    LOST,
    class extends MapTier {
      override entries(): Iterable<CacheEntry> {
        return [...super.entries()].map(without).values();
      }
    },
  ),
  plant(
    'labels-not-peeked',
    'Gives entries without labels to who only looks.',
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
    'label-names-of-objects',
    'Takes a name that every object has for one that is there.',
    CHANGED,
    keeping(each((name, value) => (name in {} ? undefined : [name, value]))),
  ),
  plant(
    'label-names-cut',
    'Cuts names of labels at 63 characters.',
    CHANGED,
    keeping(each((name, value) => [name.slice(0, 63), value])),
  ),
  plant(
    'label-dots-split',
    'Takes a dot in the name of a label for an underscore.',
    CHANGED,
    keeping(each((name, value) => [name.replaceAll('.', '_'), value])),
  ),
  plant(
    'labels-split-at-last-equals',
    'Takes a label apart at its last equals sign.',
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
    'Cuts values of labels at 255 characters.',
    CHANGED,
    keeping(each((name, value) => [name, value.slice(0, 255)])),
  ),
  plant(
    'label-values-in-256-bytes',
    'Cuts values of labels at 256 bytes.',
    CHANGED,
    keeping(each((name, value) => [name, Buffer.from(value).subarray(0, 256).toString()])),
  ),
  plant(
    'label-values-normalised',
    'Brings values of labels to Unicode normal form C.',
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
    'Keeps the labels of an entry that is replaced by one without.',
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
    'Keeps the labels of an entry that was deleted for the next one of its key.',
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
    'labels-lost-by-a-touch',
    'Loses labels when an entry is touched.',
    ['labels', 'keeps labels when an access is recorded'],
    class extends MapTier {
      override touch(key: string): CacheEntry | undefined {
        const entry = super.touch(key);
        const row = this.live(key);
        if (row !== undefined) row.entry = without(row.entry);
        return entry;
      }
    },
  ),
  plant(
    'labels-not-told',
    'Tells of an evicted entry without its labels.',
    ['labels', 'passes the labels of an evicted entry to onEvict'],
    class extends MapTier {
      protected override evicted(key: string, entry: CacheEntry): void {
        super.evicted(key, without(entry));
      }
    },
  ),
  plant(
    'labels-not-frozen',
    'Gives labels that can be changed.',
    ['labels', 'returns labels that cannot be changed'],
    class extends MapTier {
      protected override handOut(entry: CacheEntry): CacheEntry {
        return withLabels(entry, { ...entry.labels });
      }
    },
  ),
  plant(
    'labels-not-soon',
    'Loses labels of what is put soon.',
    ['labels', 'stores labels in putSoon'],
    class extends FileTier {
      override putSoon(key: string, entry: CacheEntry): Promise<boolean> {
        return this.put(key, without(entry));
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
    'Keeps labels beside its file, in memory.',
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
    'Loses labels when a check of health is recorded.',
    ['labels', 'keeps labels when a health check is recorded'],
    class extends FileTier {
      override async recordHealthCheck(key: string, result: HealthCheckResult): Promise<CacheEntry | undefined> {
        const after = await super.recordHealthCheck(key, result);
        if (after !== undefined) await this.put(key, without(after));
        return after;
      }
    },
  ),
  plant(
    'labels-lost-by-a-reseal',
    'Loses labels when it seals again.',
    ['reseal', 'changes nothing but tokens in reseal'],
    class extends FileTier {
      protected override sealAgain(): ResealCounts {
        for (const row of this.table.rows.values()) row.entry = without(row.entry);
        return super.sealAgain();
      }
    },
  ),
];
