import { CacheEntry, RemovalReason, TierStatistics } from '@pw/cache-models';
import type { AccessUpdate } from '@pw/cache-models/tier';
import { MapTier } from '../tiers/map-tier.ts';
import { type Mutant, plant } from './mutant.ts';

/** An entry whose fields are writable. */
function thawed(entry: CacheEntry): CacheEntry {
  return Object.assign(Object.create(CacheEntry.prototype), entry) as CacheEntry;
}

const ADDED = ['access', 'adds the hits passed to recordAccess, and keeps the later time'] as const;

export const aliasingMutants: readonly Mutant[] = [
  plant(
    'shared-object-handed-out',
    'Returns the stored object itself, and it is writable.',
    ['aliasing', 'returns entries that cannot be changed'],
    class extends MapTier {
      protected override takeIn(entry: CacheEntry): CacheEntry {
        return thawed(entry);
      }
    },
  ),
  plant(
    'map-handed-out',
    'Caches the Map of a getMany and returns the same one again.',
    ['aliasing', 'is unaffected by changes to the Map returned by getMany'],
    class extends MapTier {
      #last: { readonly keys: string; readonly found: Map<string, CacheEntry>; readonly steps: number } | undefined;
      override getMany(keys: readonly string[]): Map<string, CacheEntry> {
        const name = JSON.stringify(keys);
        if (this.#last?.keys === name && this.#last.steps === this.rows.size) {
          for (const key of new Set(keys)) this.get(key);
          return this.#last.found;
        }
        const found = super.getMany(keys);
        this.#last = { keys: name, found, steps: this.rows.size };
        return found;
      }
    },
  ),
  plant(
    'keys-handed-out',
    'Returns its internal list of keys.',
    ['aliasing', 'is unaffected by changes to the list returned by keys'],
    class extends MapTier {
      readonly #keys: string[] = [];
      override keys(): string[] {
        const now = super.keys();
        for (const key of now) if (!this.#keys.includes(key)) this.#keys.push(key);
        for (const key of [...this.#keys]) if (this.rows.has(key) && !now.includes(key)) this.#drop(key);
        for (const key of [...this.#keys]) if (!this.rows.has(key) && !key.startsWith('not-')) this.#drop(key);
        return this.#keys;
      }
      #drop(key: string): void {
        this.#keys.splice(this.#keys.indexOf(key), 1);
      }
    },
  ),
  plant(
    'live-statistics',
    'Returns the statistics object in which it counts.',
    ['aliasing', 'is unaffected by changes to its statistics object'],
    class extends MapTier {
      override get statistics(): TierStatistics {
        this.counts.currentSize = this.sizeNow();
        return this.counts;
      }
    },
  ),
];

export const statisticsMutants: readonly Mutant[] = [
  plant(
    'hits-for-misses',
    'Counts a miss as a hit.',
    ['basics', 'finds nothing under a key that was never stored'],
    class extends MapTier {
      override countMiss(): void {
        this.countHit();
      }
    },
  ),
  plant(
    'misses-uncounted',
    'Does not count misses.',
    ['basics', 'finds nothing under a key that was never stored'],
    class extends MapTier {
      override countMiss(): void {}
    },
  ),
  plant(
    'expired-is-a-hit',
    'Counts a get of an expired entry as a hit.',
    ['expiry', 'hides an entry after its deadline'],
    class extends MapTier {
      override get(key: string): CacheEntry | undefined {
        const there = this.rows.has(key);
        const entry = super.get(key);
        if (there && entry === undefined) {
          this.counts.misses--;
          this.countHit();
        }
        return entry;
      }
    },
  ),
  plant(
    'batches-uncounted',
    'Does not count hits and misses in getMany.',
    ['statistics', 'counts each read as one hit or one miss'],
    class extends MapTier {
      override getMany(keys: readonly string[]): Map<string, CacheEntry> {
        const { hits, misses } = this.counts;
        const found = super.getMany(keys);
        Object.assign(this.counts, { hits, misses });
        return found;
      }
    },
  ),
  plant(
    'has-counts',
    'Counts a hit or a miss in has.',
    ['statistics', 'counts no hit or miss for has, peek, listings and writes'],
    class extends MapTier {
      override has(key: string): boolean {
        const there = super.has(key);
        if (there) this.countHit();
        else this.countMiss();
        return there;
      }
    },
  ),
  plant(
    'peek-counts',
    'Counts a hit in peek.',
    ['statistics', 'counts no hit or miss for has, peek, listings and writes'],
    class extends MapTier {
      override peek(key: string): CacheEntry | undefined {
        const entry = super.peek(key);
        if (entry !== undefined) this.countHit();
        return entry;
      }
    },
  ),
  plant(
    'entries-count',
    'Counts a hit for each entry that entries() reads.',
    ['statistics', 'counts no hit or miss for has, peek, listings and writes'],
    class extends MapTier {
      override entries(): Iterable<CacheEntry> {
        const entries = [...super.entries()];
        for (const _ of entries) this.countHit();
        return entries;
      }
    },
  ),
  plant(
    'evictions-uncounted',
    'Does not count evictions for capacity.',
    ['statistics', 'counts entries evicted for capacity'],
    class extends MapTier {
      override countRemoval(reason: RemovalReason): void {
        if (reason !== RemovalReason.CAPACITY) super.countRemoval(reason);
      }
    },
  ),
  plant(
    'expiry-uncounted',
    'Does not count expired entries.',
    ['statistics', 'counts each expired entry once'],
    class extends MapTier {
      override countRemoval(reason: RemovalReason): void {
        if (reason !== RemovalReason.TTL) super.countRemoval(reason);
      }
    },
  ),
  plant(
    'reasons-ignored',
    'Counts a removal for bad health as an ordinary delete.',
    ['statistics', 'counts removals by their reason'],
    class extends MapTier {
      protected override remove(key: string): boolean {
        return super.remove(key, RemovalReason.EXPLICIT);
      }
    },
  ),
  plant(
    'deletes-are-evictions',
    'Counts a delete as an eviction.',
    ['statistics', 'counts removals by their reason'],
    class extends MapTier {
      override countRemoval(reason: RemovalReason): void {
        super.countRemoval(reason === RemovalReason.EXPLICIT ? RemovalReason.HEALTH : reason);
      }
    },
  ),
  plant(
    'size-never-shrinks',
    'Reports the number of puts as currentSize.',
    ['statistics', 'accounts for every entry in random histories'],
    class extends MapTier {
      #puts = 0;
      protected override store(key: string, entry: CacheEntry): boolean {
        this.#puts++;
        return super.store(key, entry);
      }
      protected override sizeNow(): number {
        return this.#puts;
      }
    },
  ),
  plant(
    'statistics-reset-on-close',
    'Resets its counts when it is closed.',
    ['statistics', 'keeps its counts when it is closed'],
    class extends MapTier {
      override close(): void {
        super.close();
        Object.assign(this.counts, new TierStatistics());
      }
    },
  ),
  plant(
    'access-not-stored',
    'recordAccess counts the key but stores nothing.',
    ADDED,
    class extends MapTier {
      protected override noteAccess({ key }: AccessUpdate): boolean {
        return this.live(key) !== undefined;
      }
    },
  ),
  plant(
    'access-overwritten',
    'recordAccess replaces the stored count by the hits.',
    ADDED,
    class extends MapTier {
      protected override noteAccess(update: AccessUpdate): boolean {
        const isFound = super.noteAccess(update);
        const row = this.live(update.key);
        if (row !== undefined) row.entry = row.entry.with({ accessCount: update.hits });
        return isFound;
      }
    },
  ),
  plant(
    'access-time-set-back',
    'recordAccess stores the time of an update even if the stored one is later.',
    ADDED,
    class extends MapTier {
      protected override noteAccess(update: AccessUpdate): boolean {
        const isFound = super.noteAccess(update);
        const row = this.live(update.key);
        if (row !== undefined) row.entry = row.entry.with({ lastAccessed: update.lastAccessed });
        return isFound;
      }
    },
  ),
  plant(
    'access-counts-missing-keys',
    'recordAccess counts missing keys.',
    ['access', 'applies every update whose key is present, and counts only those'],
    class extends MapTier {
      override recordAccess(updates: readonly AccessUpdate[]): number {
        super.recordAccess(updates);
        return updates.length;
      }
    },
  ),
  plant(
    'access-clears-evicted-from-l1',
    'recordAccess clears evictedFromL1 when the update does not set it.',
    ['access', 'changes evictedFromL1 only when an update sets it'],
    class extends MapTier {
      protected override noteAccess(update: AccessUpdate): boolean {
        return super.noteAccess({ ...update, evictedFromL1: update.evictedFromL1 ?? false });
      }
    },
  ),
];
