import { CacheEntry } from '@pw/cache-models';
import { type AccessUpdate, addAccess, countAccess } from '@pw/cache-models/tier';
import type { TierSetup } from '../../src/index.ts';
import { CountingMapTier } from '../tiers/counting-map-tier.ts';
import { MapTier } from '../tiers/map-tier.ts';
import { PromiseMapTier } from '../tiers/promise-map-tier.ts';
import { type Mutant, plant } from './mutant.ts';

const COUNTED = ['counts', 'counts an access in the entry that it returns'] as const;
const SAME = ['counts', 'returns the same object from every read'] as const;
const ADDED = ['counts', 'adds the hits passed to recordAccess to its own'] as const;
const SILENT = ['counts', 'changes no counts when it is read'] as const;

const countingMutants: readonly Mutant[] = [
  plant(
    'counts-claimed',
    'Claims to count accesses, but counts none.',
    COUNTED,
    class extends CountingMapTier {
      protected override count(): void {}
    },
  ),
  plant(
    'counts-in-a-copy',
    'Counts each access in a copy that replaces the stored entry.',
    SAME,
    class extends CountingMapTier {
      protected override lookUp(key: string): CacheEntry | undefined {
        const row = this.live(key);
        if (row !== undefined) row.entry = row.entry.with({});
        return super.lookUp(key);
      }
    },
  ),
  plant(
    'copies-in-peek',
    'Returns a copy from peek.',
    SAME,
    class extends CountingMapTier {
      override peek(key: string): CacheEntry | undefined {
        return super.peek(key)?.with({});
      }
    },
  ),
  plant(
    'counts-without-time',
    'Counts accesses, but does not set their time.',
    COUNTED,
    class extends CountingMapTier {
      protected override count(entry: CacheEntry): void {
        countAccess(entry, 0);
      }
    },
  ),
  plant(
    'counts-by-the-system-clock',
    'Takes the time of an access from the system clock.',
    COUNTED,
    class extends CountingMapTier {
      protected override count(entry: CacheEntry): void {
        countAccess(entry, Date.now());
      }
    },
  ),
  plant(
    'counts-every-listed-key',
    'Counts a key that getMany lists twice as two accesses.',
    COUNTED,
    class extends CountingMapTier {
      override getMany(keys: readonly string[]): Map<string, CacheEntry> {
        const found = super.getMany(keys);
        for (const key of keys.slice(1)) if (found.has(key)) this.count(found.get(key)!);
        return found;
      }
    },
  ),
  plant(
    'counts-no-get-now',
    'Counts no access in getNow.',
    COUNTED,
    class extends CountingMapTier {
      override getNow(key: string): CacheEntry | undefined {
        const entry = this.peek(key);
        if (entry === undefined) return super.getNow(key);
        this.countHit();
        return entry;
      }
    },
  ),
  plant(
    'counts-a-peek',
    'Counts a peek as an access.',
    COUNTED,
    class extends CountingMapTier {
      override peek(key: string): CacheEntry | undefined {
        const entry = super.peek(key);
        if (entry !== undefined) this.count(entry);
        return entry;
      }
    },
  ),
  plant(
    'counts-a-listing',
    'Counts entries() as an access of each entry.',
    COUNTED,
    class extends CountingMapTier {
      override entries(): Iterable<CacheEntry> {
        const all = [...super.entries()];
        for (const entry of all) this.count(entry);
        return all.values();
      }
    },
  ),
  plant(
    'counts-has',
    'Counts has as an access.',
    ['counts', 'counts no access for has, keys and size, nor for another key'],
    class extends CountingMapTier {
      override has(key: string): boolean {
        const entry = super.has(key) ? this.peek(key) : undefined;
        if (entry !== undefined) this.count(entry);
        return entry !== undefined;
      }
    },
  ),
  plant(
    'counts-the-expired',
    'Counts an access of an expired entry.',
    ['counts', 'counts no access of an expired entry'],
    class extends CountingMapTier {
      protected override lookUp(key: string): CacheEntry | undefined {
        const row = this.table().get(key);
        if (row !== undefined && this.isExpired(row.entry)) this.count(row.entry);
        return super.lookUp(key);
      }
    },
  ),
  plant(
    'counts-replaced-by-record-access',
    'Replaces the count by the hits passed to recordAccess.',
    ADDED,
    class extends CountingMapTier {
      protected override add(entry: CacheEntry, update: AccessUpdate): void {
        const row = this.live(entry.key)!;
        row.entry = this.takeIn(entry.with({ accessCount: update.hits, lastAccessed: update.lastAccessed }));
      }
    },
  ),
  plant(
    'counts-raised-by-record-access',
    'Raises the count to the hits passed to recordAccess, as if they were a count.',
    ADDED,
    class extends CountingMapTier {
      protected override add(entry: CacheEntry, update: AccessUpdate): void {
        addAccess(entry, { ...update, hits: Math.max(0, update.hits - entry.accessCount) });
      }
    },
  ),
  plant(
    'counts-go-on-after-a-put',
    'Raises the counts of a new entry to those of the entry that it replaces.',
    ['counts', 'begins with the counts of the entry that is put'],
    class extends CountingMapTier {
      protected override store(key: string, entry: CacheEntry): boolean {
        const old = this.live(key)?.entry;
        if (old !== undefined) addAccess(entry, { hits: old.accessCount, lastAccessed: old.lastAccessed });
        return super.store(key, entry);
      }
    },
  ),
  plant(
    'counts-lost-in-eviction',
    'Passes an evicted entry to onEvict with the counts that it was put with.',
    ['counts', 'passes an evicted entry to onEvict with its counts'],
    class extends CountingMapTier {
      readonly #first = new Map<string, number>();
      protected override store(key: string, entry: CacheEntry): boolean {
        this.#first.set(key, entry.accessCount);
        return super.store(key, entry);
      }
      protected override evicted(key: string, entry: CacheEntry): void {
        super.evicted(key, entry.with({ accessCount: this.#first.get(key) ?? 0 }));
      }
    },
  ),
  plant(
    'counts-without-a-claim',
    'Keeps and counts the entry that was put, even if another tier has it.',
    ['counts', 'counts an entry apart from another tier that has it, after put'],
    class extends CountingMapTier {
      protected override takeIn(entry: CacheEntry): CacheEntry {
        // An entry of another copy of the models cannot be counted.
        return this.hasOwnCounts(entry) ? entry : super.takeIn(entry);
      }
      protected hasOwnCounts(entry: CacheEntry): boolean {
        try {
          addAccess(entry, { hits: 0, lastAccessed: 0 });
          return true;
        } catch {
          return false;
        }
      }
    },
  ),
  plant(
    'counts-without-a-claim-in-batches',
    'Keeps and counts the entries of a batch, even if another tier has them.',
    ['counts', 'counts an entry apart from another tier that has it, after putMany'],
    class extends CountingMapTier {
      #batch = false;
      override putMany(entries: readonly CacheEntry[]): boolean[] {
        this.#batch = true;
        const stored = super.putMany(entries);
        this.#batch = false;
        return stored;
      }
      protected override takeIn(entry: CacheEntry): CacheEntry {
        return this.#batch ? entry : super.takeIn(entry);
      }
    },
  ),
  plant(
    'counts-only-own-entries',
    'Does not count accesses of an entry that another copy of the models made.',
    ['counts', 'counts accesses of an entry of another copy of the models in a copy'],
    class extends CountingMapTier {
      protected override takeIn(entry: CacheEntry): CacheEntry {
        return Object.getPrototypeOf(entry) === CacheEntry.prototype ? super.takeIn(entry) : entry;
      }
      protected override count(entry: CacheEntry): void {
        if (Object.getPrototypeOf(entry) === CacheEntry.prototype) super.count(entry);
      }
    },
  ),
  plant(
    'time-goes-back',
    'Sets the time of an access even if the clock went back.',
    ['counts', 'never sets lastAccessed back'],
    class extends CountingMapTier {
      override get(key: string): CacheEntry | undefined {
        const entry = super.get(key);
        if (entry === undefined || entry.lastAccessed <= this.now()) return entry;
        const row = this.live(key)!;
        row.entry = this.takeIn(entry.with({ lastAccessed: this.now() }));
        return row.entry;
      }
    },
  ),
];

const silentMutants: readonly Mutant[] = [
  plant(
    'counts-unclaimed',
    'Counts accesses in the entry that was put, but does not claim it.',
    SILENT,
    class extends MapTier {
      protected override lookUp(key: string): CacheEntry | undefined {
        const entry = super.lookUp(key);
        if (entry !== undefined) countAccess(entry, this.now());
        return entry;
      }
    },
  ),
  plant(
    'counts-in-answers',
    'Increments the accessCount of the stored entry on get, in a copy.',
    SILENT,
    class extends MapTier {
      protected override lookUp(key: string): CacheEntry | undefined {
        const entry = super.lookUp(key);
        const row = this.live(key);
        if (row !== undefined) row.entry = row.entry.with({ accessCount: row.entry.accessCount + 1 });
        return entry;
      }
    },
  ),
  plant(
    'counts-the-evicted',
    'Passes an evicted entry to onEvict with one access more.',
    SILENT,
    class extends MapTier {
      protected override evicted(key: string, entry: CacheEntry): void {
        super.evicted(key, entry.with({ accessCount: entry.accessCount + 1 }));
      }
    },
  ),
];

const claimMutants: readonly Mutant[] = [
  plant(
    'immediate-claimed',
    'Claims immediate, but has no getNow.',
    ['shape', 'has the parts of exactly the capabilities that it claims'],
    class extends PromiseMapTier {
      override readonly getNow = undefined as never;
    },
  ),
  plant(
    'immediate-unclaimed',
    'Has getNow, but does not claim immediate.',
    ['shape', 'has the parts of exactly the capabilities that it claims'],
    class extends MapTier {
      constructor(setup: TierSetup) {
        super(setup, { immediate: false });
      }
    },
  ),
];

export const countMutants: readonly Mutant[] = [...countingMutants, ...silentMutants, ...claimMutants];
